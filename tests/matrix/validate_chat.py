"""Say what OpenAI, or a strict imitator, would refuse in a Chat Completions request."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from openai.types.chat import completion_create_params
from pydantic_core import SchemaValidator

from plexus.transforms.wire import (
    Json,
    JsonObject,
    list_at,
    object_at,
    objects_at,
    text_at,
    texts_at,
)
from tests.matrix import rules
from tests.matrix.sdk_types import strict_validator, type_problems

LONGEST_ID = 40  # characters


def problems(
    body: JsonObject, *, official: bool = False, extensions: frozenset[str] = frozenset()
) -> list[str]:
    """Return what is wrong; `extensions` are keys that OpenAI has not and this provider takes."""
    stream = body.get("stream") is True
    return [
        *type_problems(_validator(stream=stream), _without(body, extensions)),
        *rules.leaks(body),
        *_conversation(body, official=official),
        *_content(body),
        *_tools(body),
        *_format(body),
        *_limits(body, official=official),
    ]


@functools.cache
def _validator(*, stream: bool) -> SchemaValidator:
    params = completion_create_params
    return strict_validator(
        params.CompletionCreateParamsStreaming
        if stream
        else params.CompletionCreateParamsNonStreaming
    )


def _without(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without(item, names)
        for key, item in value.items()
        if key not in names and not (names and item is None and key != "content")
    }


def _conversation(body: JsonObject, *, official: bool) -> Iterator[str]:
    waiting: set[str] = set()
    messages = objects_at(body, "messages")
    for number, message in enumerate(messages):
        at = f"messages[{number}]"
        if message.get("role") == "tool":
            id_ = text_at(message, "tool_call_id") or ""
            if id_ not in waiting:
                yield f"{at}: answers no call of the turn before"
            waiting.discard(id_)
            continue
        if waiting:
            yield f"{at}: calls {sorted(waiting)} have no tool message"
        waiting = set()
        for call in objects_at(message, "tool_calls"):
            yield from _call(call, at, waiting, official=official)
    if waiting:
        yield f"calls {sorted(waiting)} have no tool message"
    if not messages:
        yield "messages: there are none"


def _call(call: JsonObject, at: str, seen: set[str], *, official: bool) -> Iterator[str]:
    id_ = text_at(call, "id") or ""
    if not id_ or id_ in seen:
        yield f"{at}: call id {id_!r} is empty or used twice"
    if official and len(id_) > LONGEST_ID:
        yield f"{at}: call id {id_!r} is too long"
    seen.add(id_)
    function = object_at(call, "function")
    if function is not None and not rules.is_object_text(function.get("arguments")):
        yield f"{at}: arguments {function.get('arguments')!r} are no JSON object"
    inner = function or object_at(call, "custom") or {}
    if not rules.OPENAI_NAME.fullmatch(text_at(inner, "name") or ""):
        yield f"{at}: {text_at(inner, 'name')!r} is no tool name"


def _content(body: JsonObject) -> Iterator[str]:
    for number, message in enumerate(objects_at(body, "messages")):
        content = message.get("content")
        may_be_empty = message.get("role") == "tool" or any(
            message.get(key) for key in ("tool_calls", "refusal", "function_call", "audio")
        )
        if content in (None, "", []) and not may_be_empty:
            yield f"messages[{number}]: says nothing"
        for part in objects_at(message, "content"):
            image = object_at(part, "image_url")
            if image is not None and not rules.is_image_url(image.get("url")):
                yield f"messages[{number}]: {str(image.get('url'))[:40]!r} is no picture"


def _tools(body: JsonObject) -> Iterator[str]:
    tools = objects_at(body, "tools")
    names = [_tool_name(tool) for tool in tools]
    if "tools" in body and not tools:
        yield "tools: an empty list"
    for name in rules.duplicates(names):
        yield f"tools: {name!r} is there twice"
    for tool in tools:
        function = object_at(tool, "function") or {}
        if not rules.OPENAI_NAME.fullmatch(_tool_name(tool) or ""):
            yield f"tools: {_tool_name(tool)!r} is no tool name"
        if function.get("strict") is True:
            yield from rules.loose_objects(function.get("parameters"), "parameters", whole=True)
    yield from _choice(body, names)


def _tool_name(tool: JsonObject) -> str | None:
    return text_at(object_at(tool, "function") or object_at(tool, "custom") or {}, "name")


def _choice(body: JsonObject, names: list[str | None]) -> Iterator[str]:
    for key in ("tool_choice", "parallel_tool_calls"):
        if key in body and not names:
            yield f"{key}: there are no tools"
    wanted = _tool_name(object_at(body, "tool_choice") or {})
    if wanted is not None and wanted not in names:
        yield f"tool_choice: there is no tool {wanted!r}"


def _format(body: JsonObject) -> Iterator[str]:
    form = object_at(body, "response_format") or {}
    if form.get("type") == "json_object" and not rules.says_json(body.get("messages")):
        yield "response_format: JSON mode without the word JSON in the messages"
    schema = object_at(form, "json_schema")
    if schema is None:
        return
    if not rules.OPENAI_NAME.fullmatch(text_at(schema, "name") or ""):
        yield "response_format: json_schema.name is missing or illegal"
    if schema.get("strict") is True:
        yield from rules.loose_objects(schema.get("schema"), "response_format", whole=True)


def _limits(body: JsonObject, *, official: bool) -> Iterator[str]:
    options = object_at(body, "stream_options") or {}
    if body.get("stream") is True and options.get("include_usage") is not True:
        yield "stream_options: usage is not asked for"
    if body.get("stream") is not True and options:
        yield "stream_options: without a stream"
    if official and "max_tokens" in body:
        yield "max_tokens: OpenAI's newer models want max_completion_tokens"
    if official and len(texts_at(body, "stop") or list_at(body, "stop")) > 4:
        yield "stop: more than four"
