"""Change top-level members of a JSON object in place, leaving every other byte as it was.

Strategy: nearly every body names a key such as `model` once. If its text stands before a colon in
just one place, cannot be spelled with escapes anywhere, and that place is at depth one, it is the
member; the depth is counted on the shorter side, start or end. Whatever is less plain (the key in
nested objects too, escapes, duplicates) is left to a scanner of the whole top level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject, dump, try_parse

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_SCALAR: Final = re.compile(rb"[^,\]}\s]+")
# Up to and with the next bracket that is not in a string.
_TO_BRACKET: Final = re.compile(
    rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])', re.DOTALL
)
_QUOTE, _BACKSLASH = b'"\\'
_OPENING: Final = b"{["


class _Member(NamedTuple):
    key: bytes  # with its quotes, as it is spelled
    start: int  # of the value
    end: int


def replace_model(raw: bytes, parsed: JsonObject, model: str) -> bytes:
    """Return the JSON object `raw`, which reads as `parsed`, with another `model`."""
    return patch_top_level(raw, parsed, {"model": model})


def patch_top_level(raw: bytes, parsed: JsonObject, changes: Mapping[str, Json]) -> bytes:
    """Return `raw`, which reads as `parsed`, with the members in `changes` replaced or appended.

    Only the spans of their values change; every occurrence of a duplicate key is replaced. Raise
    `GatewayError(INTERNAL)` if `parsed` is not what `raw` says.
    """
    edits: list[tuple[int, int, bytes]] = []
    absent: list[bytes] = []
    for key, value in changes.items():
        text = dump(value)
        if key in parsed:
            edits += [(start, end, text) for _, start, end in _members_named(raw, key)]
        else:
            absent.append(dump(key) + b":" + text)
    if absent:
        end = raw.rindex(b"}")
        comma = b"," if parsed else b""
        edits.append((end, end, comma + b",".join(absent)))
    return _edited(raw, sorted(edits))


def _edited(raw: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for start, end, text in edits:
        pieces += (raw[position:start], text)
        position = end
    return b"".join([*pieces, raw[position:]])


def _members_named(raw: bytes, key: str) -> list[_Member]:
    plain = _plain_member(raw, key)
    if plain is not None:
        return [plain]
    quoted = dump(key)
    found = [member for member in _members(raw) if _is_spelling(member.key, quoted, key)]
    if not found:
        raise GatewayError(Kind.INTERNAL, f"the body does not hold {key}, which was read from it")
    return found


def _is_spelling(spelled: bytes, quoted: bytes, key: str) -> bool:
    return spelled == quoted or (spelled.find(b"\\") >= 0 and try_parse(spelled) == key)


def _plain_member(raw: bytes, key: str) -> _Member | None:
    """Find the only member that can be meant, or `None` where that is not plain to see."""
    quoted = b'"%b"' % key.encode()
    if not key.isidentifier() or not key.isascii() or _may_be_escaped(raw, key):
        return None
    colons = _colons_after(raw, quoted)
    if len(colons) != 1:
        return None
    at, colon = colons[0]
    if raw[at - 1] == _BACKSLASH or _depth_at(raw, at, colon) != 1:  # `\"model"` ends a longer key
        return None
    start = _skip_space(raw, colon + 1)
    return _Member(quoted, start, _value_end(raw, start))


def _may_be_escaped(raw: bytes, key: str) -> bool:
    # "m" may be spelled "\u006d".
    return any(raw.rfind(b"\\u00%x" % high) >= 0 for high in {ord(char) >> 4 for char in key})


def _colons_after(raw: bytes, quoted: bytes) -> list[tuple[int, int]]:
    """Return where `quoted` stands before a colon, and where that is; at most two places."""
    found: list[tuple[int, int]] = []
    end = raw.rfind(quoted) + len(quoted)  # nearly always the first is the last one too
    at = raw.find(quoted, 0, end)
    while at >= 0 and len(found) < 2:
        colon = _skip_space(raw, at + len(quoted))
        if raw[colon : colon + 1] == b":":
            found.append((at, colon))
        at = raw.find(quoted, at + 1, end)
    return found


def _depth_at(raw: bytes, at: int, after: int) -> int:
    """Count the open brackets at a place outside of strings: those before it or behind it."""
    if at <= len(raw) - after:
        return _balance(raw[:at])
    return -_balance(raw[after:])


def _balance(part: bytes) -> int:
    bare = _STRING.sub(b"", part)
    return sum(map(bare.count, (b"{", b"["))) - sum(map(bare.count, (b"}", b"]")))


def _members(raw: bytes) -> Iterator[_Member]:
    position = raw.index(b"{") + 1
    while True:
        position = _skip_space(raw, position)
        key = _STRING.match(raw, position)
        if key is None:
            return
        start = _skip_space(raw, _skip_space(raw, key.end()) + 1)
        end = _value_end(raw, start)
        yield _Member(key.group(), start, end)
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
