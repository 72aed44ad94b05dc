"""Read what the demo model is asked: an OpenAI chat-completions body, checked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from plexus.addons.upstream import embedded_tokens
from plexus.addons.upstream.embedded_tools import Tool, called, read_tools, refusal
from plexus.transforms.wire import (
    Json,
    JsonObject,
    bool_at,
    dump_text,
    kind_of,
    list_at,
    object_at,
    objects_at,
    text_at,
    texts_at,
)

_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_PER_MESSAGE: Final = 4  # tokens for a turn's role and frame
_PER_ATTACHMENT: Final = 85  # what OpenAI charges for a small image


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What there is to answer."""

    model: str
    prompt: str | None  # the last user message; None: there is none
    attachments: int  # its parts that are not text
    results: tuple[tuple[str, str], ...]  # tool results at the end: tool's name, text
    tools: tuple[Tool, ...]  # to call now, first the one to prefer; empty: answer in words
    parallel: bool  # several may be called at once
    output: Literal["text", "json", "schema"]
    schema: Json  # of the answer, for "schema"
    stream: bool
    include_usage: bool
    limit: int | None  # tokens
    stop: tuple[str, ...]
    prompt_tokens: int


def read(body: JsonObject) -> Ask:
    """Read a body. Raise `GatewayError(BAD_REQUEST)` naming the field that is wrong."""
    messages = _messages(body)
    asked = next((m for m in reversed(messages) if m["role"] == "user"), None)
    choice = read_tools(body)
    output, schema = _output(body)
    _check_n(body)
    options = _object(body, "stream_options") or {}
    return Ask(
        model=_model(body),
        prompt=None if asked is None else _words(asked),
        attachments=0 if asked is None else _attachments(asked),
        results=_results(messages),
        tools=choice.tools if messages[-1]["role"] == "user" else (),
        parallel=_flag(body, "parallel_tool_calls", default=True) and not choice.named,
        output=output,
        schema=schema,
        stream=_flag(body, "stream", default=False),
        include_usage=bool_at(options, "include_usage") is True,
        limit=_limit(body),
        stop=_stop(body),
        prompt_tokens=_prompt_tokens(messages, body),
    )


def _model(body: JsonObject) -> str:
    model = text_at(body, "model")
    if not model:
        raise refusal("model", "the name of a model")
    return model


def _messages(body: JsonObject) -> list[JsonObject]:
    given = body.get("messages")
    if not isinstance(given, list) or not given:
        raise refusal("messages", "an array of at least one message")
    return [_message(message, f"messages[{i}]") for i, message in enumerate(given)]


def _message(message: Json, where: str) -> JsonObject:
    if not isinstance(message, dict):
        raise refusal(where, f"an object, not {kind_of(message)}")
    if text_at(message, "role") not in _ROLES:
        raise refusal(f"{where}.role", f"one of {', '.join(sorted(_ROLES))}")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise refusal(f"{where}.content", f"text or an array of parts, not {kind_of(content)}")
    return message


def _words(message: JsonObject) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return " ".join(text for part in objects_at(message, "content") if (text := _part_text(part)))


def _part_text(part: JsonObject) -> str | None:
    return text_at(part, "text") if "text" in part else text_at(part, "refusal")


def _attachments(message: JsonObject) -> int:
    return sum(_part_text(part) is None for part in objects_at(message, "content"))


def _results(messages: Sequence[JsonObject]) -> tuple[tuple[str, str], ...]:
    names = {
        text_at(call, "id"): called(call)
        for message in messages
        for call in objects_at(message, "tool_calls")
    }
    found: list[tuple[str, str]] = []
    for message in reversed(messages):
        if message["role"] not in ("tool", "function"):
            break
        name = names.get(text_at(message, "tool_call_id")) or text_at(message, "name")
        found.append((name or "the tool", _words(message)))
    return tuple(reversed(found))


def _output(body: JsonObject) -> tuple[Literal["text", "json", "schema"], Json]:
    form = _object(body, "response_format") or {"type": "text"}
    kind = text_at(form, "type")
    if kind == "text":
        return "text", None
    if kind == "json_object":
        return "json", None
    if kind != "json_schema":
        raise refusal("response_format.type", "text, json_object or json_schema")
    schema = (object_at(form, "json_schema") or {}).get("schema")
    if schema is None:
        raise refusal("response_format.json_schema.schema", "a JSON Schema")
    return "schema", schema


def _check_n(body: JsonObject) -> None:
    if body.get("n") not in (None, 1):
        raise refusal("n", "1: the demo model gives one answer")


def _limit(body: JsonObject) -> int | None:
    for key in ("max_completion_tokens", "max_tokens"):
        value = body.get(key)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise refusal(key, "a whole number of at least 1")
        return value
    return None


def _stop(body: JsonObject) -> tuple[str, ...]:
    given = body.get("stop")
    if given is not None and not isinstance(given, str | list):
        raise refusal("stop", f"text or an array of texts, not {kind_of(given)}")
    if any(not isinstance(word, str) for word in list_at(body, "stop")):
        raise refusal("stop", "text or an array of texts")
    return tuple(word for word in texts_at(body, "stop") if word)


def _flag(body: JsonObject, key: str, *, default: bool) -> bool:
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise refusal(key, f"true or false, not {kind_of(value)}")
    return value


def _object(body: JsonObject, key: str) -> JsonObject | None:
    value = body.get(key)
    if value is not None and not isinstance(value, dict):
        raise refusal(key, f"an object, not {kind_of(value)}")
    return value


def _prompt_tokens(messages: Sequence[JsonObject], body: JsonObject) -> int:
    total = 0
    for message in messages:
        total += _PER_MESSAGE + embedded_tokens.count(_words(message))
        total += _PER_ATTACHMENT * _attachments(message)
        for call in objects_at(message, "tool_calls"):
            total += embedded_tokens.count(dump_text(call))
    return total + sum(embedded_tokens.count(dump_text(tool)) for tool in objects_at(body, "tools"))
