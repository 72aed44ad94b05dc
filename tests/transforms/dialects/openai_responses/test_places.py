"""Items' events say where they stand; a delta's frame is printed as its event would be."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.places import Place
from plexus.transforms.sse import frame
from plexus.transforms.wire import JsonObject

PLACE = Place(2, "msg_1")


def test_the_opening_and_the_closing_event_hold_the_item() -> None:
    item: JsonObject = {"id": "msg_1"}
    said: JsonObject = {"output_index": 2, "item": item}
    assert PLACE.added(item) == {"type": "response.output_item.added", **said}
    assert PLACE.done(item) == {"type": "response.output_item.done", **said}


@pytest.mark.parametrize("text", ["a", "", 'ü "\n', "\ud800"])
@pytest.mark.parametrize("behind", [{}, {"logprobs": []}])
def test_a_deltas_frame_is_printed_like_its_event(text: str, behind: JsonObject) -> None:
    printed = PLACE.delta("output_text.delta", {"content_index": 1}, behind).print(text, 7)
    event = PLACE.event("output_text.delta", content_index=1, delta=text, **behind)
    assert printed == frame({**event, "sequence_number": 7}, "response.output_text.delta")
