"""Read of a large JSON object only what somebody asks for.

Most bodies are passed on as they came. To make objects of a long conversation, and to free them
again, takes longer than all else that is done for such a call; to find where its members begin and
end takes a quarter of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, override

from msgspec import MsgspecError, Raw
from msgspec.json import Decoder

from plexus.transforms.wire import Json, JsonObject, dump, parse, parse_object

_LARGE: Final = 4096  # bytes; what is shorter is parsed before anything is saved
_KEY: Final = re.compile(rb'[ \t\n\r]*+("[^"\\]*+")[ \t\n\r]*+:[ \t\n\r]*+')
_BEHIND: Final = re.compile(rb"[ \t\n\r]*+([,}])")
_ARRAY: Final = ord("[")
_NULL: Final = Raw(b"null")

_members_of: Final = Decoder(dict[str, Raw]).decode
_items_of: Final = Decoder(list[Raw]).decode

type Span = tuple[int, int]  # of a value in its text: the start, the end


class LazyObject(Mapping[str, Json]):
    """The JSON object that `text` holds; a member is parsed when it is first asked for.

    The whole text is known to be JSON, yet a member may be nested too deeply to be parsed: then
    whatever asks for it raises `GatewayError(BAD_REQUEST)`.
    """

    __slots__ = ("_lengths", "_read", "_unread", "_whole", "text")

    def __init__(self, text: bytes, members: dict[str, Raw]) -> None:
        self.text: Final = text
        self._unread = members
        self._read: dict[str, Json] = {}
        self._lengths: dict[str, int | None] = {}
        self._whole: JsonObject | None = None

    @override
    def __getitem__(self, key: str) -> Json:
        if self._whole is not None:
            return self._whole[key]
        if key not in self._read:
            self._read[key] = parse(bytes(self._unread[key]))
        return self._read[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._unread)

    @override
    def __len__(self) -> int:
        return len(self._unread)

    @override
    def __contains__(self, key: object) -> bool:
        return key in self._unread

    def unread(self, key: str) -> bytes:
        """Return the text of a member; `b""` if there is none."""
        return bytes(self._unread.get(key, b""))

    def whole(self) -> JsonObject:
        """Return all of it, each member parsed once. Raise `GatewayError` as said above."""
        if self._whole is None:
            self._whole = {key: self[key] for key in self._unread}
            self._read.clear()
        return self._whole

    def length(self, key: str) -> int | None:
        """Return how many items the array `self[key]` has; `None` if there is no such array."""
        if key not in self._lengths:
            known = self._read.get(key) if self._whole is None else self._whole.get(key)
            self._lengths[key] = (
                len(known) if isinstance(known, list) else _count(self._unread.get(key, _NULL))
            )
        return self._lengths[key]

    def spans(self) -> dict[str, Span] | None:
        """Return where the members' values stand in `text`, or `None` if that is not plain to see.

        It is not if a key stands there twice or is spelled with escapes.
        """
        text, at = self.text, self.text.index(b"{")
        found: dict[str, Span] = {}
        for key, value in self._unread.items():
            opened = _KEY.match(text, at + 1)
            if opened is None or opened[1] != dump(key):
                return None
            start = opened.end()
            end = start + len(value)
            # Of a key that is there twice, `value` is the last one's: is this where it stands?
            behind = _BEHIND.match(text, end) if text.startswith(value, start) else None
            if behind is None:
                return None
            found[key] = start, end
            at = behind.start(1)
        return found if text[at:].rstrip() == b"}" else None


def _count(value: Raw) -> int | None:
    if memoryview(value)[0] != _ARRAY:
        return None
    try:
        return len(_items_of(value))
    except RecursionError:  # as deep as could just be seen to be JSON, where there was more room
        return None


def read_object(data: bytes, *, where: str = "body") -> Mapping[str, Json]:
    """Return the JSON object `data`, a large one unread. Raise `GatewayError` as `parse_object`."""
    if len(data) < _LARGE:
        return parse_object(data, where=where)
    try:
        if not data.isascii():
            data.decode()  # msgspec checks strings only when it reads them
        return LazyObject(data, _members_of(data))
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return parse_object(data, where=where)  # says what is wrong, or can read it all the same


def whole(value: Mapping[str, Json]) -> JsonObject:
    """Return the object as a `dict`. Raise `GatewayError(BAD_REQUEST)` if one cannot be made."""
    if isinstance(value, LazyObject):
        return value.whole()
    return value if isinstance(value, dict) else dict(value)


def length_at(value: Mapping[str, Json], key: str) -> int | None:
    """Return how many items the array `value[key]` has; `None` if there is no such array."""
    if isinstance(value, LazyObject):
        return value.length(key)
    items = value.get(key)
    return len(items) if isinstance(items, list) else None


def may_say(value: Mapping[str, Json], key: str, *words: bytes) -> bool:
    """Whether a string in `value[key]` can hold one of these words, of ASCII letters, `_` and `.`.

    `False` is certain. That is found out from the text, without a look at what stands in it.
    """
    if not isinstance(value, LazyObject):
        return True
    said = value.unread(key).rfind  # takes half the time of `find`
    if any(said(word) >= 0 for word in words):
        return True
    return said(b"\\u00") >= 0 and any(said(escape) >= 0 for escape in escapes_of(*words))


@lru_cache(maxsize=64)
def escapes_of(*words: bytes) -> tuple[bytes, ...]:
    """Return how escapes of the words' ASCII letters begin: "a" may be spelled "\\u0061".

    Other escapes, such as those of terminals' colours ("\\u001b"), are far more frequent.
    """
    return tuple(b"\\u00%x" % high for high in {code >> 4 for word in words for code in word})
