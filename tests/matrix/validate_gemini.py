"""Say what Google would refuse in a generateContent request (wire-formats.md §4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from google.genai import types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from plexus.transforms.wire import JsonObject, dump, list_at, object_at, objects_at, text_at
from tests.matrix import rules
from tests.matrix.sdk_types import told

PATH = re.compile(
    r"/v1(alpha|beta)?/models/[^/:]+:(?P<method>generateContent|streamGenerateContent)"
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_PAYLOADS = frozenset(
    {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode",
     "codeExecutionResult", "toolCall", "toolResponse"}
)  # fmt: skip
_BESIDE_RESULTS = frozenset({"functionResponse", "inlineData", "fileData", "text"})


class _Body(BaseModel):
    """A request, of the SDK's own parts, none of which takes a field that it does not know."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    contents: list[types.Content]
    system_instruction: types.Content | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    safety_settings: list[types.SafetySetting] | None = None
    generation_config: types.GenerationConfig | None = None
    cached_content: str | None = None
    service_tier: str | None = None
    labels: dict[str, str] | None = None


def problems(
    path: str,
    query: Mapping[str, str],
    body: JsonObject,
    *,
    native: bool = False,
    signed: bool = False,
    mixes: bool = False,
) -> list[str]:
    """Return what is wrong; a Gemini client's own turns (`native`) may be split as it likes.

    `signed`: Gemini 3, which wants a signature on the first of a turn's calls; `mixes`: it takes
    built-in tools beside functions.
    """
    found = [*_path(path, query), *_types(body), *rules.leaks(body)]
    contents = objects_at(body, "contents")
    merged = _merged(contents) if native else contents
    return [
        *found,
        *_turns(merged),
        *_rounds(merged),
        *(_unsigned(_merged(contents)) if signed else ()),
        *_parts(contents, native=native),
        *_tools(body),
        *(() if native else _mixture(body, mixes=mixes)),
        *_config(body),
    ]


def _path(path: str, query: Mapping[str, str]) -> Iterator[str]:
    found = PATH.fullmatch(path)
    if found is None:
        yield f"no such path: {path}"
    elif found["method"] == "streamGenerateContent" and query.get("alt") != "sse":
        yield "the stream is not asked for as events"


def _types(body: JsonObject) -> list[str]:
    try:
        _Body.model_validate_json(dump(body))
    except ValidationError as error:
        return told(error.errors())
    return []


def _merged(contents: list[JsonObject]) -> list[JsonObject]:
    merged: list[JsonObject] = []
    for content in contents:
        if merged and merged[-1].get("role") == content.get("role"):
            parts = [*list_at(merged[-1], "parts"), *list_at(content, "parts")]
            merged[-1] = {**content, "parts": parts}
        else:
            merged.append(content)
    return merged


def _turns(contents: list[JsonObject]) -> Iterator[str]:
    roles = [text_at(content, "role") for content in contents]
    if not roles or roles[0] != "user":
        yield "contents: the first turn is not the user's"
    for number, (before, after) in enumerate(pairwise(roles)):
        if before == after:
            yield f"contents[{number + 1}]: two turns of the {after} in a row"
    for number, content in enumerate(contents):
        if not list_at(content, "parts"):
            yield f"contents[{number}]: no parts"


def _rounds(contents: list[JsonObject]) -> Iterator[str]:
    for number, (before, after) in enumerate(pairwise([{}, *contents, {}])):
        calls = _named(before, "functionCall")
        results = _named(after, "functionResponse")
        if calls != results:
            yield f"contents[{number}]: calls {calls} are answered by responses {results}"
        others = {key for part in objects_at(after, "parts") for key in part.keys() & _PAYLOADS}
        if results and not others <= _BESIDE_RESULTS:
            yield f"contents[{number}]: {sorted(others)} in one turn"


def _unsigned(contents: list[JsonObject]) -> Iterator[str]:
    for number, content in enumerate(contents):
        calls = [part for part in objects_at(content, "parts") if "functionCall" in part]
        if calls and "thoughtSignature" not in calls[0]:
            yield f"contents[{number}]: a call without a signature"


def _named(content: JsonObject, kind: str) -> list[str | None]:
    found = [object_at(part, kind) for part in objects_at(content, "parts")]
    return [text_at(inner, "name") for inner in found if inner is not None]


def _parts(contents: list[JsonObject], *, native: bool) -> Iterator[str]:
    for number, content in enumerate(contents):
        for part in objects_at(content, "parts"):
            yield from (f"contents[{number}]: {problem}" for problem in _part(part))
            if part.get("text") == "" and "thoughtSignature" not in part and not native:
                yield f"contents[{number}]: an empty text"


def _part(part: JsonObject) -> Iterator[str]:
    payloads = part.keys() & _PAYLOADS
    if len(payloads) != 1:
        yield f"a part with {sorted(payloads) or 'nothing in it'}"
    if "thoughtSignature" in part and not _is_base64(part["thoughtSignature"]):
        yield f"the signature {part['thoughtSignature']!r} is not base64"
    for kind in ("functionCall", "functionResponse"):
        inner = object_at(part, kind)
        if inner is not None and not _NAME.fullmatch(text_at(inner, "name") or ""):
            yield f"{inner.get('name')!r} is no function's name"
    media = object_at(part, "inlineData")
    kind = (media or {}).get("mimeType") or (media or {}).get("mime_type")
    if media is not None and not (kind and _is_base64(media.get("data"))):
        yield "inline data without a type, or not base64"


def _is_base64(value: object) -> bool:
    # Both alphabets of base64, as in all of proto3 JSON.
    return isinstance(value, str) and rules.is_base64(value.replace("-", "+").replace("_", "/"))


def _mixture(body: JsonObject, *, mixes: bool) -> Iterator[str]:
    kinds = {key for tool in objects_at(body, "tools") for key in tool}
    asked = (object_at(body, "toolConfig") or {}).get("includeServerSideToolInvocations") is True
    if "functionDeclarations" in kinds and len(kinds) > 1 and not (mixes and asked):
        yield "tools: functions beside built-in tools"


def _tools(body: JsonObject) -> Iterator[str]:
    tools = objects_at(body, "tools")
    declared = [f for tool in tools for f in objects_at(tool, "functionDeclarations")]
    names = [text_at(function, "name") for function in declared]
    for name in rules.duplicates(names):
        yield f"tools: {name!r} is there twice"
    for function in declared:
        yield from (f"tools: {function.get('name')!r}: {p}" for p in _declaration(function))
    config = object_at(object_at(body, "toolConfig") or {}, "functionCallingConfig") or {}
    allowed = [str(name) for name in list_at(config, "allowedFunctionNames")]
    if allowed and (config.get("mode") not in ("ANY", "VALIDATED") or set(allowed) - set(names)):
        yield f"toolConfig: {allowed} in mode {config.get('mode')} of {names}"
    if config and not tools:
        yield "toolConfig: there are no tools"


def _declaration(function: JsonObject) -> Iterator[str]:
    if not _NAME.fullmatch(text_at(function, "name") or ""):
        yield "no function's name"
    if "parameters" in function and "parametersJsonSchema" in function:
        yield "two schemas"
    for key in ("parameters", "parametersJsonSchema"):
        schema = object_at(function, key)
        if schema is not None and str(schema.get("type")).upper() != "OBJECT":
            yield f"{key} should be of type OBJECT"
    schema = object_at(function, "parameters")
    if schema is not None and not object_at(schema, "properties"):
        yield "parameters without properties"


def _config(body: JsonObject) -> Iterator[str]:
    config = object_at(body, "generationConfig") or {}
    schemas = config.keys() & {"responseSchema", "responseJsonSchema"}
    if len(schemas) > 1:
        yield "generationConfig: two schemas"
    if schemas and config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        yield "generationConfig: a schema without the JSON type"
    thinking = object_at(config, "thinkingConfig") or {}
    if {"thinkingBudget", "thinkingLevel"} <= thinking.keys():
        yield "thinkingConfig: budget and level"
    if len(list_at(config, "stopSequences")) > 5:
        yield "stopSequences: more than five"
