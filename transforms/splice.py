"""Change top-level members of a JSON object in place, leaving every other byte as it was.

Strategy: of a large body it is known how long each member is, so that they are found one after the
other. Of a small one, nearly each names a key such as `model` once: if its text stands before a
colon in just one place, and nothing can be that key spelled with escapes, then that place is the
member. Whatever is less plain (the key in nested objects too, escapes, duplicates) is left to a
scanner of the whole top level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.lazy_object import LazyObject, Span, escapes_of
from plexus.transforms.wire import Json, dump, try_parse

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_COLON: Final = re.compile(rb"[ \t\n\r]*:[ \t\n\r]*")
_SCALAR: Final = re.compile(rb"[^,\]}\s]+")
# Up to and with the next bracket that is not in a string.
_TO_BRACKET: Final = re.compile(
    rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])', re.DOTALL
)
_QUOTE: Final = ord('"')
_OPENING: Final = b"{["


class _Spelling(NamedTuple):
    quoted: bytes
    escapes: tuple[bytes, ...]  # one of them is in every other spelling


def patch_top_level(raw: bytes, parsed: Mapping[str, Json], changes: Mapping[str, Json]) -> bytes:
    """Return `raw`, which reads as `parsed`, with the members in `changes` replaced or appended.

    Only the spans of their values change; every occurrence of a duplicate key is replaced. Raise
    `GatewayError(INTERNAL)` if `raw` does not hold a member that `parsed` has.
    """
    edits: list[tuple[int, int, bytes]] = []
    absent: list[bytes] = []
    spans = parsed.spans() if isinstance(parsed, LazyObject) and parsed.text is raw else None
    for key, value in changes.items():
        text = dump(value)
        if key in parsed:
            found = _values_of(raw, key) if spans is None else [spans[key]]
            edits += [(start, end, text) for start, end in found]
        else:
            absent.append(dump(key) + b":" + text)
    if absent:
        end = raw.rindex(b"}")
        comma = b"," if parsed else b""
        edits.append((end, end, comma + b",".join(absent)))
    return _edited(raw, sorted(edits))


def _edited(raw: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    view = memoryview(raw)  # slices of bytes would be copies
    pieces: list[bytes | memoryview] = []
    position = 0
    for start, end, text in edits:
        pieces += (view[position:start], text)
        position = end
    pieces.append(view[position:])
    return b"".join(pieces)


def _values_of(raw: bytes, key: str) -> list[Span]:
    plain = _plain_value(raw, key)
    if plain is not None:
        return [plain]
    quoted = dump(key)
    found = [span for spelled, span in _members(raw) if _is_spelling(spelled, quoted, key)]
    if not found:
        raise GatewayError(Kind.INTERNAL, f"the body does not hold {key}, which was read from it")
    return found


def _is_spelling(spelled: bytes, quoted: bytes, key: str) -> bool:
    return spelled == quoted or (spelled.find(b"\\") >= 0 and try_parse(spelled) == key)


def _plain_value(raw: bytes, key: str) -> Span | None:
    """Find the only value that can be meant, or `None` where that is not plain to see."""
    spelling = _spelling(key)
    if spelling is None:
        return None
    for escape in spelling.escapes:
        if raw.rfind(escape) >= 0:  # twice as fast as `find`
            return None
    start = _after_only_colon(raw, spelling.quoted)
    return None if start is None else (start, _value_end(raw, start))


@lru_cache(maxsize=64)
def _spelling(key: str) -> _Spelling | None:
    if not key.isidentifier() or not key.isascii():
        return None
    return _Spelling(b'"%b"' % key.encode(), escapes_of(key.encode()))


def _after_only_colon(raw: bytes, quoted: bytes) -> int | None:
    """Return where the value begins behind `quoted`, if a colon follows it in just one place."""
    start: int | None = None
    at = raw.rfind(quoted)
    while at >= 0:
        colon = _COLON.match(raw, at + len(quoted))
        if colon is not None:
            if start is not None:
                return None
            start = colon.end()
        at = raw.rfind(quoted, 0, at)
    return start


def _members(raw: bytes) -> Iterator[tuple[bytes, Span]]:
    position = raw.index(b"{") + 1
    while True:
        position = _skip_space(raw, position)
        key = _STRING.match(raw, position)
        if key is None:
            return
        start = _skip_space(raw, _skip_space(raw, key.end()) + 1)
        end = _value_end(raw, start)
        yield key.group(), (start, end)
        position = _skip_space(raw, end)
        if raw[position : position + 1] != b",":
            return
        position += 1


def _skip_space(raw: bytes, position: int) -> int:
    found = _SPACE.match(raw, position)
    return position if found is None else found.end()


def _value_end(raw: bytes, start: int) -> int:
    first = raw[start]
    if first in _OPENING:
        return _nested_end(raw, start)
    found = (_STRING if first == _QUOTE else _SCALAR).match(raw, start)
    return start if found is None else found.end()


def _nested_end(raw: bytes, start: int) -> int:
    depth, position = 0, start
    while bracket := _TO_BRACKET.match(raw, position):
        position = bracket.end()
        depth += 1 if raw[position - 1] in _OPENING else -1
        if depth == 0:
            break
    return position
