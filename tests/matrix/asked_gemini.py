"""Read what a Gemini provider was asked."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from plexus.transforms.codec import as_json_object
from plexus.transforms.wire import (
    Json,
    JsonObject,
    count_at,
    dump_text,
    object_at,
    objects_at,
    text_at,
    texts_at,
)
from tests.matrix.asked import Asked, data_url, strings, texts

# What Google takes for a call that another model made: no seal of anybody's.
SKIP = "skip_thought_signature_validator"

_USERS = frozenset({"args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema"})


def read(original: JsonObject) -> Asked:
    """Read a request, in either spelling of proto3 JSON."""
    body = as_json_object(_camel(original))
    contents = objects_at(body, "contents")
    parts = [part for content in contents for part in objects_at(content, "parts")]
    calls = [call for part in parts if (call := object_at(part, "functionCall"))]
    results = [result for part in parts if (result := object_at(part, "functionResponse"))]
    config = object_at(body, "generationConfig") or {}
    choice = object_at(object_at(body, "toolConfig") or {}, "functionCallingConfig") or {}
    return Asked(
        system="\n".join(texts(object_at(body, "systemInstruction") or {}, "parts")),
        said=tuple(t for c in contents if c.get("role") != "model" for t in texts(c, "parts")),
        files=tuple(url for holder in [*parts, *_inner(results)] for url in _files(holder)),
        calls=tuple((text_at(call, "name") or "", call.get("args")) for call in calls),
        results=tuple(_told(object_at(result, "response") or {}) for result in results),
        tools={
            text_at(f, "name") or "": f.get("parametersJsonSchema") or f.get("parameters")
            for tool in objects_at(body, "tools")
            for f in objects_at(tool, "functionDeclarations")
        },
        forced=next(iter(texts_at(choice, "allowedFunctionNames")), None),
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
        limit=count_at(config, "maxOutputTokens"),
        seals=tuple(
            _standard(seal)
            for part in parts
            for seal in strings(part, "thoughtSignature")
            if seal != SKIP
        ),
        thoughts=tuple(t for part in parts if part.get("thought") for t in strings(part, "text")),
    )


def _camel(value: Json) -> Json:
    # What has the user's own keys stays as it is.
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {to_camel(key): inner for key, inner in value.items()}
    return {key: inner if key in _USERS else _camel(inner) for key, inner in named.items()}


def _inner(results: list[JsonObject]) -> Iterator[JsonObject]:
    for result in results:
        yield from objects_at(result, "parts")


def _files(part: JsonObject) -> Iterator[str]:
    blob = object_at(part, "inlineData")
    if blob is not None:
        yield data_url(text_at(blob, "mimeType"), _standard(text_at(blob, "data") or ""))


def _told(response: JsonObject) -> str:
    for key in ("result", "output", "content"):
        if response.keys() == {key} and isinstance(text := response[key], str):
            return text
    return dump_text(response)


def _standard(text: str) -> str:
    # The SDK prints bytes in the URL's alphabet, Google in the other one; both mean the same.
    return text.replace("-", "+").replace("_", "/")
