"""Conversations of sloppier formats are mended; sound ones are left alone."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.turns import NO_RESULT, Turn, mend, needs_thinking
from plexus.transforms.wire import JsonObject

type Told = list[tuple[str, list[JsonObject]]]


def text(words: str) -> JsonObject:
    """A text block."""
    return {"type": "text", "text": words}


def use(call_id: str) -> JsonObject:
    """A call."""
    return {"type": "tool_use", "id": call_id, "name": "f", "input": {}}


def got(call_id: str, content: str = "ok") -> JsonObject:
    """A result."""
    return {"type": "tool_result", "tool_use_id": call_id, "content": content}


def mended(*turns: tuple[str, list[JsonObject]]) -> tuple[Told, list[str]]:
    """The turns after mending, and the notes."""
    receipt = Receipt()
    out = mend([turn_of(role, blocks) for role, blocks in turns], receipt)
    return [(turn.role, turn.blocks) for turn in out], [str(note) for note in receipt.notes]


def turn_of(role: str, blocks: list[JsonObject]) -> Turn:
    """A turn with blocks of its own."""
    copies = [dict(block) for block in blocks]
    match role:
        case "user":
            return Turn("user", copies)
        case "assistant":
            return Turn("assistant", copies)
        case _:
            return Turn("system", copies)


def test_a_sound_conversation_is_left_alone() -> None:
    turns: Told = [
        ("user", [text("hi")]),
        ("assistant", [text("wait"), use("1"), use("2")]),
        ("user", [got("1"), got("2"), text("and?")]),
        ("system", [text("be brief")]),
        ("assistant", [text("done")]),
        ("user", [text("thanks")]),
    ]
    assert mended(*turns) == (turns, [])


def test_neighbours_of_one_role_become_one_turn() -> None:
    turns, _ = mended(
        ("user", [text("a")]), ("user", []), ("user", [text("b")]), ("assistant", [text("c")])
    )
    assert turns == [("user", [text("a"), text("b")]), ("assistant", [text("c")])]


def test_a_turn_that_is_empty_goes_and_its_neighbours_meet() -> None:
    turns, _ = mended(("user", [text("a")]), ("assistant", []), ("user", [text("b")]))
    assert turns == [("user", [text("a"), text("b")])]


def test_results_come_first_and_in_the_order_of_their_calls() -> None:
    turns, notes = mended(
        ("user", [text("hi")]),
        ("assistant", [use("1"), use("2")]),
        ("user", [text("so"), got("2", "two")]),
        ("user", [text("then"), got("1", "one")]),
    )
    assert turns[2] == ("user", [got("1", "one"), got("2", "two"), text("so"), text("then")])
    assert notes == []


def test_results_go_before_a_system_prompt_that_came_between() -> None:
    turns, _ = mended(
        ("user", [text("hi")]),
        ("assistant", [use("1")]),
        ("system", [text("be brief")]),
        ("user", [got("1"), text("well?")]),
    )
    assert turns[2:] == [
        ("user", [got("1")]),
        ("system", [text("be brief")]),
        ("user", [text("well?")]),
    ]


@pytest.mark.parametrize("after", [[], [("user", [text("go on")])]])
def test_a_call_without_a_result_gets_one(after: Told) -> None:
    turns, notes = mended(("user", [text("hi")]), ("assistant", [use("1")]), *after)
    assert turns[2][1][0] == got("1", NO_RESULT)
    assert notes == ["invented messages (a result for the tool call 1, which has none)"]


def test_a_result_that_answers_no_call_becomes_text() -> None:
    image: JsonObject = {"type": "image", "source": {}}
    orphan: JsonObject = {
        "type": "tool_result",
        "tool_use_id": "9",
        "content": [text("seen"), image],
    }
    turns, notes = mended(("user", [got("7"), orphan, text("hi")]))
    assert turns == [
        (
            "user",
            [
                text("[result of an earlier tool call]\nok"),
                text("[result of an earlier tool call]\nseen"),
                image,
                text("hi"),
            ],
        )
    ]
    assert notes == [
        "coerced messages (the result 7 answers no call: text)",
        "coerced messages (the result 9 answers no call: text)",
    ]


def test_a_result_that_comes_too_late_is_text_and_its_call_gets_a_stub() -> None:
    turns, _ = mended(
        ("user", [text("hi")]),
        ("assistant", [use("1")]),
        ("user", [text("never mind")]),
        ("assistant", [text("fine")]),
        ("user", [got("1")]),
    )
    assert turns[2] == ("user", [got("1", NO_RESULT), text("never mind")])
    assert turns[4] == ("user", [text("[result of an earlier tool call]\nok")])


def test_a_second_result_for_one_call_becomes_text() -> None:
    turns, _ = mended(
        ("user", [text("hi")]), ("assistant", [use("1")]), ("user", [got("1", "a"), got("1", "b")])
    )
    assert turns[2] == ("user", [got("1", "a"), text("[result of an earlier tool call]\nb")])


def test_ids_that_are_used_again_become_unique_with_their_results() -> None:
    turns, notes = mended(
        ("user", [text("hi")]),
        ("assistant", [use("call_0"), use("call_0")]),
        ("user", [got("call_0", "a"), got("call_0", "b")]),
        ("assistant", [use("call_0")]),
        ("user", [got("call_0", "c")]),
    )
    assert turns[1:] == [
        ("assistant", [use("call_0"), use("call_0_2")]),
        ("user", [got("call_0", "a"), got("call_0_2", "b")]),
        ("assistant", [use("call_0_3")]),
        ("user", [got("call_0_3", "c")]),
    ]
    assert notes[0] == "coerced messages (the id call_0 of a second tool call becomes call_0_2)"


def test_a_result_inside_the_assistants_turn_is_moved_behind_it() -> None:
    turns, _ = mended(("user", [text("hi")]), ("assistant", [use("1"), got("1"), text("so")]))
    assert turns[1:] == [("assistant", [use("1"), text("so")]), ("user", [got("1")])]


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_the_first_turn_is_made_the_users(role: str) -> None:
    turns, notes = mended((role, [text("hi")]), ("user", [text("yes")]))
    assert turns[0] == ("user", [text(".")])
    assert notes == ["invented messages[0] (a first turn of the user)"]


def test_a_conversation_of_nothing_gets_a_turn() -> None:
    assert mended()[0] == [("user", [text(".")])]


def test_white_space_at_the_end_of_a_prefill_is_trimmed() -> None:
    turns, notes = mended(("user", [text("hi")]), ("assistant", [text("well, \n")]))
    assert turns[1] == ("assistant", [text("well,")])
    assert notes == ["coerced messages (white space at the end of the prefilled answer trimmed)"]
    kept, _ = mended(("user", [text("hi \n")]))
    assert kept == [("user", [text("hi \n")])]


def test_a_model_that_cannot_go_on_with_an_answer_is_asked_to_continue() -> None:
    receipt = Receipt()
    turns = [turn_of("user", [text("hi")]), turn_of("assistant", [text("well, ")])]
    out = [(turn.role, turn.blocks) for turn in mend(turns, receipt, prefill=False)]
    assert out[1:] == [("assistant", [text("well, ")]), ("user", [text("Continue.")])]
    assert [str(note) for note in receipt.notes] == [
        "invented messages[2] (a last turn of the user: it cannot go on)"
    ]


SIGNED: JsonObject = {"type": "thinking", "thinking": "", "signature": "x"}


@pytest.mark.parametrize(
    ("turns", "needed"),
    [
        ([("user", [text("hi")])], False),
        ([("user", [text("hi")]), ("assistant", [text("a")]), ("user", [text("b")])], False),
        ([("user", [text("hi")]), ("assistant", [use("1")]), ("user", [got("1")])], True),
        ([("user", [text("hi")]), ("assistant", [SIGNED, use("1")]), ("user", [got("1")])], False),
        ([("user", [text("hi")]), ("assistant", [text("pre")])], True),
        ([("user", [text("hi")]), ("assistant", [SIGNED])], False),
    ],
)
def test_an_answer_that_goes_on_needs_its_thinking(turns: Told, needed: bool) -> None:
    assert needs_thinking([turn_of(role, blocks) for role, blocks in turns]) is needed
