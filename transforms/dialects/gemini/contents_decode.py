"""Read contents: the turns, with calls and responses that may bear no ids paired by order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.dialects.gemini.calls import decode_call, decode_result
from plexus.transforms.dialects.gemini.ids import call_id
from plexus.transforms.dialects.gemini.keys import NAME, as_list, camel, dict_at
from plexus.transforms.dialects.gemini.parts import decode_part
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Message, Part, Role, ToolCall
from plexus.transforms.wire import Json, JsonObject, kind_of, rest, text_at

# "function" is what responses once went under; Google still takes it.
_ROLES: Final[dict[str, Role]] = {"user": "user", "function": "user", "model": "assistant"}
_CONTENT: Final = frozenset({"role", "parts"})
_HISTORY: Final = "history"  # stands for the response id in ids made for calls of a request


def decode_contents(value: Json) -> tuple[Message, ...]:
    """Read `contents`. Raise `GatewayError(BAD_REQUEST)` naming the content that is at fault."""
    contents = as_list(value)
    if not contents:
        raise GatewayError(
            Kind.BAD_REQUEST, "contents: at least one content is needed", where="contents"
        )
    pairing = _Pairing()
    return tuple([_content(content, number, pairing) for number, content in enumerate(contents)])


@dataclass(slots=True)
class _Pairing:
    """Which calls still wait for their responses, in order."""

    waiting: list[ToolCall] = field(default_factory=list)
    answered: bool = False  # a user's turn came since the last call
    orphans: int = 0

    def call(self, part: JsonObject, content: int, ordinal: int) -> ToolCall:
        if self.answered:
            self.waiting.clear()  # what the turn after a call left open stays open
            self.answered = False
        call = decode_call(part, call_id=call_id(_HISTORY, content, ordinal))
        self.waiting.append(call)
        return call

    def id_for(self, answer: JsonObject, content: int) -> str:
        """The id of the call that a functionResponse answers (wire-formats.md §7.4)."""
        own_id, name = text_at(answer, "id"), text_at(answer, "name")
        for call in self.waiting:
            if call.id == own_id if own_id else call.name == name:
                self.waiting.remove(call)
                return call.id
        self.orphans += 1
        return own_id or call_id(f"{_HISTORY} orphan", content, self.orphans)


def _content(value: Json, number: int, pairing: _Pairing) -> Message:
    if not isinstance(value, dict):
        raise _no_object(value, f"contents[{number}]")
    content = camel(value)
    role = text_at(content, "role") or "user"
    if role not in _ROLES:
        where = f"contents[{number}].role"
        what = f"{where} is {role!r}; please use a valid role: user, model"
        raise GatewayError(Kind.BAD_REQUEST, what, where=where)
    pairing.answered = pairing.answered or role != "model"
    parts = _words_alone(content.get("parts")) or _parts(content, number, pairing)
    return Message(role=_ROLES[role], parts=parts, ext={NAME: rest(content, _CONTENT)})


def _words_alone(parts: Json) -> tuple[Part] | None:
    """Read parts that are one plain text, as those of most turns are."""
    only = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
    if isinstance(only, dict) and len(only) == 1 and "text" in only:
        return (decode_part(only),)
    return None


def _no_object(value: Json, where: str) -> GatewayError:
    what = f"{where} must be an object, not {kind_of(value)}"
    return GatewayError(Kind.BAD_REQUEST, what, where=where)


def _parts(content: JsonObject, number: int, pairing: _Pairing) -> tuple[Part, ...]:
    parts: list[Part] = []
    for ordinal, value in enumerate(as_list(content.get("parts"))):
        if not isinstance(value, dict):
            raise _no_object(value, f"contents[{number}].parts[{ordinal}]")
        part = camel(value)
        if "functionCall" in part:
            parts.append(pairing.call(part, number, ordinal))
        elif "functionResponse" in part:
            answered = pairing.id_for(dict_at(part, "functionResponse"), number)
            parts.append(decode_result(part, call_id=answered))
        else:
            parts.append(decode_part(part))
    return tuple(parts)
