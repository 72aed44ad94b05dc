"""Blocks open once, close once and are numbered in the order of opening."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.events import BlockDelta, BlockEnded, BlockStarted, Event
from plexus.transforms.ir import Text, Thinking, ToolCall

TEXT = Text(text="")
THINKING = Thinking()
CALL_A = ToolCall(id="a", name="f")
CALL_B = ToolCall(id="b", name="g")


def test_the_first_delta_opens_its_block() -> None:
    blocks = BlockTracker()
    assert blocks.delta("t", TEXT, "text", "Hel") == [
        BlockStarted(index=0, block=TEXT),
        BlockDelta(0, "text", "Hel"),
    ]
    assert blocks.delta("t", TEXT, "text", "lo") == [BlockDelta(0, "text", "lo")]
    assert blocks.close() == [BlockEnded(index=0)]


def test_another_key_ends_the_open_block_first() -> None:
    blocks = BlockTracker()
    blocks.delta("thinking", THINKING, "thinking", "hm")
    assert blocks.delta("text", TEXT, "text", "Yes") == [
        BlockEnded(index=0),
        BlockStarted(index=1, block=TEXT),
        BlockDelta(1, "text", "Yes"),
    ]


def test_a_key_that_comes_back_after_its_end_gets_a_new_block() -> None:
    blocks = BlockTracker()
    blocks.delta("text", TEXT, "text", "a")
    blocks.delta("thinking", THINKING, "thinking", "b")
    assert blocks.delta("text", TEXT, "text", "c")[1:] == [
        BlockStarted(index=2, block=TEXT),
        BlockDelta(2, "text", "c"),
    ]


def test_parallel_calls_may_stand_beside_each_other_and_interleave() -> None:
    blocks = BlockTracker()
    blocks.start(0, CALL_A)
    assert blocks.start(1, CALL_B, beside=True) == [BlockStarted(index=1, block=CALL_B)]
    assert blocks.delta(0, CALL_A, "arguments", "{") == [BlockDelta(0, "arguments", "{")]
    assert blocks.delta(1, CALL_B, "arguments", "{}") == [BlockDelta(1, "arguments", "{}")]
    assert (blocks.index(0), blocks.index(1), blocks.index(2)) == (0, 1, None)
    assert blocks.close() == [BlockEnded(index=0), BlockEnded(index=1)]


def test_ending_a_block_may_restate_it_and_happens_once() -> None:
    blocks = BlockTracker()
    blocks.start("t", TEXT)
    whole = Text(text="Hello")
    assert blocks.end("t", whole) == [BlockEnded(index=0, block=whole)]
    assert blocks.end("t", whole) == []
    assert blocks.close() == []


def test_a_block_knows_its_choice() -> None:
    blocks = BlockTracker()
    assert blocks.delta(("t", 1), TEXT, "text", "x", choice=1) == [
        BlockStarted(index=0, block=TEXT, choice=1),
        BlockDelta(0, "text", "x"),
    ]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["delta", "start", "beside", "end", "close"]), st.sampled_from("abc")
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_happens_blocks_are_balanced_and_numbered_in_order(
    steps: list[tuple[str, str]],
) -> None:
    blocks = BlockTracker()
    events: list[Event] = []
    for step, key in steps:
        match step:
            case "delta":
                events += blocks.delta(key, TEXT, "text", "x")
            case "start" | "beside":
                events += blocks.end(key) + blocks.start(key, TEXT, beside=step == "beside")
            case "end":
                events += blocks.end(key)
            case _:
                events += blocks.close()
    check_balance(events + blocks.close())


def check_balance(events: list[Event]) -> None:
    """Every block starts once with the next number, lives, and ends once."""
    alive: set[int] = set()
    begun = 0
    for event in events:
        match event:
            case BlockStarted():
                assert event.index == begun
                alive.add(begun)
                begun += 1
            case BlockDelta():
                assert event.index in alive
            case BlockEnded():
                alive.remove(event.index)
            case _:
                raise AssertionError(event)
    assert not alive
