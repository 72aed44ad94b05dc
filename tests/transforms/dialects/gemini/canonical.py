"""Bring two ways of saying one thing in proto3 JSON into one; nothing else may differ.

Each rule stands on protobuf's JSON mapping or Google's reference: both spellings of a field, a
default and its absence, a lone value of a repeated field, an enum's name in any case or its number,
base64 in either alphabet, with and without padding.
"""

from __future__ import annotations

from plexus.transforms.dialects.gemini.candidates import is_vertex
from plexus.transforms.dialects.gemini.keys import as_list, camel_key
from plexus.transforms.dialects.gemini.stops import reason_name
from plexus.transforms.wire import (
    Json,
    JsonObject,
    dump,
    list_at,
    object_at,
    objects_at,
    parse_object,
)

# Their keys are the user's own, or a schema's.
MAPS = {
    "args", "labels", "parameters", "parametersJsonSchema", "properties", "response",
    "responseJsonSchema", "responseSchema",
}  # fmt: skip

URL_SAFE = str.maketrans("-_", "+/")


def canonical_request(body: JsonObject) -> JsonObject:
    """The canonical form of a request body; the model stands in the path."""
    out = _plain(parse_object(dump(body)))
    assert isinstance(out, dict)
    out = object_at(out, "generateContentRequest") or out
    out.pop("model", None)
    system = object_at(out, "systemInstruction")
    if system is not None:
        # "role: ignored"; parts without text prompt nothing
        parts = [part for part in as_list(system.get("parts")) if part != {"text": ""}]
        out["systemInstruction"] = {"parts": parts}
    for content in objects_at(out, "contents"):
        content.setdefault("role", "user")
        content["parts"] = [_part(part) for part in objects_at(content, "parts")]
    out["tools"] = _tools(out.get("tools"))
    choice = object_at(object_at(out, "toolConfig") or {}, "functionCallingConfig") or {}
    if isinstance(mode := choice.get("mode"), str):
        choice["mode"] = mode.upper()
    config = object_at(out, "generationConfig")
    if config is not None:
        out["generationConfig"] = _given(config)
    return _given(out)


def canonical_answer(body: JsonObject) -> JsonObject:
    """The canonical form of an answer, whole or a chunk."""
    out = _plain(parse_object(dump(body)))
    assert isinstance(out, dict)
    for number, candidate in enumerate(objects_at(out, "candidates")):
        if candidate.get("index", 0) == number:
            candidate.pop("index", None)
        if "finishReason" in candidate:
            candidate["finishReason"] = reason_name(
                candidate["finishReason"], vertex=is_vertex(body)
            )
        content = object_at(candidate, "content") or {}
        parts = [_part(part) for part in objects_at(content, "parts") if part != {"text": ""}]
        content.pop("role", None)  # always "model"
        candidate["content"] = {**content, "parts": [*parts]}
    usage = object_at(out, "usageMetadata")
    if usage is not None:
        out["usageMetadata"] = {key: value for key, value in usage.items() if value != 0}
    return out


def _given(fields: JsonObject) -> JsonObject:
    # An empty list or message says what its absence says.
    empty: tuple[Json, ...] = ([], {}, {"parts": []})
    return {key: value for key, value in fields.items() if value not in empty}


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            camel_key(key): inner if camel_key(key) in MAPS else _plain(inner)
            for key, inner in value.items()
            if inner is not None
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _part(part: JsonObject) -> JsonObject:
    blob = object_at(part, "inlineData") or {}
    if isinstance(data := blob.get("data"), str):
        part = {**part, "inlineData": {**blob, "data": data.rstrip("=").translate(URL_SAFE)}}
    # A signature stands with an empty text or without any.
    inline = object_at(part, "inlineData") or {}
    if isinstance(data := inline.get("data"), str):
        inline["data"] = data.replace("-", "+").replace("_", "/")  # either alphabet will do
    if part.get("text") == "" and len(part) > 1:
        return {key: value for key, value in part.items() if key != "text"}
    return part


def _tools(value: Json) -> list[Json]:
    functions: list[Json] = []
    others: list[Json] = []
    for tool in as_list(value):
        assert isinstance(tool, dict)
        functions += list_at(tool, "functionDeclarations")
        others += [{key: tool[key]} for key in tool if key != "functionDeclarations"]
    return [{"functionDeclarations": functions}, *others] if functions else others
