"""Say what OpenAI would refuse in a Responses request (wire-formats.md §2.1)."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import pairwise

from openai.types.responses import response_create_params
from pydantic_core import SchemaValidator

from plexus.transforms.wire import Json, JsonObject, count_at, object_at, objects_at, text_at
from tests.matrix import rules
from tests.matrix.sdk_types import strict_validator, type_problems

LEAST_OUTPUT = 16  # tokens
LONGEST_CALL_ID = 64  # characters
_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_PREFIXES = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ct",
}
_SAID_BY_MODEL = frozenset({"output_text", "refusal"})


def problems(body: JsonObject) -> list[str]:
    """Return what is wrong with a request."""
    return [
        *type_problems(_validator(stream=body.get("stream") is True), _with_ids(body)),
        *rules.leaks(body),
        *_items(body),
        *_pairs(body),
        *_thoughts(body),
        *_tools(body),
        *_format(body),
        *_limits(body),
    ]


@functools.cache
def _validator(*, stream: bool) -> SchemaValidator:
    params = response_create_params
    return strict_validator(
        params.ResponseCreateParamsStreaming if stream else params.ResponseCreateParamsNonStreaming
    )


def _with_ids(body: JsonObject) -> JsonObject:
    # The type wants an id and a status of the assistant's messages, which the API does not: Codex
    # sends its history without. Of a custom call it wants no status, which the API itself gives it.
    items: list[Json] = [_as_typed(item) for item in objects_at(body, "input")]
    return {**body, "input": items} if items else body


def _as_typed(item: JsonObject) -> JsonObject:
    if item.get("role") == "assistant":
        return {"id": "msg_0", "status": "completed", **item}
    if _kind(item) == "custom_tool_call":
        return {key: value for key, value in item.items() if key != "status"}
    return item


def _kind(item: JsonObject) -> str:
    return text_at(item, "type") or "message"


def _items(body: JsonObject) -> Iterator[str]:
    items = objects_at(body, "input")
    if not items and not text_at(body, "input"):
        yield "input: there is none"
    for number, item in enumerate(items):
        at = f"input[{number}]"
        prefix = _PREFIXES.get(_kind(item))
        id_ = text_at(item, "id")
        if prefix is not None and id_ is not None and not id_.startswith(prefix):
            yield f"{at}: the id {id_!r} should begin with {prefix!r}"
        if _kind(item) == "message":
            yield from _message(item, at)
        if _kind(item) == "item_reference" and body.get("store") is False:
            yield f"{at}: refers to an item that is not stored"
        if _kind(item) == "function_call":
            yield from _call(item, at)


def _message(item: JsonObject, at: str) -> Iterator[str]:
    by_model = item.get("role") == "assistant"
    if item.get("content") in ("", [], None):
        yield f"{at}: says nothing"
    for part in objects_at(item, "content"):
        if (part.get("type") in _SAID_BY_MODEL) is not by_model:
            yield f"{at}: {part.get('type')} from the {item.get('role')}"
        url = part.get("image_url")
        if url is not None and not rules.is_image_url(url):
            yield f"{at}: {str(url)[:40]!r} is no picture"


def _call(item: JsonObject, at: str) -> Iterator[str]:
    if not rules.is_object_text(item.get("arguments")):
        yield f"{at}: arguments {item.get('arguments')!r} are no JSON object"
    if not rules.OPENAI_NAME.fullmatch(text_at(item, "name") or ""):
        yield f"{at}: {text_at(item, 'name')!r} is no tool name"


def _pairs(body: JsonObject) -> Iterator[str]:
    waiting: dict[str, str] = {}
    seen: set[str] = set()
    for number, item in enumerate(objects_at(body, "input")):
        id_ = text_at(item, "call_id") or ""
        if _kind(item) in _CALLS:
            if not 0 < len(id_) <= LONGEST_CALL_ID or id_ in seen:
                yield f"input[{number}]: call id {id_!r} is empty, too long or used twice"
            waiting[id_] = _CALLS[_kind(item)]
            seen.add(id_)
        elif _kind(item) in _CALLS.values() and waiting.pop(id_, None) != _kind(item):
            yield f"input[{number}]: answers no call of its kind"
    if waiting:
        yield f"input: no output for the calls {sorted(waiting)}"


def _thoughts(body: JsonObject) -> Iterator[str]:
    items = objects_at(body, "input")
    stored = body.get("store") is not False
    for number, (item, after) in enumerate(pairwise([*items, {"type": "end"}])):
        if _kind(item) != "reasoning":
            continue
        made = _kind(after) in {"reasoning", *_CALLS} or after.get("role") == "assistant"
        if not made:
            yield f"input[{number}]: reasoning without the item that it led to"
        if not stored and not item.get("encrypted_content"):
            yield f"input[{number}]: reasoning that is neither stored nor encrypted"


def _tools(body: JsonObject) -> Iterator[str]:
    tools = objects_at(body, "tools")
    names = [text_at(tool, "name") for tool in tools if "name" in tool]
    for name in rules.duplicates(names):
        yield f"tools: {name!r} is there twice"
    for tool in tools:
        if tool.get("type") != "function":
            continue
        if "strict" not in tool:
            yield f"tools: {tool.get('name')!r} does not say whether it is strict"
        if not rules.OPENAI_NAME.fullmatch(text_at(tool, "name") or ""):
            yield f"tools: {tool.get('name')!r} is no tool name"
        if tool.get("strict") is True:
            yield from rules.loose_objects(tool.get("parameters"), "parameters", whole=True)
    choice = body.get("tool_choice")
    if choice is not None and not tools:
        yield "tool_choice: there are no tools"
    wanted = text_at(choice, "name") if isinstance(choice, dict) else None
    if wanted is not None and wanted not in names:
        yield f"tool_choice: there is no tool {wanted!r}"


def _format(body: JsonObject) -> Iterator[str]:
    form = object_at(object_at(body, "text") or {}, "format") or {}
    if form.get("type") == "json_object" and not rules.says_json(body.get("input")):
        yield "text.format: JSON mode without the word JSON in the input"
    if form.get("type") != "json_schema":
        return
    if not rules.OPENAI_NAME.fullmatch(text_at(form, "name") or ""):
        yield "text.format: the name is missing or illegal"
    if form.get("strict") is True:
        yield from rules.loose_objects(form.get("schema"), "text.format", whole=True)


def _limits(body: JsonObject) -> Iterator[str]:
    most = count_at(body, "max_output_tokens")
    if most is not None and most < LEAST_OUTPUT:
        yield f"max_output_tokens: {most} is less than {LEAST_OUTPUT}"
