"""Blocks leave their messages, and the turns that remain still alternate."""

from __future__ import annotations

import pytest

from plexus.transforms.repairs.blocks import all_blocks, without_blocks
from plexus.transforms.wire import Json, JsonObject, text_at

BAD: JsonObject = {"type": "bad"}
GOOD: JsonObject = {"type": "text", "text": "a"}
RESULT: JsonObject = {"type": "tool_result", "tool_use_id": "t"}
ELIDED: JsonObject = {"type": "text", "text": "[gone]"}


def user(*blocks: Json) -> JsonObject:
    """A user's message."""
    return {"role": "user", "content": list(blocks)}


def model(*blocks: Json) -> JsonObject:
    """A model's message."""
    return {"role": "assistant", "content": list(blocks)}


def thin(*messages: Json) -> Json:
    """The messages without bad blocks."""
    body: JsonObject = {"messages": list(messages)}
    thinned = without_blocks(body, lambda block: text_at(block, "type") == "bad", "[gone]")
    return None if thinned is None else thinned["messages"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([user(GOOD), model(BAD, GOOD)], [user(GOOD), model(GOOD)]),
        ([user(GOOD), model(BAD)], [user(GOOD)]),
        ([user(GOOD), model(GOOD), model(BAD)], [user(GOOD), model(GOOD)]),
        ([user(GOOD), model(BAD), user(GOOD)], [user(GOOD), model(ELIDED), user(GOOD)]),
        ([user(GOOD), model(BAD), user(RESULT)], [user(GOOD), model(ELIDED), user(RESULT)]),
        ([user(GOOD), model(BAD), model(GOOD)], [user(GOOD), model(GOOD)]),
        (
            [user(GOOD), model(BAD), model(BAD), user(GOOD)],
            [user(GOOD), model(ELIDED), user(GOOD)],
        ),
        ([model(BAD), user(RESULT)], [model(ELIDED), user(RESULT)]),
        ([model(BAD), user(GOOD)], [user(GOOD)]),
        ([model(BAD)], [model(ELIDED)]),
    ],
)
def test_an_emptied_message_goes_where_it_can(before: list[Json], after: list[Json]) -> None:
    assert thin(*before) == after


def test_without_such_blocks_there_is_nothing_to_mend() -> None:
    assert thin(user(GOOD), model(), {"role": "user", "content": "bad"}, "bad", None) is None


def test_messages_that_were_empty_or_odd_stay_as_they_are() -> None:
    odd: list[Json] = [model(), {"role": "user", "content": "words"}, 7, {"role": "user"}]
    assert thin(*odd, model(GOOD, BAD, "odd")) == [*odd, model(GOOD, "odd")]


def test_a_body_without_messages_has_no_blocks() -> None:
    assert all_blocks({"input": [GOOD]}) == []
    assert without_blocks({"messages": "none"}, lambda _: True, "") is None
    assert all_blocks({"messages": [user(GOOD, "odd"), model(BAD)]}) == [GOOD, BAD]
