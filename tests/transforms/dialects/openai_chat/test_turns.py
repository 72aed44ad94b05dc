"""Conversations are put into the order that chat providers insist on."""

from __future__ import annotations

from typing import Any

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_chat.turns import arrange
from plexus.transforms.ir import Media, Message, Text, Thinking, ToolCall, ToolResult
from tests.transforms.dialects.openai_chat.making import said

IMAGE = Media(kind="image", mime="image/png", data="AA")


def _call(id_: str) -> ToolCall:
    return ToolCall(id=id_, name="f")


def _result(id_: str, *parts: Any) -> ToolResult:
    return ToolResult(call_id=id_, parts=parts or (Text(text=f"of {id_}"),))


def _arranged(*messages: Message, media: bool = False) -> tuple[list[Any], list[str]]:
    """Each turn as its role and what its parts are, and the notes."""
    receipt = Receipt()
    turns = arrange(messages, receipt, media=media)
    return (
        [(t.message.role, [_told(part) for part in t.message.parts]) for t in turns],
        [str(note) for note in receipt.notes],
    )


def _told(part: Any) -> str:
    match part:
        case Text():
            return str(part.text)
        case ToolCall():
            return f"call {part.id}"
        case ToolResult():
            return f"result {part.call_id}: {'|'.join(_told(p) for p in part.parts)}"
        case _:
            return type(part).__name__


def test_results_stand_behind_their_calls_in_the_order_of_the_calls() -> None:
    assert _arranged(
        said("assistant", _call("a"), _call("b")),
        said("user", "meanwhile", _result("b")),
        said("user", _result("a"), "and now?"),
    ) == (
        [
            ("assistant", ["call a", "call b"]),
            ("user", ["result a: of a"]),
            ("user", ["result b: of b"]),
            ("user", ["meanwhile"]),
            ("user", ["and now?"]),
        ],
        [],
    )


def test_a_call_without_a_result_gets_one_that_says_so() -> None:
    assert _arranged(said("assistant", _call("a")), said("user", "stop")) == (
        [
            ("assistant", ["call a"]),
            ("user", ["result a: [no result: interrupted]"]),
            ("user", ["stop"]),
        ],
        ["invented messages[0].result (the call a has no result)"],
    )


def test_a_call_at_the_very_end_gets_a_result_too() -> None:
    turns, _ = _arranged(said("user", "go"), said("assistant", _call("a")))

    assert turns[-1] == ("user", ["result a: [no result: interrupted]"])


def test_a_result_without_a_call_becomes_words() -> None:
    assert _arranged(said("user", _result("x"), "hi"), said("assistant", "yes")) == (
        [("user", ["[result of tool call x]", "of x", "hi"]), ("assistant", ["yes"])],
        ["coerced messages[0].parts[0] (result of the unknown call x as text)"],
    )


def test_a_second_result_of_one_call_becomes_words() -> None:
    turns, notes = _arranged(
        said("assistant", _call("a")), said("user", _result("a")), said("user", _result("a"))
    )

    assert turns[2] == ("user", ["[result of tool call a]", "of a"])
    assert len(notes) == 1


def test_an_id_used_again_in_a_later_turn_is_paired_with_that_turn() -> None:
    turns, notes = _arranged(
        said("assistant", _call("0")),
        said("user", _result("0", Text(text="first"))),
        said("assistant", _call("0")),
        said("user", _result("0", Text(text="second"))),
    )

    assert [told for _, told in turns] == [
        ["call 0"], ["result 0: first"], ["call 0"], ["result 0: second"],
    ]  # fmt: skip
    assert notes == []


def test_neighbouring_assistant_turns_of_another_dialect_become_one() -> None:
    turns, _ = _arranged(
        said("assistant", Thinking(text="t")),
        said("assistant", "text"),
        said("assistant", _call("a")),
        said("assistant", _call("b")),
        said("user", _result("a"), _result("b")),
    )

    assert turns[0] == ("assistant", ["Thinking", "text", "call a", "call b"])
    assert len(turns) == 3


def test_neighbouring_assistant_turns_of_a_chat_client_stay_apart() -> None:
    ours = Message(role="assistant", parts=(Text(text="a"),), ext={"chat": {}})

    assert len(_arranged(ours, ours)[0]) == 2


def test_pictures_in_results_follow_behind_all_the_results() -> None:
    assert _arranged(
        said("assistant", _call("a"), _call("b")),
        said("user", _result("a", Text(text="seen"), IMAGE), _result("b"), "well?"),
    ) == (
        [
            ("assistant", ["call a", "call b"]),
            ("user", ["result a: seen"]),
            ("user", ["result b: of b"]),
            ("user", ["[shown by tool call a]", "Media"]),
            ("user", ["well?"]),
        ],
        ["coerced messages[1].parts[0] (media in a user message behind the tool results)"],
    )


def test_a_result_that_is_only_a_picture_says_where_it_is() -> None:
    turns, _ = _arranged(said("assistant", _call("a")), said("user", _result("a", IMAGE)))

    assert turns[1] == ("user", ["result a: [shown in the next user message]"])


def test_pictures_stay_in_results_where_they_are_taken() -> None:
    turns, notes = _arranged(
        said("assistant", _call("a")), said("user", _result("a", IMAGE)), media=True
    )

    assert turns[1] == ("user", ["result a: Media"])
    assert notes == []


def test_an_empty_conversation_stays_empty() -> None:
    assert _arranged() == ([], [])


def test_every_turn_knows_where_it_stood() -> None:
    turns = arrange(
        [
            said("assistant", _call("a")),
            said("assistant", _call("b")),
            said("user", "meanwhile", _result("b"), _result("a")),
            said("assistant", _call("c")),
        ],
        Receipt(),
        media=False,
    )

    assert [turn.path for turn in turns] == [
        "messages[0]",
        "messages[2].parts[2]",
        "messages[2].parts[1]",
        "messages[2]",
        "messages[3]",
        "messages[3]",
    ]


def test_a_message_of_one_result_is_the_turn_itself() -> None:
    answer = said("user", _result("a"))

    turns = arrange([said("assistant", _call("a")), answer], Receipt(), media=False)

    assert turns[1].message is answer
