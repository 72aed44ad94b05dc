"""Write what the seal keeper keeps of a turn as JSON, and read it back: for other processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from plexus.transforms.ir import Ext, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import (
    Json,
    JsonObject,
    bool_at,
    dump_text,
    object_at,
    text_at,
    texts_at,
    try_parse,
)

type _SealKind = Literal["signature", "redacted", "encrypted", "thought"]

_KINDS: Final[dict[str, _SealKind]] = {
    "signature": "signature",
    "redacted": "redacted",
    "encrypted": "encrypted",
    "thought": "thought",
}


def turn_text(parts: Sequence[Part]) -> str:
    """Return an outline as JSON text: thoughts, calls without arguments, texts without words."""
    return dump_text([_written(part) for part in parts])


def parts_of(text: str) -> tuple[Part, ...] | None:
    """Return the outline; `None` for what this release does not understand whole."""
    found = try_parse(text)
    if not isinstance(found, list):
        return None
    parts = [_read(one) for one in found]
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else None


def _written(part: Part) -> JsonObject:
    match part:
        case Thinking():
            own: JsonObject = {"type": "thinking", "text": part.text, "raw": part.raw}
            own |= {"segments": list(part.segments), **_sealed(part.seal)}
        case ToolCall():
            own = {"type": "call", "id": part.id, "name": part.name, **_sealed(part.seal)}
        case Text():
            own = {"type": "text"}
        case _:
            raise TypeError(f"an outline has no {type(part).__name__}")
    return {**own, "ext": dict(part.ext)}


def _sealed(seal: Seal | None) -> JsonObject:
    if seal is None:
        return {}
    said: JsonObject = {
        "dialect": seal.dialect,
        "kind": seal.kind,
        "data": seal.data,
        "id": seal.id,
    }
    return {"seal": said}


def _read(value: Json) -> Part | None:
    if not isinstance(value, dict):
        return None
    part = _part(value)
    if isinstance(part, Thinking | ToolCall) and part.seal is None and "seal" in value:
        return None
    return part


def _part(value: JsonObject) -> Part | None:
    ext = _ext(object_at(value, "ext") or {})
    match value.get("type"):
        case "thinking":
            return Thinking(
                text=text_at(value, "text") or "",
                seal=_seal(object_at(value, "seal")),
                segments=tuple(texts_at(value, "segments")),
                raw=bool_at(value, "raw") is True,
                ext=ext,
            )
        case "call":
            return _call(value, ext)
        case "text":
            return Text(text="", ext=ext)
        case _:
            return None


def _call(value: JsonObject, ext: Ext) -> ToolCall | None:
    call_id, name = text_at(value, "id"), text_at(value, "name")
    if call_id is None or name is None:
        return None
    return ToolCall(id=call_id, name=name, seal=_seal(object_at(value, "seal")), ext=ext)


def _seal(value: JsonObject | None) -> Seal | None:
    if value is None:
        return None
    dialect, data = text_at(value, "dialect"), text_at(value, "data")
    kind = _KINDS.get(text_at(value, "kind") or "")
    if dialect is None or data is None or kind is None:
        return None
    return Seal(dialect=dialect, kind=kind, data=data, id=text_at(value, "id"))


def _ext(value: JsonObject) -> Ext:
    return {name: fields for name, fields in value.items() if isinstance(fields, dict)}
