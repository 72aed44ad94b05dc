"""A message while it is written."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.items_decode import decode_item
from plexus.transforms.dialects.openai_responses.open_message import OpenMessage, full_logprob
from plexus.transforms.dialects.openai_responses.places import Place
from plexus.transforms.ir import Citation, Refusal, Text
from plexus.transforms.wire import JsonObject, objects_at
from tests.transforms.dialects.openai_responses.rules import kinds

PLACE = Place(0, "msg_1")
SOURCE = Citation(url="https://example.com", title="t", start=0, end=1)
ANNOTATION: JsonObject = {
    "type": "url_citation",
    "url": "https://example.com",
    "title": "t",
    "start_index": 0,
    "end_index": 1,
}


def opened(first: Text | Refusal, receipt: Receipt | None = None) -> OpenMessage:
    """A message that begins with `first`."""
    message = OpenMessage(PLACE, first, receipt or Receipt())
    message.opened()
    return message


def test_a_text_has_a_life_from_added_to_done() -> None:
    message = OpenMessage(PLACE, Text(text=""), Receipt())
    events = [
        *message.opened(),
        *message.start_part(Text(text="")),
        *message.delta("a"),
        *message.cite(SOURCE),
        *message.delta("b"),
        *message.end(None),
        *message.close("completed"),
    ]
    assert kinds(events) == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert message.item == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "ab", "annotations": [ANNOTATION], "logprobs": []}
        ],
    }


def test_a_refusal_has_its_own_events() -> None:
    message = opened(Refusal(text=""))
    events = [*message.start_part(Refusal(text="")), *message.delta("no"), *message.end(None)]
    assert kinds(events) == [
        "content_part.added", "refusal.delta", "refusal.done", "content_part.done",
    ]  # fmt: skip


def test_parts_are_counted_within_the_message() -> None:
    message = opened(Text(text="a"))
    first = [*message.start_part(Text(text="a")), *message.end(None)]
    second = message.start_part(Text(text="b"))
    unknown = message.add_part({"type": "output_hologram"})
    assert {event["content_index"] for event in first} == {0}
    assert {event["content_index"] for event in second} == {1}
    assert [event["content_index"] for event in unknown] == [1, 1, 2, 2]


def test_what_was_only_restated_is_told() -> None:
    message = opened(Text(text=""))
    message.start_part(Text(text=""))
    events = message.end(Text(text="a", citations=(SOURCE,)))
    assert kinds(events)[:2] == ["output_text.delta", "output_text.annotation.added"]


def test_a_whole_message_is_written_as_it_was_read() -> None:
    raw: JsonObject = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "phase": "commentary",
        "status": "incomplete",
        "content": [
            {"type": "output_text", "text": "a", "annotations": [ANNOTATION],
             "logprobs": [{"token": "a", "logprob": 0}]},
            {"type": "refusal", "refusal": "no", "new": 1},
        ],
    }  # fmt: skip
    message = OpenMessage(PLACE, Text(text=""), Receipt())
    for part in decode_item(raw):
        assert isinstance(part, Text | Refusal)
        message.start_part(part)
        message.end(part)
    message.close("completed")
    assert message.item == raw


def test_a_source_without_a_url_is_noted() -> None:
    receipt = Receipt()
    message = opened(Text(text=""), receipt)
    message.path = "parts[3]"
    message.start_part(Text(text=""))
    assert message.cite(Citation(title="a book")) == []
    assert [note.path for note in receipt.notes] == ["parts[3].citations"]


def test_without_a_part_nothing_grows() -> None:
    message = opened(Text(text=""))
    assert message.delta("a") == message.cite(SOURCE) == message.end(None) == []


def test_log_probabilities_follow_their_text() -> None:
    message = opened(Text(text="a"))
    message.start_part(Text(text="a"))
    events = message.add_logprobs([{"token": "ü", "logprob": -1}])
    full = {"token": "ü", "logprob": -1, "bytes": [195, 188], "top_logprobs": []}
    assert [(event["delta"], event["logprobs"]) for event in events] == [("", [full])]
    message.end(None)
    assert message.add_logprobs([{"token": "b", "logprob": -2}]) == []
    message.close("completed")
    (part,) = objects_at(message.item or {}, "content")
    assert [item["token"] for item in objects_at(part, "logprobs")] == ["ü", "b"]


def test_a_refusal_has_no_log_probabilities() -> None:
    message = opened(Refusal(text="no"))
    message.start_part(Refusal(text="no"))
    assert message.add_logprobs([{"token": "no"}]) == []


def test_a_log_probability_has_every_key() -> None:
    given: JsonObject = {"token": "a", "logprob": 0, "top_logprobs": [{"token": "b"}]}
    assert full_logprob(given) == {
        **given,
        "bytes": [97],
        "top_logprobs": [{"token": "b", "bytes": [98]}],
    }
    assert full_logprob(None) is None
