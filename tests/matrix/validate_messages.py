"""Say what Anthropic would refuse in a Messages request (wire-formats.md §3.1)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import pairwise

from anthropic.types import message_create_params
from pydantic_core import SchemaValidator

from plexus.transforms.wire import (
    JsonObject,
    count_at,
    number_at,
    object_at,
    objects_at,
    rest,
    text_at,
    texts_at,
)
from tests.matrix import rules
from tests.matrix.sdk_types import strict_validator, type_problems

MOST_MARKS = 4  # cache_control
LEAST_BUDGET = 1024  # tokens of thinking

# Gone from the current SDK's types, still on the wire for older models.
SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_THOUGHTS = ("thinking", "redacted_thinking")


def problems(
    body: JsonObject, *, official: bool = False, extensions: frozenset[str] = frozenset()
) -> list[str]:
    """Return what is wrong; `extensions` are top-level keys of beta features."""
    known = rest(body, SAMPLING | extensions)
    return [
        *type_problems(_validator(stream=body.get("stream") is True), known),
        *rules.leaks(body),
        *_turns(body, official=official),
        *_rounds(body),
        *_blocks(body),
        *_tools(body),
        *_thinking(body),
        *_limits(body),
    ]


@functools.cache
def _validator(*, stream: bool) -> SchemaValidator:
    params = message_create_params
    return strict_validator(
        params.MessageCreateParamsStreaming if stream else params.MessageCreateParamsNonStreaming
    )


def blocks_of(message: JsonObject) -> list[JsonObject]:
    """The content blocks of a turn; a lone string is one text block."""
    text = text_at(message, "content")
    return objects_at(message, "content") if text is None else [{"type": "text", "text": text}]


def _of_type(message: JsonObject, *kinds: str) -> list[JsonObject]:
    return [block for block in blocks_of(message) if block.get("type") in kinds]


def _turns(body: JsonObject, *, official: bool) -> Iterator[str]:
    messages = objects_at(body, "messages")
    roles = [text_at(message, "role") for message in messages]
    if not roles or roles[0] != "user":
        yield "messages: the first turn is not the user's"
    if "system" in roles and not official:
        yield "messages: only Anthropic itself takes system turns"
    for number, (before, after) in enumerate(pairwise(roles)):
        if before == after:
            yield f"messages[{number + 1}]: two turns of the {after} in a row"
    for number, message in enumerate(messages):
        if not blocks_of(message):
            yield f"messages[{number}]: says nothing"
    prefill = blocks_of(messages[-1])[-1:] if roles and roles[-1] == "assistant" else []
    for block in prefill:
        if (text := text_at(block, "text") or "") != text.rstrip():
            yield "messages: white space at the end of the prefill"


def _rounds(body: JsonObject) -> Iterator[str]:
    used: set[str] = set()
    open_: list[str] = []
    for number, message in enumerate(objects_at(body, "messages")):
        at = f"messages[{number}]"
        results = [text_at(b, "tool_use_id") or "" for b in _of_type(message, "tool_result")]
        if sorted(results) != sorted(open_):
            yield f"{at}: calls {open_} are answered by results {results}"
        kinds = [block.get("type") == "tool_result" for block in blocks_of(message)]
        if sorted(kinds, reverse=True) != kinds:
            yield f"{at}: a result stands behind something else"
        open_ = [text_at(block, "id") or "" for block in _of_type(message, "tool_use")]
        for id_ in open_:
            if id_ in used or not _ID.fullmatch(id_):
                yield f"{at}: call id {id_!r} is illegal or used twice"
            used.add(id_)
        if open_ and message.get("role") != "assistant":
            yield f"{at}: a call that the assistant did not make"
    if open_:
        yield f"messages: calls {open_} have no result"


def _blocks(body: JsonObject) -> Iterator[str]:
    for number, message in enumerate(objects_at(body, "messages")):
        for block in _all_blocks(message):
            yield from (f"messages[{number}]: {problem}" for problem in _block(block))
    for block in objects_at(body, "system"):
        yield from (f"system: {problem}" for problem in _block(block))


def _all_blocks(message: JsonObject) -> Iterator[JsonObject]:
    for block in blocks_of(message):
        yield block
        yield from objects_at(block, "content") if block.get("type") == "tool_result" else ()


def _block(block: JsonObject) -> Iterator[str]:
    kind = block.get("type")
    if kind == "text" and not (text_at(block, "text") or "").strip():
        yield "a blank text"
    if kind == "thinking" and not block.get("signature"):
        yield "thinking without a signature"
    source = object_at(block, "source") or {}
    if source.get("type") == "base64":
        if not rules.is_base64(source.get("data")):
            yield f"{kind}: the data is not base64"
        if kind == "image" and source.get("media_type") not in rules.IMAGE_TYPES:
            yield f"an image of type {source.get('media_type')}"


def _tools(body: JsonObject) -> Iterator[str]:
    tools = objects_at(body, "tools")
    names = [text_at(tool, "name") for tool in tools]
    for name in rules.duplicates(names):
        yield f"tools: {name!r} is there twice"
    for tool in tools:
        schema = object_at(tool, "input_schema")
        if schema is None:
            continue
        if not _ID.fullmatch(text_at(tool, "name") or ""):
            yield f"tools: {tool.get('name')!r} is no tool name"
        if schema.get("type") != "object" or schema.keys() & {"oneOf", "anyOf", "allOf"}:
            yield f"tools: the schema of {tool.get('name')!r} is no plain object"
        if tool.get("strict") is True:
            yield from rules.loose_objects(schema, "input_schema", whole=False)
    choice = object_at(body, "tool_choice")
    if choice is not None and not tools:
        yield "tool_choice: there are no tools"
    if choice is not None and choice.get("type") == "tool" and choice.get("name") not in names:
        yield f"tool_choice: there is no tool {choice.get('name')!r}"


def _thinking(body: JsonObject) -> Iterator[str]:
    thinking = object_at(body, "thinking") or {}
    if thinking.get("type") not in ("enabled", "adaptive"):
        return
    budget = count_at(thinking, "budget_tokens")
    if budget is not None and not LEAST_BUDGET <= budget < (count_at(body, "max_tokens") or 0):
        yield f"thinking: a budget of {budget} with max_tokens {body.get('max_tokens')}"
    if (object_at(body, "tool_choice") or {}).get("type") in ("any", "tool"):
        yield "tool_choice: a forced call with thinking on"
    if body.get("temperature") not in (None, 1) or "top_k" in body:
        yield "temperature or top_k with thinking on"
    if thinking.get("type") == "enabled":
        yield from _lost_thoughts(body)


def _lost_thoughts(body: JsonObject) -> Iterator[str]:
    messages = objects_at(body, "messages")
    said = [n for n, message in enumerate(messages) if message.get("role") == "assistant"]
    if not said or said[-1] + 1 >= len(messages):
        return
    first = blocks_of(messages[said[-1]])[0].get("type")
    if _of_type(messages[said[-1] + 1], "tool_result") and first not in _THOUGHTS:
        yield "messages: thinking is on and the turn that called tools does not begin with any"


def _limits(body: JsonObject) -> Iterator[str]:
    temperature = number_at(body, "temperature")
    if temperature is not None and not 0 <= temperature <= 1:
        yield f"temperature: {temperature} is not within 0 and 1"
    if temperature is not None and "top_p" in body:
        yield "temperature and top_p together"
    if any(not stop.strip() for stop in texts_at(body, "stop_sequences")):
        yield "stop_sequences: a blank one"
    if len(_marks(body)) > MOST_MARKS:
        yield f"cache_control: more than {MOST_MARKS} marks"
    form = object_at(object_at(body, "output_config") or {}, "format") or {}
    if "schema" in form:
        yield from rules.loose_objects(form["schema"], "output_config.format", whole=False)


def _marks(body: JsonObject) -> list[JsonObject]:
    turns = [block for turn in objects_at(body, "messages") for block in _all_blocks(turn)]
    holders = [body, *objects_at(body, "tools"), *objects_at(body, "system"), *turns]
    return [holder for holder in holders if holder.get("cache_control") is not None]
