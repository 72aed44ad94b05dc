"""Damage bytes in the ways that networks, proxies and other vendors damage them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from plexus.transforms import wire
from plexus.transforms.wire import Json
from tests.strategies import pieces

type Mutation = Callable[[bytes, random.Random, Sequence[bytes]], bytes]

DEPTH = 2000  # levels of nesting
VALUES: Sequence[Json] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308, "", "x", "\u0000", "\ud800", [], {},
    [None], {"": None}, [[]], {"type": "x"}, {"text": 1},
)  # fmt: skip
_JUNK = (
    b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\x00", b"\r", b"\n\n", b"\r\n\r\n", b"data: ",
    b"data:", b"event: x\n", b": ping\n\n", b"[DONE]", b"data: [DONE]\n\n", b"}", b"]", b'"',
    b"\\", b"NaN", b"1e999", b"9" * 400, b"\xef\xbb\xbf",
)  # fmt: skip


def flip(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Flip a few bits."""
    out = bytearray(data)
    for _ in range(rand.randint(1, 4)):
        if out:
            out[rand.randrange(len(out))] ^= 1 << rand.randrange(8)
    return bytes(out)


def truncate(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Cut the end off, or the beginning."""
    at = rand.randrange(len(data) + 1)
    return data[:at] if rand.random() < 0.7 else data[at:]


def insert(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Put in junk: bad UTF-8, framing, half JSON, numbers nobody can count to."""
    at = rand.randrange(len(data) + 1)
    return data[:at] + rand.choice(_JUNK) + data[at:]


def splice(data: bytes, rand: random.Random, others: Sequence[bytes]) -> bytes:
    """Put frames of another recording, of any format, between ours."""
    theirs = rand.choice(others).split(b"\n\n")
    ours = data.split(b"\n\n")
    start = rand.randrange(len(theirs))
    at = rand.randrange(len(ours) + 1)
    return b"\n\n".join([*ours[:at], *theirs[start : start + rand.randint(1, 4)], *ours[at:]])


def shuffle(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Repeat, leave out or swap frames."""
    frames = data.split(b"\n\n")
    at, to = rand.randrange(len(frames)), rand.randrange(len(frames))
    match rand.randrange(3):
        case 0:
            frames.insert(to, frames[at])
        case 1:
            del frames[at]
        case _:
            frames[at], frames[to] = frames[to], frames[at]
    return b"\n\n".join(frames)


def revalue(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Replace a value somewhere inside the JSON of a frame, or of the whole."""
    frames = data.split(b"\n\n")
    at = rand.randrange(len(frames))
    head, brace, body = frames[at].partition(b"{")
    value = wire.try_parse(brace + body)
    if not isinstance(value, dict):
        return insert(data, rand, _others)
    frames[at] = head + wire.dump(_changed(value, rand))
    return b"\n\n".join(frames)


def nest(data: bytes, rand: random.Random, _others: Sequence[bytes]) -> bytes:
    """Wrap a value into very many lists or objects."""
    deep = rand.randrange(1, DEPTH)
    at = data.find(b":", rand.randrange(len(data) + 1)) + 1
    opening, closing = rand.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return data[:at] + opening * deep + b"1" + closing * deep + data[at:]


def _changed(value: Json, rand: random.Random) -> Json:
    if isinstance(value, dict) and value and rand.random() < 0.85:
        key = rand.choice([*value])
        if rand.random() < 0.1:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: _changed(value[key], rand)}
    if isinstance(value, list) and value and rand.random() < 0.85:
        at = rand.randrange(len(value))
        return [*value[:at], _changed(value[at], rand), *value[at + 1 :]]
    return rand.choice(VALUES)


MUTATIONS: Sequence[Mutation] = (
    flip, truncate, insert, splice, shuffle, revalue, revalue, revalue, revalue, nest,
)  # fmt: skip


def mutate(data: bytes, rand: random.Random, others: Sequence[bytes]) -> bytes:
    """Return `data` with one to three kinds of damage; `others` are what frames are taken from."""
    for _ in range(rand.choice((1, 1, 2, 3))):
        data = rand.choice(MUTATIONS)(data, rand, others)
    return data


def split(data: bytes, rand: random.Random) -> list[bytes]:
    """Cut `data` at random."""
    cuts = sorted(rand.randrange(len(data) + 1) for _ in range(rand.choice((0, 1, 3, 12))))
    return pieces(data, cuts)


def minimised(data: bytes, fails: Callable[[bytes], bool], tries: int = 4000) -> bytes:
    """Return a small part of `data` that still fails, by leaving out ever smaller stretches."""
    size = max(1, len(data) // 2)
    while size and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data
