"""Keep reasoning state that a client's format cannot carry, for the next turn of its conversation.

A signature or an encrypted item is readable only by the provider that minted it, and that provider
wants it back on the next turn. A client of another format cannot send it. So the reasoning of each
answer is kept here, under the ids of the answer's tool calls or, without any, under its text, and
put back into the history when that history goes to the same provider again: never to another.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

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
from plexus.transforms.ir import ChatRequest, Ext, Message, Part, Seal, Text, Thinking, ToolCall

MAX_TURNS: Final = 20_000
MAX_BYTES: Final = 64 * 1024 * 1024
KEPT_S: Final = 24 * 3600.0  # a conversation that pauses longer loses its seals, not its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose conversation, with which provider, in which of its formats."""

    principal: str
    provider: str
    dialect: str


type Key = tuple[Scope, str]


@dataclass(frozen=True, slots=True)
class _Kept:
    parts: tuple[Part, ...]  # thoughts whole, calls without arguments, texts empty
    size: int
    until: float


class SealKeeper:
    """A bounded, expiring memory of turns; the least recently used go first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._turns: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._turns)

    def keep(self, scope: Scope, parts: Sequence[Part], text_name: str | None = None) -> None:
        """Remember an answer of the scope's provider, if it holds a seal that this one can read.

        `text_name` names its text, for a caller that has not kept it.
        """
        if not _is_sealed(parts, scope.dialect):
            return
        outline = tuple(_outline(parts, scope.dialect))
        size = sum(len(part.text) for part in outline if isinstance(part, Thinking))
        size += sum(len(seal.data) for part in outline for seal in _seals(part))
        kept = _Kept(outline, size, self._now() + KEPT_S)
        self._put((scope, _name(parts, text_name)), kept)

    def restore(self, scope: Scope, request: ChatRequest) -> ChatRequest:
        """Return the request with the reasoning of its earlier turns put back where it stood."""
        if not self._turns:
            return request
        messages: list[Message] = []
        for role, neighbours in groupby(request.messages, key=lambda message: message.role):
            run = list(neighbours)
            messages += self._run(scope, run) if role == "assistant" else run
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
        kept = self._get((scope, _name(message.parts)))
        if kept is None or not _have_the_same_calls(kept.parts, message.parts):
            return None
        if _is_sealed(message.parts, scope.dialect):
            # An envelope brings a seal back, but not the fields around it.
            if _has_own_words(message.parts, scope.dialect):
                return None
            if not _has_own_words(kept.parts, scope.dialect):
                return None
        return replace(message, parts=tuple(_woven(kept.parts, message.parts)))

    def _put(self, key: Key, kept: _Kept) -> None:
        self._drop(key)
        self._turns[key] = kept
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
        if old is not None:
            self._bytes -= old.size


class Watcher:
    """Keeps the reasoning of a stream. Of its texts and arguments only a digest is held."""

    def __init__(self, keeper: SealKeeper, scope: Scope) -> None:
        self._keeper = keeper
        self._scope = scope
        self._thoughts = Collector()
        self._digest = TextDigest()

    def see(self, event: Event) -> None:
        """Take the next event; the turn is kept when the model has finished."""
        match event:
            case BlockStarted(block=Text(text=text)) | BlockDelta(kind="text", text=text):
                self._digest.add(text)
                if isinstance(event, BlockStarted):
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


class TextDigest:
    """Names a turn by its text; white space does not count, since clients trim it."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def add(self, text: str) -> None:
        """Take the next piece."""
        self._hash.update("".join(text.split()).encode("utf-8", "surrogatepass"))

    def name(self) -> str:
        """Return the name of the text so far."""
        return f"text:{self._hash.hexdigest()}"


def _seals(part: Part) -> Iterator[Seal]:
    if isinstance(part, Thinking | ToolCall) and part.seal is not None:
        yield part.seal


def _is_sealed(parts: Sequence[Part], dialect: str) -> bool:
    # A chat provider may pass on what another vendor has sealed (OpenRouter, Google): it wants that
    # back in its own words, which stand in `ext`.
    return any(
        seal.dialect == dialect or (isinstance(part, Thinking | ToolCall) and dialect in part.ext)
        for part in parts
        for seal in _seals(part)
    )


def _has_own_words(parts: Sequence[Part], dialect: str) -> bool:
    return any(isinstance(part, Thinking | ToolCall) and dialect in part.ext for part in parts)


def _with_ext(part: Part, ext: Ext) -> Part:
    return replace(part, ext={**part.ext, **ext}) if isinstance(part, Text) else part


def _outline(parts: Sequence[Part], dialect: str) -> Iterator[Part]:
    for part in parts:
        match part:
            case Thinking():
                yield part
            case Text():
                yield Text(text="", ext=_own(part.ext, dialect))
            case ToolCall():
                yield ToolCall(
                    id=part.id, name=part.name, seal=part.seal, ext=_own(part.ext, dialect)
                )
            case _:
                pass  # the client sends these itself, or nobody does


def _own(ext: Ext, dialect: str) -> Ext:
    return {dialect: ext[dialect]} if dialect in ext else {}


def _name(parts: Sequence[Part], text_name: str | None = None) -> str:
    calls = _call_ids(parts)
    if calls:
        return f"call:{min(calls)}"
    if text_name is not None:
        return text_name
    digest = TextDigest()
    for part in parts:
        if isinstance(part, Text):
            digest.add(part.text)
    return digest.name()


def _call_ids(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset(part.id for part in parts if isinstance(part, ToolCall))


def _have_the_same_calls(kept: Sequence[Part], sent: Sequence[Part]) -> bool:
    # Some servers give several calls one id; then nobody can tell which seal belongs to which.
    found = [[part.id for part in parts if isinstance(part, ToolCall)] for parts in (kept, sent)]
    return sorted(found[0]) == sorted(found[1]) and len(set(found[0])) == len(found[0])


def _woven(kept: Sequence[Part], sent: Sequence[Part]) -> Iterator[Part]:
    # The kept outline says where thoughts stood among texts and calls; the client's own texts and
    # calls are what goes out, with the seals of the kept ones.
    calls = {part.id: part for part in sent if isinstance(part, ToolCall)}
    others: list[Part] = [part for part in sent if not isinstance(part, ToolCall | Thinking)]
    if sum(isinstance(part, Text) for part in kept) == 1:
        others = _joined(others)
    for part in kept:
        match part:
            case Thinking():
                yield part
            case ToolCall():
                call = calls.pop(part.id)
                yield replace(call, seal=part.seal, ext={**call.ext, **part.ext})
            case Text() if others:
                other = others.pop(0)
                yield _with_ext(other, part.ext)
            case _:
                pass
    yield from others
    yield from calls.values()


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Put the pieces of one text together again."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Text) and isinstance(last, Text):
            joined[-1] = replace(last, text=last.text + part.text)
        else:
            joined.append(part)
    return joined
