"""Carry one vendor's sealed reasoning through another vendor's opaque slot (wire-formats.md §7.5).

A client keeps such a slot untouched and sends it back, so whatever provider minted the seal can
have it again. The text is `gw1.<dialect>.<kind>.<base64url of data>`, and, for a seal that belongs
to one certain item or call, a fifth field with the base64url of that id.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Final, Literal

from plexus.transforms.ir import Part, Seal, Thinking, ToolCall
from plexus.transforms.wire import Json

_PREFIX: Final = "gw1"
IN_ENVELOPE: Final = b"gw1."  # stands in the text of each
_DIALECT: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_KINDS: Final[dict[str, Literal["signature", "redacted", "encrypted", "thought"]]] = {
    "signature": "signature",
    "redacted": "redacted",
    "encrypted": "encrypted",
    "thought": "thought",
}


def seal_to_envelope(seal: Seal) -> str:
    """Return the envelope of a seal; `envelope_to_seal` gives the seal back."""
    fields = [_PREFIX, seal.dialect, seal.kind, _pack(seal.data)]
    if seal.id is not None:
        fields.append(_pack(seal.id))
    return ".".join(fields)


def envelope_to_seal(text: str) -> Seal | None:
    """Return the seal in an envelope, or `None` if `text` is no envelope of ours."""
    if not text.startswith(_PREFIX + "."):
        return None
    fields = text.split(".")
    if len(fields) not in (4, 5) or not _DIALECT.fullmatch(fields[1]):
        return None
    kind = _KINDS.get(fields[2])
    data = _unpack(fields[3])
    owner = _unpack(fields[4]) if len(fields) == 5 else None
    if kind is None or data is None or (len(fields) == 5 and owner is None):
        return None
    return Seal(dialect=fields[1], kind=kind, data=data, id=owner)


def is_envelope(text: Json) -> bool:
    """Whether this is an envelope of ours, opened or not: no provider understands it."""
    return isinstance(text, str) and text.startswith(_PREFIX + ".")


def bound(parts: Sequence[Part], dialect: str) -> tuple[Part, ...]:
    """Return an answer that came back from a client of `dialect`, its calls sealed again.

    Their seals travelled in reasoning without words, for a call has no room for one there.
    """
    if len(parts) < 2:  # a seal and the call that it belongs to
        return tuple(parts)
    calls = {part.id for part in parts if isinstance(part, ToolCall)}
    seals = {
        seal.id: replace(seal, id=None)
        for part in parts
        if (seal := _travelling(part, calls, dialect)) is not None
    }
    if not seals:
        return tuple(parts)
    return tuple(
        replace(part, seal=seals[part.id])
        if isinstance(part, ToolCall) and part.id in seals
        else part
        for part in parts
        if _travelling(part, calls, dialect) is None
    )


def _travelling(part: Part, calls: Set[str], dialect: str) -> Seal | None:
    if not isinstance(part, Thinking) or part.text or part.seal is None:
        return None
    return part.seal if part.seal.dialect != dialect and part.seal.id in calls else None


def _pack(text: str) -> str:
    # A lone surrogate is legal in JSON text, so it may be in a seal too.
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def _unpack(text: str) -> str | None:
    if not text.isascii():
        return None
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode(
            "utf-8", "surrogatepass"
        )
    except (binascii.Error, UnicodeDecodeError):
        return None
