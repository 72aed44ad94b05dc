"""Read what a provider was asked, in any of the four formats: just enough to say what arrived."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from plexus.transforms.wire import (
    Json,
    JsonObject,
    count_at,
    object_at,
    objects_at,
    parse,
    text_at,
)

_DATA_URL = re.compile(r"data:image/png;base64,(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The content of a request."""

    system: str
    said: tuple[str, ...]  # by the user
    images: tuple[str, ...]  # base64
    calls: tuple[tuple[str, Json], ...]  # names and arguments
    results: tuple[str, ...]
    tools: Mapping[str, Json]  # schemas by name
    custom: frozenset[str] = frozenset()  # names of the tools that take free text
    schema: Json  # of the answer
    limit: int | None
    seals: tuple[str, ...]  # signatures, encrypted reasoning: in order
    thoughts: tuple[str, ...]  # reasoning sent back in readable form


def read(dialect: str, body: JsonObject) -> Asked:
    """Read a request of this dialect."""
    return _READERS[dialect](body)


def _texts(holder: JsonObject, key: str = "content") -> Iterator[str]:
    if (lone := text_at(holder, key)) is not None:
        yield lone
    for part in objects_at(holder, key):
        if (text := text_at(part, "text")) is not None:
            yield text


def _png(url: Json) -> Iterator[str]:
    found = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if found is not None:
        yield found[1]


def _chat(body: JsonObject) -> Asked:
    messages = objects_at(body, "messages")
    of = {role: [m for m in messages if m.get("role") == role] for role in _ROLES}
    parts = [part for message in of["user"] for part in objects_at(message, "content")]
    calls = [call for message in of["assistant"] for call in objects_at(message, "tool_calls")]
    functions = [object_at(call, "function") or object_at(call, "custom") or {} for call in calls]
    details = [d for m in of["assistant"] for d in objects_at(m, "reasoning_details")]
    shape = object_at(object_at(body, "response_format") or {}, "json_schema") or {}
    return Asked(
        system="\n".join(text for m in of["system"] + of["developer"] for text in _texts(m)),
        said=tuple(text for message in of["user"] for text in _texts(message)),
        images=tuple(
            data for part in parts for data in _png((object_at(part, "image_url") or {}).get("url"))
        ),
        calls=tuple((text_at(f, "name") or "", _args(f)) for f in functions),
        results=tuple(text for message in of["tool"] for text in _texts(message)),
        tools={
            text_at(inner, "name") or "": inner.get("parameters")
            for tool in objects_at(body, "tools")
            for inner in [object_at(tool, "function") or object_at(tool, "custom") or {}]
        },
        custom=frozenset(
            text_at(inner, "name") or ""
            for tool in objects_at(body, "tools")
            if (inner := object_at(tool, "custom")) is not None
        ),
        schema=shape.get("schema"),
        limit=count_at(body, "max_completion_tokens") or count_at(body, "max_tokens"),
        seals=tuple(seal for detail in details for seal in _strings(detail, "signature", "data")),
        thoughts=tuple(text for m in of["assistant"] for text in _strings(m, "reasoning_content")),
    )


_ROLES = ("system", "developer", "user", "assistant", "tool")


def _strings(holder: JsonObject, *keys: str) -> Iterator[str]:
    for key in keys:
        if text := text_at(holder, key):
            yield text


def _args(function: JsonObject) -> Json:
    free = text_at(function, "input")
    return parse(text_at(function, "arguments") or "") if free is None else {"input": free}


def _responses(body: JsonObject) -> Asked:
    lone = text_at(body, "input")
    items = objects_at(body, "input")
    users = [item for item in items if item.get("role") == "user"]
    prompts = [item for item in items if item.get("role") in ("system", "developer")]
    parts = [part for item in users for part in objects_at(item, "content")]
    thoughts = [item for item in items if item.get("type") == "reasoning"]
    shape = object_at(object_at(body, "text") or {}, "format") or {}
    return Asked(
        system="\n".join(
            [text_at(body, "instructions") or "", *(t for item in prompts for t in _texts(item))]
        ),
        said=(*([lone] if lone else []), *(text for item in users for text in _texts(item))),
        images=tuple(data for part in parts for data in _png(part.get("image_url"))),
        calls=tuple(
            (text_at(item, "name") or "", _args(item))
            for item in items
            if item.get("type") in ("function_call", "custom_tool_call")
        ),
        results=tuple(
            text
            for item in items
            if item.get("type") in ("function_call_output", "custom_tool_call_output")
            for text in _texts(item, "output")
        ),
        tools={
            text_at(tool, "name") or "": tool.get("parameters")
            for tool in objects_at(body, "tools")
            if tool.get("type") in ("function", "custom")  # others are run by the provider
        },
        custom=frozenset(
            text_at(tool, "name") or ""
            for tool in objects_at(body, "tools")
            if tool.get("type") == "custom"
        ),
        schema=shape.get("schema"),
        limit=count_at(body, "max_output_tokens"),
        seals=tuple(seal for item in thoughts for seal in _strings(item, "encrypted_content")),
        thoughts=tuple(text for item in thoughts for text in _texts(item, "summary")),
    )


def _messages(body: JsonObject) -> Asked:
    turns = objects_at(body, "messages")
    users = [turn for turn in turns if turn.get("role") == "user"]
    blocks = [block for turn in turns for block in objects_at(turn, "content")]
    of = {kind: [b for b in blocks if b.get("type") == kind] for kind in _BLOCKS}
    sources = [object_at(image, "source") or {} for image in of["image"]]
    shape = object_at(object_at(body, "output_config") or {}, "format") or {}
    return Asked(
        system="\n".join(_texts(body, "system")),
        said=tuple(text for turn in users for text in _texts(turn)),
        images=tuple(
            text_at(source, "data") or ""
            for source in sources
            if source.get("media_type") == "image/png"
        ),
        calls=tuple((text_at(b, "name") or "", b.get("input")) for b in of["tool_use"]),
        results=tuple(text for block in of["tool_result"] for text in _texts(block)),
        tools={
            text_at(tool, "name") or "": tool["input_schema"]
            for tool in objects_at(body, "tools")
            if "input_schema" in tool  # others are run by the provider
        },
        schema=shape.get("schema"),
        limit=count_at(body, "max_tokens"),
        seals=tuple(seal for block in of["thinking"] for seal in _strings(block, "signature")),
        thoughts=tuple(text for block in of["thinking"] for text in _strings(block, "thinking")),
    )


_BLOCKS = ("image", "tool_use", "tool_result", "thinking")


def _gemini(body: JsonObject) -> Asked:
    contents = objects_at(body, "contents")
    parts = [part for content in contents for part in objects_at(content, "parts")]
    users = [content for content in contents if content.get("role") == "user"]
    calls = [found for part in parts if (found := object_at(part, "functionCall"))]
    results = [found for part in parts if (found := object_at(part, "functionResponse"))]
    media = [found for part in parts if (found := object_at(part, "inlineData"))]
    declared = [f for t in objects_at(body, "tools") for f in objects_at(t, "functionDeclarations")]
    config = object_at(body, "generationConfig") or {}
    return Asked(
        system="\n".join(_texts(object_at(body, "systemInstruction") or {}, "parts")),
        said=tuple(text for content in users for text in _texts(content, "parts")),
        images=tuple(
            _standard(text_at(blob, "data") or "")
            for blob in media
            if "image/png" in (blob.get("mimeType"), blob.get("mime_type"))
        ),
        calls=tuple((text_at(call, "name") or "", call.get("args")) for call in calls),
        results=tuple(
            text_at(object_at(result, "response") or {}, "result") or "" for result in results
        ),
        tools={
            text_at(f, "name") or "": f.get("parametersJsonSchema")
            or f.get("parameters_json_schema")
            or f.get("parameters")
            for f in declared
        },
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        limit=count_at(config, "maxOutputTokens"),
        seals=tuple(
            _standard(seal) for part in parts for seal in _strings(part, "thoughtSignature")
        ),
        thoughts=tuple(
            text for part in parts if part.get("thought") for text in _strings(part, "text")
        ),
    )


def _standard(text: str) -> str:
    # The SDK prints bytes in the URL's alphabet, Google in the other one; both mean the same.
    return text.replace("-", "+").replace("_", "/")


_READERS: dict[str, Callable[[JsonObject], Asked]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "gemini": _gemini,
}
