"""Read what a chat provider was asked."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.wire import Json, JsonObject, count_at, object_at, objects_at, parse, text_at
from tests.matrix.asked import Asked, strings, texts


def read(body: JsonObject) -> Asked:
    """Read a request."""
    messages = objects_at(body, "messages")
    prompts = [m for m in messages if m.get("role") in ("system", "developer")]
    users = [m for m in messages if m.get("role") == "user"]
    turns = [m for m in messages if m.get("role") == "assistant"]
    calls = [_inner(call) for turn in turns for call in objects_at(turn, "tool_calls")]
    tools = objects_at(body, "tools")
    shape = object_at(object_at(body, "response_format") or {}, "json_schema") or {}
    return Asked(
        system="\n".join(text for prompt in prompts for text in texts(prompt)),
        said=tuple(text for user in users for text in texts(user)),
        files=tuple(url for user in users for url in _files(user)),
        calls=tuple((text_at(call, "name") or "", _arguments(call)) for call in calls),
        results=tuple(t for m in messages if m.get("role") == "tool" for t in texts(m)),
        tools={text_at(_inner(t), "name") or "": _inner(t).get("parameters") for t in tools},
        freeform=frozenset(text_at(_inner(t), "name") or "" for t in tools if "custom" in t),
        forced=text_at(_inner(object_at(body, "tool_choice") or {}), "name"),
        schema=shape.get("schema"),
        limit=count_at(body, "max_completion_tokens") or count_at(body, "max_tokens"),
        seals=tuple(seal for turn in turns for seal in _seals(turn)),
        thoughts=tuple(text for turn in turns for text in _thoughts(turn)),
    )


def _inner(tool: JsonObject) -> JsonObject:
    return object_at(tool, "function") or object_at(tool, "custom") or {}


def _arguments(call: JsonObject) -> Json:
    free = text_at(call, "input")
    return parse(text_at(call, "arguments") or "") if free is None else {"input": free}


def _files(user: JsonObject) -> Iterator[str]:
    for part in objects_at(user, "content"):
        yield from strings(object_at(part, "image_url") or {}, "url")
        yield from strings(object_at(part, "file") or {}, "file_data")


def _seals(turn: JsonObject) -> Iterator[str]:
    for detail in objects_at(turn, "reasoning_details"):
        yield from strings(detail, "signature", "data")
    for call in objects_at(turn, "tool_calls"):
        google = object_at(object_at(call, "extra_content") or {}, "google") or {}
        yield from strings(google, "thought_signature")


def _thoughts(turn: JsonObject) -> Iterator[str]:
    yield from strings(turn, "reasoning_content", "reasoning")
    for part in objects_at(turn, "content"):
        if part.get("type") == "thinking":
            yield from texts(part, "thinking")
