"""Which blocks are open."""

from __future__ import annotations

from plexus.transforms.dialects.openai_responses.incoming_blocks import Blocks
from plexus.transforms.events import BlockEnded, BlockStarted
from plexus.transforms.ir import Refusal, Text, ToolCall

TEXT, CALL = Text(text=""), ToolCall(id="c", name="f")


def test_calls_stand_side_by_side_and_texts_alone() -> None:
    blocks = Blocks()
    events = [
        *blocks.start((0, 0), TEXT),
        *blocks.start((1, 0), CALL),
        *blocks.start((2, 0), CALL),
        *blocks.end((1, 0)),
        *blocks.start((3, 0), TEXT),
        *blocks.close(),
    ]
    assert events == [
        BlockStarted(index=0, block=TEXT),
        BlockEnded(index=0),
        BlockStarted(index=1, block=CALL),
        BlockStarted(index=2, block=CALL),
        BlockEnded(index=1),
        BlockStarted(index=3, block=TEXT),
        BlockEnded(index=2),
        BlockEnded(index=3),
    ]


def test_what_has_ended_ends_once() -> None:
    blocks = Blocks()
    blocks.start((0, 0), TEXT)
    assert blocks.end((0, 0), Text(text="a")) == [BlockEnded(index=0, block=Text(text="a"))]
    assert blocks.end((0, 0)) == blocks.close() == []
    assert blocks.index((0, 0)) is None


def test_a_whole_block_begins_and_ends() -> None:
    assert Blocks().whole((0, 0), TEXT) == [BlockStarted(index=0, block=TEXT), BlockEnded(index=0)]


def test_calls_and_refusals_are_remembered() -> None:
    blocks = Blocks()
    assert (blocks.called, blocks.refused) == (False, False)
    blocks.start((0, 0), CALL)
    blocks.start((1, 0), Refusal(text=""))
    assert (blocks.called, blocks.refused) == (True, True)
