"""Items in one piece."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.whole_items import carrier, whole_item
from plexus.transforms.envelope import envelope_to_seal
from plexus.transforms.ir import Media, Opaque, Seal, ToolResult
from plexus.transforms.wire import JsonObject


def written(block: Media | Opaque | ToolResult) -> tuple[JsonObject | None, list[str]]:
    """The item and the notes."""
    receipt = Receipt()
    return whole_item(block, receipt, "parts[0]"), [str(note) for note in receipt.notes]


def test_our_own_item_is_written_back() -> None:
    raw: JsonObject = {"type": "web_search_call", "id": "ws_1"}
    assert written(Opaque(dialect="responses", raw=raw)) == (raw, [])


def test_an_image_is_the_native_item() -> None:
    assert written(Media(kind="image", mime="image/webp", data="aGk="))[0] == {
        "type": "image_generation_call",
        "status": "completed",
        "output_format": "webp",
        "result": "aGk=",
    }
    fields: JsonObject = {"type": "image_generation_call", "id": "ig_1"}
    own = Media(kind="image", data="aGk=", ext={"responses": {"item": fields}})
    assert written(own)[0] == {**fields, "result": "aGk="}


@pytest.mark.parametrize(
    ("block", "what"),
    [
        (Opaque(dialect="messages", raw={}), "a block that only messages understands"),
        (Media(kind="audio", data="aGk="), "audio in an answer"),
        (ToolResult(call_id="c"), "a tool result in an answer"),
    ],
)
def test_what_has_no_item_is_noted(block: Media | Opaque | ToolResult, what: str) -> None:
    assert written(block) == (None, [f"dropped parts[0] ({what})"])


def test_the_seal_of_a_call_travels_with_the_calls_id() -> None:
    item = carrier(Seal(dialect="gemini", kind="thought", data="sig"), "c1")
    assert (item["type"], item["summary"]) == ("reasoning", [])
    assert envelope_to_seal(str(item["encrypted_content"])) == Seal(
        dialect="gemini", kind="thought", data="sig", id="c1"
    )
