"""What of a turn is kept for its seals, by which name, and how that is put back into the turn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from plexus.transforms.ir import Ext, Part, Seal, Text, Thinking, ToolCall

_BY_TEXT: Final = "text:"
_PIECES: Final = 32


class TextDigest:
    """Names a turn by its text; white space does not count, since clients trim it."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._pieces: list[str] = []  # not hashed yet: a stream's are too small to do it one by one

    def add(self, text: str) -> None:
        """Take the next piece."""
        self._pieces.append(text)
        if len(self._pieces) >= _PIECES:
            self._digest()

    def name(self) -> str:
        """Return the name of the text so far."""
        self._digest()
        return _BY_TEXT + self._hash.hexdigest()

    def _digest(self) -> None:
        words = "".join("".join(self._pieces).split())
        self._hash.update(words.encode("utf-8", "surrogatepass"))
        self._pieces.clear()


def seals_of(part: Part) -> Iterator[Seal]:
    """Return the part's seal, if it has one."""
    if isinstance(part, Thinking | ToolCall) and part.seal is not None:
        yield part.seal


def is_sealed(parts: Sequence[Part], dialect: str) -> bool:
    """Whether a part holds a seal that a provider of this dialect can read."""
    # A chat provider may pass on what another vendor has sealed (OpenRouter, Google): it wants that
    # back in its own words, which stand in `ext`.
    return any(
        seal.dialect == dialect or (isinstance(part, Thinking | ToolCall) and dialect in part.ext)
        for part in parts
        for seal in seals_of(part)
    )


def has_own_words(parts: Sequence[Part], dialect: str) -> bool:
    """Whether a part holds the dialect's own fields for reasoning."""
    return any(isinstance(part, Thinking | ToolCall) and dialect in part.ext for part in parts)


def _with_ext(part: Part, ext: Ext) -> Part:
    return replace(part, ext={**part.ext, **ext}) if isinstance(part, Text) else part


def outline_of(parts: Sequence[Part], dialect: str) -> Iterator[Part]:
    """Return what is to be kept: thoughts whole, calls without arguments, texts empty."""
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


def name_of(parts: Sequence[Part], text_name: str | None = None) -> str:
    """Return the name of a turn: by its calls or, without any, by its text.

    `text_name` names its text, for a caller that has not kept it.
    """
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


def is_text_name(name: str) -> bool:
    """Whether a turn of this name is known by its text alone: it calls no tools."""
    return name.startswith(_BY_TEXT)


def _call_ids(parts: Sequence[Part]) -> frozenset[str]:
    return frozenset(part.id for part in parts if isinstance(part, ToolCall))


def have_the_same_calls(kept: Sequence[Part], sent: Sequence[Part]) -> bool:
    """Whether both turns call tools under the same ids, each once."""
    # Some servers give several calls one id; then nobody can tell which seal belongs to which.
    found = [[part.id for part in parts if isinstance(part, ToolCall)] for parts in (kept, sent)]
    return sorted(found[0]) == sorted(found[1]) and len(set(found[0])) == len(found[0])


def woven(kept: Sequence[Part], sent: Sequence[Part]) -> Iterator[Part]:
    """Return the turn that was sent, with the thoughts and seals of the kept one."""
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
