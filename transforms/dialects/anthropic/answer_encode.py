"""Write the parts of an answer as content blocks for Anthropic clients."""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.arguments import input_of
from plexus.transforms.dialects.anthropic.citations import encode_citations
from plexus.transforms.dialects.anthropic.identity import NAME, call_id, own
from plexus.transforms.dialects.anthropic.media import clean_base64, sniffed_type
from plexus.transforms.ir import (
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
    """Write one part of the answer `answer`; an empty object if there is nothing to write."""
    match part:
        case Text():
            return _text(part, path, receipt)
        case Thinking():
            return _thinking(part, path, receipt)
        case ToolCall():
            note_seal(part.seal, path, receipt)
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
    if is_redacted(part.seal) and part.seal is not None:
        if not part.text:
            return redacted_block(part.seal, part)
        receipt.dropped(f"{path}.seal", "reasoning that was shown cannot be redacted")
    signature = signature_of(part.seal)
    note_seal(part.seal, path, receipt)
    if not part.text and not signature:
        return {}
    # Clients insist on the key, signed or not (wire-formats.md §10, 45).
    block: JsonObject = {"type": "thinking", "thinking": part.text, "signature": signature}
    return {**block, **own(part.ext)}


def is_redacted(seal: Seal | None) -> bool:
    """Whether the seal is a whole redacted block of Anthropic's."""
    return seal is not None and seal.dialect == NAME and seal.kind == "redacted"


def redacted_block(seal: Seal, part: Thinking) -> JsonObject:
    """Write a redacted thinking block."""
    return {"type": "redacted_thinking", "data": seal.data, **own(part.ext)}


def signature_of(seal: Seal | None) -> str:
    """Return the signature that Anthropic gave, or "" if it gave none."""
    if seal is None or seal.dialect != NAME or seal.kind == "redacted":
        return ""
    return seal.data


def note_seal(seal: Seal | None, path: str, receipt: Receipt) -> None:
    """Note a seal that Anthropic clients have no place for."""
    if seal is not None and seal.dialect != NAME:
        receipt.dropped(f"{path}.seal", f"a signature that only {seal.dialect} reads")


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
