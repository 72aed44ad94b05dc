"""Write the parts of a request's turns as content blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.arguments import input_of
from plexus.transforms.dialects.anthropic.cache import marked
from plexus.transforms.dialects.anthropic.citations import encode_citations
from plexus.transforms.dialects.anthropic.identity import NAME, own, safe_id, safe_name
from plexus.transforms.dialects.anthropic.media import encode_media
from plexus.transforms.ir import (
    CacheMark,
    Ext,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject, text_at


def encode_parts(message: Message, path: str, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    """Write what can be written of a message's parts, in their order."""
    if (only := _plain_text(message.parts)) is not None:
        return [{"type": "text", "text": only}]
    blocks = []
    for number, part in enumerate(message.parts):
        where = f"{path}.parts[{number}]"
        if isinstance(part, Media) and message.role != "user":
            receipt.dropped(where, f"Anthropic takes no media from the {message.role}")
            continue
        block = _encode_part(part, where, traits, receipt)
        if block is not None:
            blocks.append(block)
    return blocks


def _plain_text(parts: Sequence[Part]) -> str | None:
    """Return the one text that these parts are, with nothing attached and not blank."""
    only = parts[0] if len(parts) == 1 else None
    if not isinstance(only, Text) or only.citations or only.cache is not None or own(only.ext):
        return None
    return only.text if only.text.strip() else None


def _encode_part(part: Part, path: str, traits: Traits, receipt: Receipt) -> JsonObject | None:
    match part:
        case Text():
            return encode_text(part, path, receipt)
        case Media():
            return encode_media(part, path, traits, receipt)
        case Thinking():
            return _thinking(part, path, receipt)
        case ToolCall():
            return _tool_use(part, path, receipt)
        case ToolResult():
            return _tool_result(part, path, traits, receipt)
        case Refusal():
            return encode_text(Text(text=part.text), path, receipt)
        case Opaque():
            return _opaque(part, path, receipt)
        case _:
            assert_never(part)


def encode_text(text: Text, path: str, receipt: Receipt) -> JsonObject | None:
    """Write a text block; blank ones are refused, and left out."""
    if not text.text.strip():
        if text.text:
            receipt.coerced(path, "blank text left out")
        return None
    block: JsonObject = {"type": "text", "text": text.text}
    if text.citations and (written := encode_citations(text.citations, path, receipt)):
        block["citations"] = [*written]
    return _finished(block, text.cache, text.ext)


def _finished(block: JsonObject, mark: CacheMark | None, ext: Ext) -> JsonObject:
    """Add to a block that was just built its cache mark and what only this dialect says."""
    marked(block, mark).update(own(ext))
    return block


def _thinking(part: Thinking, path: str, receipt: Receipt) -> JsonObject | None:
    seal = part.seal
    if seal is not None and seal.dialect == NAME and seal.kind == "redacted":
        return {"type": "redacted_thinking", "data": seal.data, **own(part.ext)}
    if seal is not None and seal.dialect == NAME and seal.data:
        block: JsonObject = {"type": "thinking", "thinking": part.text, "signature": seal.data}
        return {**block, **own(part.ext)}
    # An unsigned or foreign block is answered with 400 (wire-formats.md §7.5).
    receipt.dropped(path, "thinking that Anthropic did not sign")
    return None


def _tool_use(part: ToolCall, path: str, receipt: Receipt) -> JsonObject:
    if part.seal is not None:
        receipt.dropped(f"{path}.seal", f"a signature that only {part.seal.dialect} reads")
    block: JsonObject = {
        "type": "tool_use",
        "id": safe_id(part.id),
        "name": safe_name(part.name),
        "input": input_of(part),
    }
    if part.kind == "function" and block["input"] == {"_raw": part.arguments}:
        receipt.coerced(f"{path}.arguments", "no JSON object: sent under _raw")
    return _finished(block, part.cache, part.ext)


def _tool_result(part: ToolResult, path: str, traits: Traits, receipt: Receipt) -> JsonObject:
    block: JsonObject = {"type": "tool_result", "tool_use_id": safe_id(part.call_id)}
    content = _result_content(part, path, traits, receipt)
    if content:
        block["content"] = content
    if part.is_error:
        block["is_error"] = True
    return _finished(block, part.cache, part.ext)


def _result_content(part: ToolResult, path: str, traits: Traits, receipt: Receipt) -> Json:
    if (only := _plain_text(part.parts)) is not None:
        return only
    written = (
        _encode_part(inner, f"{path}.parts[{number}]", traits, receipt)
        for number, inner in enumerate(part.parts)
    )
    blocks = [block for block in written if block is not None]
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return blocks[0]["text"]  # the short form, which every compatible server reads
    return [*blocks]


def _opaque(part: Opaque, path: str, receipt: Receipt) -> JsonObject | None:
    raw = part.raw
    kind = text_at(raw, "type") if isinstance(raw, dict) else None
    if part.dialect != NAME or not isinstance(raw, dict) or kind is None:
        receipt.dropped(path, f"a block of {part.dialect}" + (f": {kind}" if kind else ""))
        return None
    block = dict(raw)
    for key in ("id", "tool_use_id"):
        if original := text_at(block, key):
            block[key] = safe_id(original)
    return block
