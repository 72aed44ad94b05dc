"""Stream to whole and whole to stream are each other's inverse."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from plexus.transforms.assemble import Collector, collect, replay
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Opaque,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tests.strategies import cut_event_streams, event_streams, responses

START = Started(id="r", model="m", created=1, ext={"chat": {"x": 1}})
EARLY = Seal(dialect="responses", kind="encrypted", data="early")
LATE = Seal(dialect="responses", kind="encrypted", data="late")


def answer(*parts: Text | Thinking | ToolCall | Refusal | Opaque, **more: object) -> ChatResponse:
    """What `START`, these parts and a plain stop add up to."""
    choice = Choice(parts=parts, stop=Stop.END)
    whole = ChatResponse(id="r", model="m", created=1, ext={"chat": {"x": 1}}, choices=(choice,))
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type]  # fields of the class


def collected(*events: Event) -> ChatResponse:
    """Collect the events between `START` and a plain stop."""
    return collect([START, *events, Finished(stop=Stop.END)])


@given(responses)
def test_collecting_a_replayed_answer_gives_it_back(response: ChatResponse) -> None:
    assert collect(replay(response)) == response


@given(event_streams())
def test_the_size_of_deltas_does_not_matter(events: list[Event]) -> None:
    whole = collect(events)
    assert collect(replay(whole)) == whole


@given(cut_event_streams())
def test_a_broken_off_stream_still_gives_what_it_had(events: list[Event]) -> None:
    if not events:
        with pytest.raises(GatewayError, match="held no answer"):
            collect(events)
        return
    whole = collect(events)
    begun = [event.block for event in events if isinstance(event, BlockStarted)]
    parts = [part for choice in whole.choices for part in choice.parts]
    assert [type(part) for part in parts] == [type(block) for block in begun]


@given(responses)
def test_a_replay_is_balanced_and_finishes_each_choice_once(response: ChatResponse) -> None:
    events = replay(response)
    opened = [event.index for event in events if isinstance(event, BlockStarted)]
    ended = [event.index for event in events if isinstance(event, BlockEnded)]
    finished = [event.choice for event in events if isinstance(event, Finished)]
    assert isinstance(events[0], Started)
    assert opened == ended == list(range(len(opened)))
    assert finished == list(range(len(response.choices)))


def test_deltas_add_to_what_the_block_began_with() -> None:
    assert collected(
        BlockStarted(index=0, block=Text(text="Hel")),
        BlockDelta(0, "text", "lo"),
        BlockEnded(index=0),
        BlockStarted(index=1, block=ToolCall(id="c", name="f", arguments='{"a"')),
        BlockDelta(1, "arguments", ":1}"),
        BlockEnded(index=1),
        BlockStarted(index=2, block=Refusal(text="I ")),
        BlockDelta(2, "refusal", "will not"),
        BlockEnded(index=2),
    ) == answer(
        Text(text="Hello"),
        ToolCall(id="c", name="f", arguments='{"a":1}'),
        Refusal(text="I will not"),
    )


def test_interleaved_blocks_keep_their_own_pieces() -> None:
    assert collected(
        BlockStarted(index=0, block=ToolCall(id="a", name="f")),
        BlockStarted(index=1, block=ToolCall(id="b", name="g")),
        BlockDelta(0, "arguments", "{1"),
        BlockDelta(1, "arguments", "{2"),
        BlockDelta(0, "arguments", "}"),
        BlockEnded(index=0),
        BlockDelta(1, "arguments", "}"),
        BlockEnded(index=1),
    ) == answer(
        ToolCall(id="a", name="f", arguments="{1}"), ToolCall(id="b", name="g", arguments="{2}")
    )


@pytest.mark.parametrize("opening", [Thinking(seal=EARLY), Thinking()])
def test_a_later_seal_replaces_an_earlier_one(opening: Thinking) -> None:
    assert collected(
        BlockStarted(index=0, block=opening),
        Sealed(0, EARLY),
        BlockDelta(0, "thinking", "hm"),
        Sealed(0, LATE),
        BlockEnded(index=0),
    ) == answer(Thinking(text="hm", seal=LATE))


def test_a_seal_that_came_with_the_block_is_kept() -> None:
    call = ToolCall(id="a", name="f", seal=EARLY)
    assert collected(BlockStarted(index=0, block=call), BlockEnded(index=0)) == answer(call)


def test_thinking_in_segments_is_joined_by_an_empty_line() -> None:
    assert collected(
        BlockStarted(index=0, block=Thinking(segments=("",))),
        BlockDelta(0, "thinking", "one"),
        Segmented(0),
        BlockDelta(0, "thinking", "tw"),
        BlockDelta(0, "thinking", "o"),
        BlockEnded(index=0),
    ) == answer(Thinking(text="one\n\ntwo", segments=("one", "two")))


def test_what_a_block_began_with_is_its_first_segment() -> None:
    assert collected(
        BlockStarted(index=0, block=Thinking(text="o", segments=("o",))),
        BlockDelta(0, "thinking", "ne"),
        Segmented(0),
        BlockDelta(0, "thinking", "two"),
        BlockEnded(index=0),
    ) == answer(Thinking(text="one\n\ntwo", segments=("one", "two")))


def test_segments_begin_even_where_none_were_announced() -> None:
    assert collected(
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "one"),
        Segmented(0),
        BlockDelta(0, "thinking", "two"),
        BlockEnded(index=0),
    ) == answer(Thinking(text="one\n\ntwo", segments=("one", "two")))


def test_citations_gather_on_their_text() -> None:
    first, second = Citation(url="https://a.example"), Citation(url="https://b.example")
    assert collected(
        BlockStarted(index=0, block=Text(text="", citations=(first,))),
        BlockDelta(0, "text", "claim"),
        Cited(0, second),
        BlockEnded(index=0),
    ) == answer(Text(text="claim", citations=(first, second)))


def test_a_restated_block_wins_over_its_deltas() -> None:
    restated = Text(text="Hello, world")
    assert collected(
        BlockStarted(index=0, block=Text(text="")),
        BlockDelta(0, "text", "Hello"),
        BlockEnded(index=0, block=restated),
    ) == answer(restated)


def test_usage_reports_are_merged_not_added() -> None:
    assert collected(
        UsageSeen(Usage(input=10, output=1)), UsageSeen(Usage(output=7, cache_read=0))
    ) == answer(usage=Usage(input=10, output=7, cache_read=0))


def test_log_probabilities_are_strung_together_per_choice() -> None:
    whole = collect(
        [START, LogProbs([{"token": "a"}]), LogProbs(None), LogProbs([{"token": "b"}]),
         LogProbs([{"token": "z"}], 1), Finished(stop=Stop.END), Finished(stop=Stop.END, choice=1)]
    )  # fmt: skip
    assert [choice.logprobs for choice in whole.choices] == [
        [{"token": "a"}, {"token": "b"}],
        [{"token": "z"}],
    ]


def test_choices_keep_apart_and_in_order() -> None:
    whole = collect(
        [START, BlockStarted(index=0, block=Text(text="B"), choice=1),
         BlockStarted(index=1, block=Text(text="A")), BlockEnded(index=0), BlockEnded(index=1),
         Finished(stop=Stop.LENGTH, choice=1, stop_detail="cut"), Finished(stop=Stop.END)]
    )  # fmt: skip
    assert whole.choices == (
        Choice(parts=(Text(text="A"),), stop=Stop.END),
        Choice(parts=(Text(text="B"),), stop=Stop.LENGTH, stop_detail="cut"),
    )


def test_an_unfinished_answer_stopped_for_another_reason() -> None:
    events: list[Event] = [START, BlockStarted(index=0, block=Text(text="Hel"))]
    assert collect(events).choices == (Choice(parts=(Text(text="Hel"),), stop=Stop.OTHER),)


def test_a_failure_is_raised() -> None:
    error = GatewayError(Kind.OVERLOADED, "busy")
    with pytest.raises(GatewayError) as caught:
        collect([START, Failed(error)])
    assert caught.value is error


def test_a_collector_knows_the_usage_before_the_end() -> None:
    collector = Collector()
    collector.add(START)
    collector.add(UsageSeen(Usage(input=3)))
    assert collector.usage == Usage(input=3)
    assert collector.response().usage == Usage(input=3)
