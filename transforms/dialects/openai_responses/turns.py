"""Group the items of a request's `input` into turns.

Neighbouring items of the assistant make one message, neighbouring tool results another; each
message item of another role stays a message of its own, where it stood.
"""

from __future__ import annotations

from typing import Final, Literal

from plexus.transforms.dialects.openai_responses.content_decode import decode_content
from plexus.transforms.dialects.openai_responses.items_decode import decode_item, message_fields
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.envelope import bound
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import NO_EXT, Ext, Message, Part, Role
from plexus.transforms.wire import Json, JsonObject, kind_of, text_at

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
}
# What the client did for the model; everything else without a role is the assistant's.
_RESULTS: Final = frozenset(
    {
        "function_call_output",
        "custom_tool_call_output",
        "computer_call_output",
        "local_shell_call_output",
        "shell_call_output",
        "apply_patch_call_output",
        "mcp_approval_response",
    }
)

# A role beside one of these types is a mistake; an unknown type with a role is a message.
_NO_MESSAGES: Final = _RESULTS | {"reasoning", "function_call", "custom_tool_call"}


def decode_input(value: Json) -> tuple[Message, ...]:
    """Return the messages of `input`. Raise `GatewayError(BAD_REQUEST)` naming the item."""
    if isinstance(value, str):
        return (Message(role="user", parts=decode_content(value)),)
    if not isinstance(value, list):
        raise GatewayError(
            Kind.BAD_REQUEST,
            f"input must be a string or an array of items, not {kind_of(value)}",
            where="input",
        )
    turns = _Turns()
    for number, item in enumerate(value):
        turns.add(item, number)
    return turns.close()


class _Turns:
    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._parts: list[Part] = []
        self._role: Literal["assistant", "user"] = "user"

    def add(self, item: Json, number: int) -> None:
        if isinstance(item, str):
            item = {"role": "user", "content": item}
        if not isinstance(item, dict):
            where = f"input[{number}]"
            raise GatewayError(
                Kind.BAD_REQUEST, f"{where} must be an object, not {kind_of(item)}", where=where
            )
        role, kind = text_at(item, "role"), text_at(item, "type")
        if role in _ROLES and kind not in _NO_MESSAGES:
            self._close_turn()
            self._messages.append(_message(_ROLES[role], item, number))
            return
        turn: Literal["assistant", "user"] = "user" if kind in _RESULTS else "assistant"
        if turn != self._role:
            self._close_turn()
            self._role = turn
        self._parts += decode_item(item)

    def close(self) -> tuple[Message, ...]:
        self._close_turn()
        return tuple(self._messages)

    def _close_turn(self) -> None:
        if self._parts:
            parts = bound(self._parts, NAME) if self._role == "assistant" else tuple(self._parts)
            self._messages.append(Message(role=self._role, parts=parts))
            self._parts = []


def _message(role: Role, item: JsonObject, number: int) -> Message:
    if text_at(item, "type") not in (None, "message") and "content" not in item:
        # additional_tools: nothing to read, but to be written back in its place.
        return Message(role=role, parts=(), ext={NAME: {"raw": item}})
    content = item.get("content")
    if content is not None and not isinstance(content, str | list):
        where = f"input[{number}].content"
        raise GatewayError(
            Kind.BAD_REQUEST,
            f"{where} must be a string or an array of parts, not {kind_of(content)}",
            where=where,
        )
    fields = message_fields(item)
    ext: Ext = {NAME: {"item": fields}} if fields else NO_EXT
    return Message(role=role, parts=decode_content(content), ext=ext)
