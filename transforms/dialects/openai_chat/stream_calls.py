"""Follow the tool calls of one streamed choice, whose fragments name them in many ways.

OpenAI numbers calls by `index` and gives id and name once. Others repeat them, leave the index at 0
for every call (then a new id means a new call), leave id or index out, or send a call whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, Event, Sealed
from plexus.transforms.ir import Ext, Seal, Thinking, ToolCall
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at, text_at, try_parse

from .calls import arguments_text, minted_id
from .fields import NAME
from .seals import google_seal

_LEGACY: Ext = {NAME: {"rest": {}, "legacy": True}}


@dataclass(slots=True)
class _Call:
    number: int
    id: str | None
    name: str | None = None
    custom: bool = False
    legacy: bool = False
    seal: Seal | None = None
    begun: bool = False
    arguments: list[str] = field(default_factory=list)  # all, while there is no id; else unsent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fragment:
    id: str | None = None
    index: Json = None
    name: str | None
    arguments: str
    custom: bool = False
    seal: Seal | None = None
    legacy: bool = False


class Calls:
    """The calls of one choice. Each is a block that stays open beside the others until `end`."""

    __slots__ = (
        "_at",
        "_by_id",
        "_calls",
        "_choice",
        "_ended",
        "_last",
        "_seals",
        "_source",
        "_tracker",
    )

    def __init__(self, choice: int, tracker: BlockTracker, source: str) -> None:
        self._choice = choice
        self._tracker = tracker
        self._source = source  # what ids are minted from
        self._calls: list[_Call] = []
        self._ended = 0  # how many of them have ended
        self._by_id: dict[str, _Call] = {}
        self._at: dict[int, _Call] = {}
        self._last: _Call | None = None
        self._seals: dict[str, Seal] = {}  # arrived before their call

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def last_has_id(self) -> bool:
        """Whether the call that the last fragment belongs to has an id of its own."""
        return self._last is not None and self._last.id is not None

    def check(self, choice: JsonObject) -> None:
        """Raise `GatewayError` if a choice holds arguments of a call that has ended.

        To be called before anything of the choice is read: no event may be lost by it.
        """
        if not self._ended:
            return
        for raw in objects_at(object_at(choice, "delta") or {}, "tool_calls"):
            fragment = _fragment(raw)
            call = self._find(fragment)
            if call is not None and fragment.arguments and call.number < self._ended:
                raise GatewayError(
                    Kind.UPSTREAM_INVALID, f"arguments of the call {call.name} came after its end"
                )

    def add(self, raw: JsonObject) -> list[Event]:
        """Take an item of `delta.tool_calls`."""
        return self._take(_fragment(raw))

    def add_function_call(self, raw: JsonObject) -> list[Event]:
        """Take `delta.function_call`."""
        name, arguments = text_at(raw, "name") or None, arguments_text(raw.get("arguments"))
        if name is None and not arguments:
            return []
        return self._take(_Fragment(name=name, arguments=arguments, legacy=True))

    def seal(self, call_id: str, seal: Seal) -> list[Event]:
        """Take the seal of a call, which may be yet to come."""
        call = self._by_id.get(call_id)
        if call is None:
            self._seals[call_id] = seal
            return []
        return self._sealed(call, seal)

    def seal_first(self, seal: Seal) -> list[Event] | None:
        """Take a seal that came with the message: the first call's, unless it has its own."""
        if not self._calls:
            return None
        first = self._calls[0]
        return [] if first.seal is not None else self._sealed(first, seal)

    def end(self) -> list[Event]:
        """End the blocks of all calls."""
        events: list[Event] = []
        for call in self._calls:
            if not call.begun and call.name is None and (call.arguments or call.id):
                call.name = ""  # the stream never named it
                events += self._begin(call)
            events += self._tracker.end(self._key(call))
        self._ended = len(self._calls)
        return events

    def unclaimed(self) -> list[Thinking]:
        """Return the seals whose call never came."""
        return [Thinking(seal=seal) for seal in self._seals.values()]

    def _take(self, fragment: _Fragment) -> list[Event]:
        call = self._find(fragment) or self._new(fragment)
        self._last = call
        if isinstance(fragment.index, int):
            self._at[fragment.index] = call
        call.name = call.name or fragment.name
        events = [] if fragment.seal is None else self._sealed(call, fragment.seal)
        if call.begun:
            return events + self._go_on(call, fragment.arguments)
        if fragment.arguments:
            call.arguments.append(fragment.arguments)
        return self._begin(call) if call.name is not None else []

    def _find(self, fragment: _Fragment) -> _Call | None:
        if fragment.id is not None and fragment.id in self._by_id:
            return self._by_id[fragment.id]
        at = self._at.get(fragment.index) if isinstance(fragment.index, int) else self._last
        if at is None or fragment.legacy != at.legacy:
            return None
        if fragment.id is None:
            return None if self._is_another(at, fragment) else at
        if fragment.name is None or (at.id is None and at.name is None):
            at.id = at.id or fragment.id  # the id came late
            self._by_id[fragment.id] = at
            return at
        return None

    def _is_another(self, call: _Call, fragment: _Fragment) -> bool:
        """Whether a fragment without id that names a function opens the next call."""
        if fragment.name is None or call.name is None or call.id is not None:
            return False
        if fragment.name != call.name:
            return True
        return bool(fragment.arguments) and try_parse("".join(call.arguments)) is not None

    def _new(self, fragment: _Fragment) -> _Call:
        call = _Call(len(self._calls), fragment.id, custom=fragment.custom, legacy=fragment.legacy)
        self._calls.append(call)
        if fragment.id is not None:
            self._by_id[fragment.id] = call
            call.seal = self._seals.pop(fragment.id, None)
        return call

    def _key(self, call: _Call) -> tuple[int, str, int]:
        return (self._choice, "call", call.number)

    def _begin(self, call: _Call) -> list[Event]:
        call.begun = True
        block = ToolCall(
            id=call.id or minted_id(self._source, call.number),
            name=call.name or "",
            kind="custom" if call.custom else "function",
            ext=_LEGACY if call.legacy else {},
        )
        events = self._tracker.start(self._key(call), block, choice=self._choice, beside=True)
        if call.seal is not None:
            events += self._sealed(call, call.seal)
        held = "".join(call.arguments)
        if call.id is not None:
            call.arguments.clear()
        index = self._tracker.index(self._key(call))
        if held and index is not None:
            events.append(BlockDelta(index, "arguments", held))
        return events

    def _go_on(self, call: _Call, arguments: str) -> list[Event]:
        index = self._tracker.index(self._key(call))
        if not arguments or index is None:
            return []
        if call.id is None:
            call.arguments.append(arguments)
        return [BlockDelta(index, "arguments", arguments)]

    def _sealed(self, call: _Call, seal: Seal) -> list[Event]:
        call.seal = seal
        index = self._tracker.index(self._key(call))
        return [] if index is None else [Sealed(index, seal)]


def _fragment(raw: JsonObject) -> _Fragment:
    custom = "custom" in raw
    inner = object_at(raw, "custom" if custom else "function") or {}
    return _Fragment(
        id=text_at(raw, "id") or None,
        index=raw.get("index"),
        name=text_at(inner, "name") or None,
        arguments=arguments_text(inner.get("input" if custom else "arguments")),
        custom=custom,
        seal=google_seal(raw),
        legacy=False,
    )
