"""Write the `messages` of a chat request for a provider."""

from __future__ import annotations

from typing import assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import ChatRequest, Opaque, Text, ToolResult
from plexus.transforms.wire import Json, JsonObject

from .assistant_encode import encode_turn
from .calls import wire_id
from .content_encode import encode_content, numbered, parts_of, plain_text, words_alone
from .fields import NAME, is_own, marker, overlay, own, rest
from .system import leading_prompt
from .turns import Turn, arrange


def encode_messages(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[Json]:
    """Write system prompts and turns in an order and shape that the provider takes."""
    media = is_own(request.ext) and not traits.official
    prompt, messages = leading_prompt(request, traits, receipt)
    foreign = not is_own(request.ext)
    body: list[Json] = [message for message in prompt if message.get("content") or not foreign]
    for turn in arrange(messages, receipt, media=media):
        body += _turn(turn, traits, receipt)
    return body


def _turn(turn: Turn, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    match turn.message.role:
        case "assistant":
            return encode_turn(turn, traits, receipt)
        case "user":
            return _user(turn, traits, receipt)
        case "system":
            return _worded("system", turn, traits, receipt)
        case "developer":
            role = "developer" if traits.developer_role else "system"
            return _worded(role, turn, traits, receipt)
        case _:
            assert_never(turn.message.role)


def _user(turn: Turn, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    parts = turn.message.parts
    only = parts[0] if len(parts) == 1 else None
    if isinstance(only, ToolResult):
        return [_result(only, turn, traits, receipt)]
    if not parts and not own(turn.message.ext):
        return []
    return _worded("user", turn, traits, receipt)


def _worded(role: str, turn: Turn, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    if words := words_alone(turn.message):
        return [{"role": role, "content": words}]
    # What leaves a foreign message without a word was noted part by part.
    message: JsonObject = {"role": role, **_fields(turn, traits, receipt)}
    says = message.get("content") not in (None, "", []) or is_own(turn.message.ext)
    return [message] if says else []


def _fields(turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    """Return content, name and whatever else a message of the prompt or the user has."""
    message = turn.message
    left = without_mark(own(message.ext), turn, traits, receipt)
    known: JsonObject = {}
    if message.parts or "content" not in left:
        known["content"] = plain_text(message.parts)
        if known["content"] is None:
            parts = numbered(turn.path, parts_of(message))
            known["content"] = encode_content(parts, traits, receipt)
    if message.name is not None:
        known["name"] = message.name
    return overlay(known, left)


def without_mark(left: JsonObject, turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    """Return the fields left over from a chat message that this provider may see."""
    if "cache_control" not in left or traits.cache_marks:
        return left
    receipt.dropped(f"{turn.path}.cache")
    return {key: value for key, value in left.items() if key != "cache_control"}


def _result(result: ToolResult, turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    if NAME in result.ext:
        return _own_result(result, turn, traits, receipt)
    return {
        "role": "tool",
        "tool_call_id": wire_id(result.call_id, traits),
        "content": _told(result, turn, receipt),
    }


def _own_result(result: ToolResult, turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    left = without_mark(rest(result.ext), turn, traits, receipt)
    if marker(result.ext, "legacy") is True:
        known: JsonObject = {"role": "function", "name": result.name}
    else:
        known = {"role": "tool", "tool_call_id": wire_id(result.call_id, traits)}
        if result.name is not None:
            known["name"] = result.name
    if result.parts or "content" not in left:
        known["content"] = encode_content(numbered(turn.path, result.parts), traits, receipt)
    return overlay(known, left)


def _told(result: ToolResult, turn: Turn, receipt: Receipt) -> str:
    # Not every server takes an array here, so that foreign results become one string.
    texts = [part.text for part in result.parts if isinstance(part, Text)]
    if len(texts) != len(result.parts):
        _note_opaque(result, turn, receipt)
    text = "\n".join(texts)
    if not result.is_error:
        return text
    receipt.coerced(f"{turn.path}.is_error", "as the words before the result")
    return text if text.lower().startswith("error") else f"Error: {text}"


def _note_opaque(result: ToolResult, turn: Turn, receipt: Receipt) -> None:
    for at, part in enumerate(result.parts):
        if isinstance(part, Opaque):
            receipt.dropped(f"{turn.path}.parts[{at}]", f"only {part.dialect} understands it")
