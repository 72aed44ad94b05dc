"""Write a request for Anthropic, or for a server that speaks its format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.codec import Encoded, Receipt, Traits
from plexus.transforms.dialects.anthropic.cache import encode_mark, has_marks, limit_marks
from plexus.transforms.dialects.anthropic.content_encode import encode_parts
from plexus.transforms.dialects.anthropic.identity import NAME, is_native, own
from plexus.transforms.dialects.anthropic.reasoning import Thought, encode_reasoning
from plexus.transforms.dialects.anthropic.sampling import encode_sampling
from plexus.transforms.dialects.anthropic.schema import strict_schema
from plexus.transforms.dialects.anthropic.system import (
    encode_system,
    inline_prompt,
    leading_prompts,
)
from plexus.transforms.dialects.anthropic.tools_encode import (
    encode_choice,
    encode_tools,
    is_forced,
    stub_tools,
)
from plexus.transforms.dialects.anthropic.turns import Turn, mend
from plexus.transforms.ir import CacheMark, ChatRequest, Message
from plexus.transforms.wire import JsonObject, object_at, rest

VERSION: Final[Mapping[str, str]] = {"anthropic-version": "2023-06-01"}
PATH: Final = "/messages"

_TIERS: Final[Mapping[str, str]] = {
    "auto": "auto",
    "default": "standard_only",
    "standard_only": "standard_only",
}
_LONGEST_USER: Final = 256
_PLAIN_USER: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@:"
)


def encode_request(request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
    """Write `request`, mending what the format refuses; the receipt tells what changed."""
    tools, choice = _tools(request, traits, receipt)
    system = encode_system(request, traits, receipt)
    turns = mend(_turns(request, traits, receipt), receipt, prefill=traits.prefill)
    thought = encode_reasoning(request, turns, traits, receipt, forced=is_forced(choice))
    body: JsonObject = {"model": request.model, "max_tokens": thought.max_tokens}
    if system:
        body["system"] = [*system]
    body["messages"] = [_message(turn) for turn in turns]
    if tools:
        body["tools"] = [*tools]
    if choice is not None:
        body["tool_choice"] = choice
    if request.stream:
        body["stream"] = True
    body |= encode_sampling(
        request.sampling,
        traits,
        receipt,
        native=is_native(request),
        thinking=thought.active,
    )
    _add_thought(body, thought)
    _add_output(body, request, traits, receipt)
    _add_account(body, request, traits, receipt)
    _add_own(body, request)
    _add_cache(body, request, traits, receipt)
    _note_rest(request, receipt)
    return Encoded(path=PATH, body=body, headers=VERSION)


def _tools(
    request: ChatRequest, traits: Traits, receipt: Receipt
) -> tuple[list[JsonObject], JsonObject | None]:
    tools = encode_tools(request, traits, receipt)
    choice = encode_choice(request, tools, receipt)
    if traits.forced_tools == "never" and choice is not None and is_forced(choice):
        receipt.coerced("tool_choice", "this model cannot be made to call a tool")
        kept = {key: value for key, value in choice.items() if key not in ("type", "name")}
        choice = {"type": "auto", **kept}
    if tools or traits.official:
        return tools, choice
    stubs = stub_tools(request, receipt)
    return stubs, {"type": "none"} if stubs else None


def _turns(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[Turn]:
    start = leading_prompts(request)
    return [
        _turn(message, f"messages[{number}]", traits, receipt)
        for number, message in enumerate(request.messages)
        if number >= start
    ]


def _turn(message: Message, path: str, traits: Traits, receipt: Receipt) -> Turn:
    if message.name is not None:
        receipt.dropped(f"{path}.name", "Anthropic's turns have no names")
    if message.role in ("system", "developer"):
        return inline_prompt(message, path, traits, receipt)
    blocks = encode_parts(message, path, traits, receipt)
    role: Literal["user", "assistant"] = "assistant" if message.role == "assistant" else "user"
    return Turn(role, blocks, dict(own(message.ext)))


def _message(turn: Turn) -> JsonObject:
    return {"role": turn.role, "content": [*turn.blocks], **turn.ext}


def _add_thought(body: JsonObject, thought: Thought) -> None:
    if thought.thinking is not None:
        body["thinking"] = thought.thinking
    if thought.effort is not None:
        body["output_config"] = {"effort": thought.effort}


def _add_output(body: JsonObject, request: ChatRequest, traits: Traits, receipt: Receipt) -> None:
    output = request.output
    if output is None or output.kind != "schema" or not traits.structured_output:
        return
    schema = output.schema if is_native(request) else strict_schema(output.schema)
    if schema != output.schema:
        receipt.coerced("output.schema", "what Anthropic cannot hold a model to is told in words")
    for name in ("name", "description"):
        if getattr(output, name) is not None:
            receipt.coerced(f"output.{name}", "the schema stands without it")
    shape: JsonObject = {"type": "json_schema", "schema": schema, **own(output.ext)}
    body["output_config"] = {**(object_at(body, "output_config") or {}), "format": shape}


def _add_account(body: JsonObject, request: ChatRequest, traits: Traits, receipt: Receipt) -> None:
    if request.user is not None:
        # Compatible servers check a pattern that Claude Code's JSON does not match (§10, 75).
        plain = traits.official or _PLAIN_USER.issuperset(request.user)
        if len(request.user) <= _LONGEST_USER and plain:
            body["metadata"] = {"user_id": request.user}
        else:
            receipt.dropped("user", "not an id that the provider takes")
    if request.tier is not None:
        tier = _TIERS.get(request.tier)
        if tier is None:
            receipt.dropped("tier", f"Anthropic has no service tier {request.tier!r}")
        else:
            body["service_tier"] = tier


def _add_own(body: JsonObject, request: ChatRequest) -> None:
    """Write back what only this dialect says, without touching what was just written."""
    for key, value in own(request.ext).items():
        before = body.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            body[key] = {**value, **before}
        elif key not in body:
            body[key] = value


def _add_cache(body: JsonObject, request: ChatRequest, traits: Traits, receipt: Receipt) -> None:
    mark = request.cache
    if mark is None and request.cache_key is not None:
        receipt.coerced("cache_key", "Anthropic caches by marks")
        if traits.official and not is_native(request) and not has_marks(body):
            mark = CacheMark()  # who names a cache expects one
    if mark is not None and "cache_control" not in body:
        body["cache_control"] = encode_mark(mark)
    limit_marks(body, receipt)


def _note_rest(request: ChatRequest, receipt: Receipt) -> None:
    if request.verbosity is not None:
        receipt.dropped("verbosity", "Anthropic has no such parameter")
    if request.metadata:
        receipt.dropped("metadata", "Anthropic keeps none")
    # Responses keeps this in its ext, whether or not probabilities were asked for.
    said = {"top_logprobs"} if request.sampling.logprobs is not None else set[str]()
    for dialect, fields in request.ext.items():
        if dialect != NAME:
            _note_foreign(dialect, rest(fields, frozenset(said)), receipt)


def _note_foreign(dialect: str, fields: JsonObject, receipt: Receipt) -> None:
    for key, value in fields.items():
        if value is not None and value is not False and value not in ("", [], {}):  # asks for it
            receipt.dropped(key, f"a parameter of {dialect} only")
