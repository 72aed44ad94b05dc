"""Items of an answer that come in one piece: hosted calls, images, travelling seals."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.open_items import sealed_content
from plexus.transforms.dialects.openai_responses.origin import NAME, item_of
from plexus.transforms.ir import Media, Opaque, Seal, ToolResult
from plexus.transforms.wire import JsonObject


def whole_item(
    block: Media | Opaque | ToolResult, receipt: Receipt, path: str
) -> JsonObject | None:
    """Return the item of a block that is no text, reasoning or call; `None`, noted, if it has none.

    Responses clients get an image as the native item, never as markdown (dataplane.md §5.8.8).
    """
    if isinstance(block, Opaque) and block.dialect == NAME and isinstance(block.raw, dict):
        return block.raw
    if isinstance(block, Media) and block.kind == "image" and block.data is not None:
        return _image(block)
    what = (
        f"a block that only {block.dialect} understands"
        if isinstance(block, Opaque)
        else (
            f"{block.kind} in an answer"
            if isinstance(block, Media)
            else "a tool result in an answer"
        )
    )
    receipt.dropped(path, what)
    return None


def _image(image: Media) -> JsonObject:
    fields = item_of(image.ext)
    if fields is not None:
        return {**fields, "result": image.data}
    return {
        "type": "image_generation_call",
        "status": "completed",
        "output_format": (image.mime or "image/png").removeprefix("image/"),
        "result": image.data,
    }


def carrier(seal: Seal, call: str) -> JsonObject:
    """Return the reasoning item in which the seal of a call travels, for a call has no room for it.

    The seal bears the call's id, so that it finds its way back (wire-formats.md §7.5).
    """
    content = sealed_content(replace(seal, id=call))
    return {"type": "reasoning", "summary": [], "encrypted_content": content}
