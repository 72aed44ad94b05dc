"""One answer out of two providers' streams: what the client reads is whole."""

from __future__ import annotations

import itertools

import pytest

from plexus.transforms.assemble import collect
from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.continuation import GO_ON, Continuing, continued
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Citation,
    Message,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.registry import discover
from plexus.transforms.transcode import Identity

DIALECTS: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
REQUEST = ChatRequest(
    model="m", messages=(Message(role="user", parts=(Text(text="Hi"),)),), stream=True
)
BROKEN = GatewayError(Kind.UPSTREAM_DOWN, "the connection broke")
FIRST: list[Event] = [
    Started(id="r1", model="m1", created=1),
    BlockStarted(index=0, block=Text(text="")),
    BlockDelta(0, "text", "Hello "),
]
REST: list[Event] = [
    Started(id="r2", model="m2", created=2),
    BlockStarted(index=0, block=Text(text="")),
    BlockDelta(0, "text", "world"),
    BlockEnded(index=0),
    UsageSeen(Usage(input=9, output=2)),
    Finished(stop=Stop.END),
]


def told(dialect: str, events: list[Event], *, ends: bool = True) -> bytes:
    """A provider's stream of these events."""
    encoder = DIALECTS[dialect].chat.stream_encoder(None, Receipt())
    data = b"".join([encoder.encode(event) for event in events])
    return data + (encoder.close() if ends else b"")


def begun(client: str, source: str, events: list[Event]) -> tuple[Continuing, bytes]:
    """A pipe that has seen these events and then the connection's end."""
    dated = Identity(created=7)
    pipe = Continuing(DIALECTS[source], DIALECTS[client], REQUEST, Receipt(), identity=dated)
    return pipe, pipe.feed(told(source, events, ends=False)) + pipe.close()


def read(client: str, data: bytes) -> ChatResponse:
    decoder = DIALECTS[client].chat.stream_decoder()
    return collect([*decoder.feed(data), *decoder.close()])


@pytest.mark.parametrize(
    ("client", "source", "other"), itertools.product(DIALECTS, DIALECTS, DIALECTS)
)
def test_a_second_provider_finishes_the_text_of_the_first(
    client: str, source: str, other: str
) -> None:
    pipe, out = begun(client, source, FIRST)
    assert pipe.broken is not None and pipe.can_go_on and pipe.failed is None
    assert pipe.text == "Hello "
    out += pipe.resume(DIALECTS[other]) + pipe.feed(told(other, REST)) + pipe.close()
    answer = read(client, out)
    assert "".join(part.text for part in answer.parts if isinstance(part, Text)) == "Hello world"
    assert answer.stop is Stop.END
    assert len([part for part in answer.parts if isinstance(part, Text)]) == 1
    assert pipe.broken is None and pipe.failed is None and pipe.stop is Stop.END


@pytest.mark.parametrize("client", DIALECTS)
def test_thoughts_before_the_break_are_shut_and_those_after_it_left_out(client: str) -> None:
    thinking: list[Event] = [
        Started(id="r1", model="m1", created=1),
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "hm"),
        BlockEnded(index=0),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "Hello "),
    ]
    again: list[Event] = [
        REST[0],
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "how to go on"),
        BlockEnded(index=0),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "world"),
        BlockEnded(index=1),
        Finished(stop=Stop.END),
    ]
    pipe, out = begun(client, "messages", thinking)
    out += pipe.resume(DIALECTS["messages"]) + pipe.feed(told("messages", again)) + pipe.close()
    parts = read(client, out).parts
    assert "".join(part.text for part in parts if isinstance(part, Text)) == "Hello world"
    assert "how to go on" not in "".join(p.text for p in parts if isinstance(p, Thinking))


@pytest.mark.parametrize("client", DIALECTS)
def test_a_break_in_the_thoughts_begins_the_answer_again(client: str) -> None:
    thinking: list[Event] = [
        Started(id="r1", model="m1", created=1),
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "hm"),
    ]
    pipe, out = begun(client, "messages", thinking)
    assert pipe.text == "" and pipe.can_go_on
    out += pipe.resume(DIALECTS["chat"]) + pipe.feed(told("chat", REST)) + pipe.close()
    assert [p.text for p in read(client, out).parts if isinstance(p, Text)] == ["world"]


def test_a_tool_call_cannot_be_gone_on_with() -> None:
    calling: list[Event] = [
        *FIRST,
        BlockEnded(index=0),
        BlockStarted(index=1, block=ToolCall(id="c1", name="look")),
        BlockDelta(1, "arguments", '{"a"'),
    ]
    pipe, _ = begun("chat", "messages", calling)
    assert pipe.broken is not None and not pipe.can_go_on


def test_an_answer_that_had_ended_is_not_gone_on_with() -> None:
    ended: list[Event] = [*FIRST, BlockEnded(index=0), Finished(stop=Stop.LENGTH)]
    pipe, _ = begun("chat", "chat", ended)
    assert not pipe.can_go_on


def test_a_failure_that_the_provider_tells_of_is_a_break_too() -> None:
    pipe = Continuing(DIALECTS["messages"], DIALECTS["chat"], REQUEST, Receipt())
    data = told("messages", [*FIRST, Failed(GatewayError(Kind.OVERLOADED, "overloaded"))])
    out = pipe.feed(data)
    assert pipe.broken is not None and pipe.broken.kind is Kind.OVERLOADED
    assert b"overloaded" not in out


@pytest.mark.parametrize("client", DIALECTS)
def test_without_anybody_to_go_on_the_client_is_told(client: str) -> None:
    pipe, out = begun(client, "chat", FIRST)
    out += pipe.abort(BROKEN)
    assert pipe.failed is BROKEN
    with pytest.raises(GatewayError, match="the connection broke"):
        read(client, out)


def test_the_tokens_of_both_are_added_up() -> None:
    pipe, _ = begun("messages", "messages", FIRST)
    pipe.usage = Usage(input=5, output=1, cache_read=3)
    pipe.resume(DIALECTS["messages"])
    pipe.feed(told("messages", REST))
    pipe.close()
    assert pipe.usage is not None
    assert (pipe.usage.input, pipe.usage.output, pipe.usage.cache_read) == (14, 3, 3)


def test_citations_of_the_second_half_count_from_the_beginning() -> None:
    pipe, _ = begun("responses", "chat", FIRST)
    pipe.resume(DIALECTS["responses"])
    cited = [
        *REST[:3],
        Cited(0, Citation(url="http://a.test", title="A", start=0, end=5)),
        *REST[3:],
    ]
    out = pipe.feed(told("responses", cited)) + pipe.close()
    assert b'"start_index":6' in out and b'"end_index":11' in out


def test_taking_over_is_noted() -> None:
    receipt = Receipt()
    pipe = Continuing(DIALECTS["chat"], DIALECTS["chat"], REQUEST, receipt)
    pipe.resume(DIALECTS["chat"])
    assert [str(note) for note in receipt.notes] == [
        "invented content (the answer was taken over by another target)"
    ]


def test_the_rest_is_asked_for_with_what_there_is() -> None:
    asked = continued(REQUEST, "Hello ")
    assert asked.messages[0] == REQUEST.messages[0]
    assert [(m.role, m.parts) for m in asked.messages[1:]] == [
        ("assistant", (Text(text="Hello "),)),
        ("user", (Text(text=GO_ON),)),
    ]
    assert continued(REQUEST, "") is REQUEST
