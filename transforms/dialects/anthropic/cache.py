"""Prompt-cache breakpoints: `cache_control` in and out, and the limit of four."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.identity import as_ext
from plexus.transforms.ir import NO_EXT, CacheMark, Ext
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at, rest, text_at

MOST: Final = 4  # breakpoints in one request (wire-formats.md §3.6)

_PLAIN: Final = frozenset({"type", "ttl"})
_LIFETIMES: Final = frozenset({"5m", "1h"})


def decode_mark(raw: JsonObject) -> CacheMark | None:
    """Read the `cache_control` of a block, tool or request."""
    control = raw.get("cache_control")
    return CacheMark(ttl=text_at(control, "ttl")) if isinstance(control, dict) else None


def leftovers(raw: JsonObject, known: frozenset[str]) -> JsonObject:
    """Return the fields of `raw` beyond `known`, which holds `cache_control`.

    A `cache_control` that says more than a `CacheMark` can (`scope`) stays among them.
    """
    fields = rest(raw, known)
    control = object_at(raw, "cache_control")
    if control is not None and not (
        control.get("type") == "ephemeral" and control.keys() <= _PLAIN
    ):
        fields["cache_control"] = control
    return fields


def mark_and_ext(raw: JsonObject, known: frozenset[str]) -> tuple[CacheMark | None, Ext]:
    """Return what `decode_mark` reads of a block, and its `leftovers` as an `ext`."""
    if "cache_control" not in raw and known.issuperset(raw):
        return None, NO_EXT
    return decode_mark(raw), as_ext(leftovers(raw, known))


def encode_mark(mark: CacheMark) -> JsonObject:
    """Write a `cache_control`; a lifetime that Anthropic has not becomes its default."""
    if mark.ttl in _LIFETIMES:
        return {"type": "ephemeral", "ttl": mark.ttl}
    return {"type": "ephemeral"}


def marked(block: JsonObject, mark: CacheMark | None) -> JsonObject:
    """Put the mark, if there is one, on a block that was just built."""
    if mark is not None:
        block["cache_control"] = encode_mark(mark)
    return block


def limit_marks(body: JsonObject, receipt: Receipt) -> None:
    """Take the earliest marks off a request that has too many.

    Changes `body`, whose blocks must be its own.
    """
    blocks = _marked_blocks(body)
    surplus = len(blocks) + ("cache_control" in body) - MOST
    if surplus <= 0:
        return
    for block in blocks[:surplus]:
        del block["cache_control"]
    receipt.coerced("cache", f"the earliest {surplus} of {len(blocks)} cache marks left out")


def has_marks(body: JsonObject) -> bool:
    """Whether a request marks anything for caching."""
    return "cache_control" in body or bool(_marked_blocks(body))


def _marked_blocks(body: JsonObject) -> list[JsonObject]:
    # In the order of the prompt prefix: tools, system, messages.
    found: list[JsonObject] = []
    _collect(body.get("tools"), found)
    _collect(body.get("system"), found)
    for message in objects_at(body, "messages"):
        _collect(message.get("content"), found)
    return found


def _collect(blocks: Json, found: list[JsonObject]) -> None:
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, dict):
            continue
        if block.get("type") == "tool_result":
            _collect(block.get("content"), found)
        if block.get("cache_control") is not None:
            found.append(block)
