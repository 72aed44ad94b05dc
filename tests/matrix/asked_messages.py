"""Read what a Messages provider was asked."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.wire import JsonObject, count_at, object_at, objects_at, text_at
from tests.matrix.asked import Asked, data_url, strings, texts


def read(body: JsonObject) -> Asked:
    """Read a request."""
    turns = objects_at(body, "messages")
    prompts = [body, *(turn for turn in turns if turn.get("role") == "system")]
    blocks = [block for turn in turns for block in objects_at(turn, "content")]
    thoughts = [block for block in blocks if block.get("type") == "thinking"]
    calls = [block for block in blocks if block.get("type") == "tool_use"]
    results = [block for block in blocks if block.get("type") == "tool_result"]
    choice = object_at(body, "tool_choice") or {}
    shape = object_at(object_at(body, "output_config") or {}, "format") or {}
    return Asked(
        system="\n".join(
            text
            for prompt, key in zip(prompts, ["system"] + ["content"] * len(prompts), strict=False)
            for text in texts(prompt, key)
        ),
        said=tuple(t for turn in turns if turn.get("role") == "user" for t in texts(turn)),
        files=tuple(url for block in blocks for url in _files(block)),
        calls=tuple((text_at(call, "name") or "", call.get("input")) for call in calls),
        results=tuple(text for result in results for text in texts(result)),
        tools={
            text_at(tool, "name") or "": tool["input_schema"]
            for tool in objects_at(body, "tools")
            if "input_schema" in tool  # the provider runs all others
        },
        forced=text_at(choice, "name"),
        schema=shape.get("schema"),
        limit=count_at(body, "max_tokens"),
        seals=tuple(seal for block in thoughts for seal in strings(block, "signature")),
        thoughts=tuple(text for block in thoughts for text in strings(block, "thinking")),
    )


def _files(block: JsonObject) -> Iterator[str]:
    for holder in [block, *objects_at(block, "content")]:
        source = object_at(holder, "source") or {}
        if source.get("type") == "base64":
            yield data_url(text_at(source, "media_type"), text_at(source, "data"))
