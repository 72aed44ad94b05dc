"""Write the parts of an answer as content blocks for Anthropic clients.

What another provider sealed goes in our envelope where Anthropic's own signature would stand: the
client sends it back unread, and the provider can have it again (wire-formats.md §7.5).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.arguments import input_of
from plexus.transforms.dialects.anthropic.citations import encode_citations
from plexus.transforms.dialects.anthropic.identity import NAME, call_id, own
from plexus.transforms.dialects.anthropic.media import clean_base64, sniffed_type
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import (
    Ext,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject

LARGEST_IMAGE: Final = 8 * 1024 * 1024  # base64 characters (dataplane.md §5.8.8)


def encode_part(part: Part, path: str, answer: str, ordinal: int, receipt: Receipt) -> JsonObject:
    """Write one part of the answer `answer`; an empty object if there is nothing to write.

    A call's seal is a block of its own: see `carrier`.
    """
    match part:
        case Text():
            return _text(part, path, receipt)
        case Thinking():
            return _thinking(part, path, receipt)
        case ToolCall():
            return {**opened_call(part, answer, ordinal), "input": input_of(part)}
        case Refusal():
            return {"type": "text", "text": part.text} if part.text else {}
        case Media():
            text = media_text(part, path, receipt)
            return {"type": "text", "text": text} if text else {}
        case Opaque():
            return opaque_block(part, path, receipt)
        case ToolResult():
            receipt.dropped(path, "a tool's result inside an answer")
            return {}
        case _:
            assert_never(part)


def _text(part: Text, path: str, receipt: Receipt) -> JsonObject:
    block: JsonObject = {"type": "text", "text": part.text}
    citations = encode_citations(part.citations, path, receipt)
    if citations:
        block["citations"] = [*citations]
    return {**block, **own(part.ext)} if part.text or citations else {}


def _thinking(part: Thinking, path: str, receipt: Receipt) -> JsonObject:
    if part.seal is not None and not part.text and not is_signature(part.seal):
        return redacted_block(part.seal, part.ext)
    if is_redacted(part.seal):
        receipt.dropped(f"{path}.seal", "reasoning that was shown cannot be redacted")
    signature = signature_of(part.seal)
    if not part.text and not signature:
        return {}
    # Clients insist on the key, signed or not (wire-formats.md §10, 45).
    block: JsonObject = {"type": "thinking", "thinking": part.text, "signature": signature}
    return {**block, **own(part.ext)}


def is_redacted(seal: Seal | None) -> bool:
    """Whether the seal is a whole redacted block of Anthropic's."""
    return seal is not None and seal.dialect == NAME and seal.kind == "redacted"


def is_signature(seal: Seal | None) -> bool:
    """Whether the seal is a signature of Anthropic's, which may stand under no words at all."""
    return seal is not None and seal.dialect == NAME and seal.kind != "redacted"


def redacted_block(seal: Seal, ext: Ext) -> JsonObject:
    """Write reasoning of which there is only a seal."""
    return {"type": "redacted_thinking", "data": _told(seal), **own(ext)}


def signature_of(seal: Seal | None) -> str:
    """Return the signature, or the envelope of another provider's seal; "" if there is none."""
    return "" if seal is None or is_redacted(seal) else _told(seal)


def _told(seal: Seal) -> str:
    return seal.data if seal.dialect == NAME else seal_to_envelope(seal)


def carrier(seal: Seal | None, call: str) -> JsonObject | None:
    """Write the block in which another's seal of a call travels, for the call has no room for it.

    The seal bears the call's id, so that it finds its way back.
    """
    if seal is None or seal.dialect == NAME:
        return None
    return {"type": "redacted_thinking", "data": seal_to_envelope(replace(seal, id=call))}


def opened_call(part: ToolCall, answer: str, ordinal: int) -> JsonObject:
    """Write a call without its input, as it opens in a stream."""
    block: JsonObject = {
        "type": "tool_use",
        "id": part.id or call_id(answer, ordinal),
        "name": part.name,
        "input": {},
    }
    return {**block, **own(part.ext)}


def opaque_block(part: Opaque, path: str, receipt: Receipt) -> JsonObject:
    """Write a block that only Anthropic understands; others' are left out and noted."""
    if part.dialect == NAME and isinstance(part.raw, dict) and "type" in part.raw:
        return part.raw
    receipt.dropped(path, f"a block of {part.dialect}")
    return {}


def media_text(part: Media, path: str, receipt: Receipt) -> str:
    """Write a generated image as markdown, for Anthropic's answers hold none (§5.8.8)."""
    if part.kind != "image" or (part.data is None and part.url is None):
        receipt.dropped(path, f"Anthropic's answers hold no {part.kind}")
        return ""
    receipt.coerced(path, "an image goes as markdown")
    if part.data is None:
        return f"![image]({part.url})"
    data = clean_base64(part.data)
    if len(data) > LARGEST_IMAGE:
        return f"[image of {len(data) * 3 // 4} bytes omitted]"
    return f"![image](data:{sniffed_type(data) or part.mime or 'image/png'};base64,{data})"
