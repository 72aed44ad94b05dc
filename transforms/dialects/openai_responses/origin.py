"""Remember what a Responses original said beyond the IR, so that it can be written back exactly.

Under `ext["responses"]` a part keeps two objects: `item`, the fields of the item it opens (id,
status, phase, …), and `part`, the fields of the content part it is. The mere presence of the
dialect's key says that the thing was read from this format.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.ir import Ext
from plexus.transforms.wire import JsonObject, object_at

NAME: Final = "responses"


def is_own(ext: Ext) -> bool:
    """Whether the thing that bears `ext` was read from this format."""
    return NAME in ext


def own(ext: Ext) -> JsonObject:
    """Return what is kept of the original; empty if it was of another format."""
    return ext.get(NAME, {})


def item_of(ext: Ext) -> JsonObject | None:
    """Return the fields of the item that the part opens; `None` if it opens none of ours."""
    mine = ext.get(NAME)
    return None if mine is None else object_at(mine, "item")


def part_of(ext: Ext) -> JsonObject:
    """Return the leftover fields of the content part."""
    return object_at(own(ext), "part") or {}


def keep_item(item: JsonObject) -> Ext:
    """Return the `ext` of a part that stands for a whole item."""
    return {NAME: {"item": item}}


def keep_part(part: JsonObject, item: JsonObject | None = None) -> Ext:
    """Return the `ext` of a content part; `item` if it is the first of its message item."""
    kept: JsonObject = {}
    if item is not None:
        kept["item"] = item
    if part:
        kept["part"] = part
    return {NAME: kept}
