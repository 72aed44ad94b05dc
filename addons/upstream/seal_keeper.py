"""Keep reasoning state that a client's format cannot carry, for the next turn of its conversation.

A signature or an encrypted item is readable only by the provider that minted it, and that provider
wants it back on the next turn. A client of another format cannot send it. So the reasoning of each
answer is kept here, under the ids of the answer's tool calls or, without any, under its text, and
put back into the history when that history goes to the same provider again: never to another.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Protocol

from plexus.addons.upstream.seal_turn import (
    TextDigest,
    has_own_words,
    have_the_same_calls,
    is_sealed,
    is_text_name,
    name_of,
    outline_of,
    seals_of,
    woven,
)
from plexus.transforms.assemble import Collector
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Finished,
    Sealed,
    Segmented,
    Started,
)
from plexus.transforms.ir import ChatRequest, Message, Part, Text, Thinking, ToolCall
from plexus.transforms.value import quickly_made

MAX_TURNS: Final = 20_000
MAX_BYTES: Final = 64 * 1024 * 1024
KEPT_S: Final = 24 * 3600.0  # a conversation that pauses longer loses its seals, not its text


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose conversation, with which provider, in which of its formats."""

    principal: str
    provider: str
    dialect: str


type Key = tuple[Scope, str]
type Outline = tuple[Part, ...]  # thoughts whole, calls without arguments, texts empty


class Others(Protocol):
    """What keepers of other processes keep."""

    def put(self, scope: Scope, name: str, parts: Outline) -> None:
        """Tell them of a turn; never waits."""

    async def find(
        self, scope: Scope, latest: Sequence[str], earlier: Sequence[str]
    ) -> Mapping[str, Outline]:
        """Return what they keep of turns with these names; those of the last turn are `latest`."""


@dataclass(frozen=True, slots=True)
class _Kept:
    parts: Outline
    size: int
    until: float


class SealKeeper:
    """A bounded, expiring memory of turns; the least recently used go first.

    `others`: keepers of other processes, who are told and asked (docs/architecture.md).
    """

    def __init__(self, now: Callable[[], float], others: Others | None = None) -> None:
        self._now = now
        self._others = others
        self._turns: OrderedDict[Key, _Kept] = OrderedDict()
        self._held: Counter[tuple[Scope, bool]] = Counter()  # turns by their text, and by calls
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._turns)

    def keep(self, scope: Scope, parts: Sequence[Part], text_name: str | None = None) -> None:
        """Remember an answer of the scope's provider, if it holds a seal that this one can read.

        `text_name` names its text, for a caller that has not kept it.
        """
        if not is_sealed(parts, scope.dialect):
            return
        outline, name = tuple(outline_of(parts, scope.dialect)), name_of(parts, text_name)
        self._adopt((scope, name), outline)
        if self._others is not None:
            self._others.put(scope, name, outline)

    @property
    def is_shared(self) -> bool:
        """Whether other processes may keep what is missing here."""
        return self._others is not None

    async def fetch(self, scope: Scope, request: ChatRequest) -> None:
        """Ask other processes for the turns of a request that are missing here."""
        if self._others is None:
            return
        missing = [
            [name for name in dict.fromkeys(names) if self._get((scope, name)) is None]
            for names in _turns(scope, request)
        ]
        if not any(missing):
            return
        latest, earlier = missing[-1], [name for names in missing[-2::-1] for name in names]
        for name, parts in (await self._others.find(scope, latest, earlier)).items():
            self._adopt((scope, name), parts)

    def restore(self, scope: Scope, request: ChatRequest) -> ChatRequest:
        """Return the request with the reasoning of its earlier turns put back where it stood."""
        if not self._turns:
            return request
        by_text, by_calls = (self._held[scope, way] for way in (True, False))
        if not by_text and not by_calls:
            return request
        messages: list[Message] = []
        for role, neighbours in groupby(request.messages, key=lambda message: message.role):
            run = list(neighbours)
            # Naming a turn by its text means reading all of it.
            is_sought = role == "assistant" and (by_text or _holds_calls(run))
            messages += self._run(scope, run) if is_sought else run
        changed = any(new is not old for new, old in zip(messages, request.messages, strict=False))
        return replace(request, messages=tuple(messages)) if changed else request

    def _run(self, scope: Scope, run: list[Message]) -> list[Message]:
        # Google's SDK sends an answer back in as many contents as its stream had chunks.
        if len(run) > 1:
            parts = [part for message in run for part in message.parts]
            whole = self._restored(scope, replace(run[0], parts=tuple(parts)))
            if whole is not None:
                return [whole]
        return [self._restored(scope, message) or message for message in run]

    def _restored(self, scope: Scope, message: Message) -> Message | None:
        kept = self._get((scope, name_of(message.parts)))
        if kept is None or not have_the_same_calls(kept.parts, message.parts):
            return None
        if is_sealed(message.parts, scope.dialect):
            # An envelope brings a seal back, but not the fields around it.
            if has_own_words(message.parts, scope.dialect):
                return None
            if not has_own_words(kept.parts, scope.dialect):
                return None
        return replace(message, parts=tuple(woven(kept.parts, message.parts)))

    def _adopt(self, key: Key, parts: Outline) -> None:
        size = sum(len(part.text) for part in parts if isinstance(part, Thinking))
        size += sum(len(seal.data) for part in parts for seal in seals_of(part))
        self._put(key, _Kept(parts, size, self._now() + KEPT_S))

    def _put(self, key: Key, kept: _Kept) -> None:
        self._drop(key)
        self._turns[key] = kept
        self._held[key[0], is_text_name(key[1])] += 1
        self._bytes += kept.size
        while self._turns and (len(self._turns) > MAX_TURNS or self._bytes > MAX_BYTES):
            self._drop(next(iter(self._turns)))

    def _get(self, key: Key) -> _Kept | None:
        kept = self._turns.get(key)
        if kept is None:
            return None
        if kept.until < self._now():
            self._drop(key)
            return None
        self._turns.move_to_end(key)
        return kept

    def _drop(self, key: Key) -> None:
        old = self._turns.pop(key, None)
        if old is None:
            return
        self._bytes -= old.size
        way = (key[0], is_text_name(key[1]))
        self._held[way] -= 1
        if not self._held[way]:
            del self._held[way]


class Watcher:
    """Keeps the reasoning of a stream. Of its texts and arguments only a digest is held."""

    def __init__(self, keeper: SealKeeper, scope: Scope) -> None:
        self._keeper = keeper
        self._scope = scope
        self._thoughts = Collector()
        self._digest = TextDigest()

    def see(self, event: Event) -> None:
        """Take the next event; the turn is kept when the model has finished."""
        if isinstance(event, BlockDelta) and event.kind == "text":  # nearly all are
            self._digest.add(event.text)
            return
        match event:
            case BlockStarted(block=Text(text=text)):
                self._digest.add(text)
                self._thoughts.add(replace(event, block=Text(text="")))
            case BlockStarted() | Started() | Sealed() | Segmented():
                self._thoughts.add(event)
            case BlockDelta(kind="thinking"):
                self._thoughts.add(event)
            case BlockEnded(index=index, block=block):
                whole = block if isinstance(block, Thinking) else None
                self._thoughts.add(BlockEnded(index=index, block=whole))
            case Finished(choice=0):
                self._keep()
            case _:
                pass

    def _keep(self) -> None:
        parts = self._thoughts.response().parts
        self._keeper.keep(self._scope, parts, self._digest.name())


def _holds_calls(run: list[Message]) -> bool:
    return bool([part for message in run for part in message.parts if isinstance(part, ToolCall)])


def _turns(scope: Scope, request: ChatRequest) -> Iterator[Iterable[str]]:
    """Yield the names under which each turn of the model may be kept, in their order."""
    for role, neighbours in groupby(request.messages, key=lambda message: message.role):
        if role != "assistant":
            continue
        run = [message.parts for message in neighbours]
        if len(run) > 1:
            run.append(tuple(part for parts in run for part in parts))
        yield (name_of(parts) for parts in run if not has_own_words(parts, scope.dialect))
