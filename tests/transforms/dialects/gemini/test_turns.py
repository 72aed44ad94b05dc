"""Turns in the order that Gemini insists on."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.turns import INTERRUPTED, Turn, arrange
from plexus.transforms.ir import Message, Part, Role, Text, ToolCall, ToolResult
from tests.transforms.dialects.gemini.rules import notes

F, G = ToolCall(id="f1", name="f"), ToolCall(id="g1", name="g")


def says(role: Role, *parts: Part | str) -> Message:
    return Message(role=role, parts=tuple(Text(text=p) if isinstance(p, str) else p for p in parts))


def result(call_id: str, text: str = "fine") -> ToolResult:
    return ToolResult(call_id=call_id, parts=(Text(text=text),))


def arranged(*messages: Message) -> tuple[list[tuple[str, list[object]]], list[str]]:
    """The turns, texts as strings and results by their call, and the notes."""
    receipt = Receipt()
    turns = arrange(enumerate(messages), receipt)
    return [(turn.role, [shown(part) for _, part in turn.parts]) for turn in turns], notes(receipt)


def shown(part: Part) -> object:
    match part:
        case Text():
            return part.text
        case ToolCall():
            return part
        case ToolResult():
            return (part.call_id, [shown(piece) for piece in part.parts])
        case _:
            return type(part)


def test_neighbours_of_one_role_are_one_turn() -> None:
    assert arranged(says("user", "a"), says("user", "b"), says("assistant", "c")) == (
        [("user", ["a", "b"]), ("model", ["c"])],
        [],
    )


def test_edge_case_53_results_come_in_one_turn_in_the_order_of_their_calls() -> None:
    assert arranged(
        says("user", "go"),
        says("assistant", F, G),
        says("user", result("g1", "of g")),
        says("user", "and now?"),
        says("user", result("f1", "of f")),
    ) == (
        [
            ("user", ["go"]),
            ("model", [F, G]),
            ("user", [("f1", ["of f"]), ("g1", ["of g"]), "and now?"]),
        ],
        [],
    )


def test_edge_case_54_calls_that_came_apart_are_in_one_turn() -> None:
    turns, _ = arranged(says("assistant", F), says("assistant", G), says("user", result("f1")))
    assert turns[0] == ("model", [F, G])


def test_a_call_without_a_result_gets_one() -> None:
    assert arranged(says("assistant", F), says("user", "never mind")) == (
        [("model", [F]), ("user", [("f1", [INTERRUPTED]), "never mind"])],
        ["invented result of f1"],
    )


def test_a_call_at_the_end_gets_a_result_too() -> None:
    assert arranged(says("user", "go"), says("assistant", F)) == (
        [("user", ["go"]), ("model", [F]), ("user", [("f1", [INTERRUPTED])])],
        ["invented result of f1"],
    )


def test_a_result_without_a_call_becomes_text() -> None:
    assert arranged(says("user", result("x", "lost"))) == (
        [("user", ["[result of x]", "lost"])],
        ["coerced messages[0].parts[0]"],
    )


def test_a_second_result_for_a_call_becomes_text() -> None:
    turns, said = arranged(says("assistant", F), says("user", result("f1"), result("f1", "again")))
    assert turns[1] == ("user", [("f1", ["fine"]), "[result of f1]", "again"])
    assert said == ["coerced messages[1].parts[1]"]


def test_a_result_after_another_turn_of_the_models_is_too_late() -> None:
    _, said = arranged(
        says("assistant", F), says("user", "x"), says("assistant", "y"), says("user", result("f1"))
    )
    assert said == ["invented result of f1", "coerced messages[3].parts[0]"]


def test_calls_and_results_in_the_wrong_turn_are_put_right() -> None:
    assert arranged(says("user", F, "a"), says("assistant", result("x", "b"))) == (
        [("user", ["a"]), ("model", ["[result of x]", "b"])],
        ["dropped messages[0].parts[0]", "coerced messages[1].parts[0]"],
    )


def test_system_messages_in_mid_conversation_are_tagged_user_text() -> None:
    assert arranged(says("user", "a"), says("system", "be kind"), says("assistant", "b")) == (
        [
            ("user", ["a", "<system-reminder>\nbe kind\n</system-reminder>"]),
            ("model", ["b"]),
        ],
        ["coerced messages[1]"],
    )


def test_names_of_speakers_are_lost() -> None:
    message = Message(role="user", name="Ann", parts=(Text(text="a"),))
    assert arranged(message) == ([("user", ["a"])], ["dropped messages[0].name"])


def test_an_empty_message_is_no_turn() -> None:
    assert arranged(says("user", "a"), says("assistant"), says("user", "b")) == (
        [("user", ["a", "b"])],
        [],
    )


def test_a_gemini_clients_turns_stay_as_they_are() -> None:
    own = mark({"x": 1})
    messages = [
        Message(role="assistant", parts=(F,), ext=own),
        Message(role="assistant", parts=(), ext=own),
        Message(role="user", parts=(result("zzz"),), ext=own),
        Message(role="user", parts=(G,), ext=own),
    ]
    receipt = Receipt()
    turns = arrange(enumerate(messages), receipt)
    assert receipt.notes == ()
    assert [(turn.role, [part for _, part in turn.parts]) for turn in turns] == [
        ("model", [F]),
        ("model", []),
        ("user", [result("zzz")]),
        ("user", [G]),
    ]
    assert all(turn.native and turn.fields == {"x": 1} for turn in turns)


def test_a_gemini_turn_merged_with_a_foreign_one_is_mended_like_it() -> None:
    native = Message(role="user", parts=(result("zzz"),), ext=mark({}))
    turns, said = arranged(says("user", "a"), native)
    assert turns == [("user", ["a", "[result of zzz]", "fine"])]
    assert said == ["coerced messages[1].parts[0]"]


def test_a_turn_knows_its_calls() -> None:
    turn = Turn("model", [("p", F), ("p", Text(text="x")), ("p", G)])
    assert turn.calls() == [F, G]


def test_calls_that_all_bear_one_id_are_answered_in_order() -> None:
    f, g = ToolCall(id="", name="f"), ToolCall(id="", name="g")
    receipt = Receipt()
    messages = [says("assistant", f, g), says("user", result("", "one"), result("", "two"))]
    turns = arrange(enumerate(messages), receipt)
    answers = [part for _, part in turns[1].parts if isinstance(part, ToolResult)]
    assert [(answer.name, shown(answer)) for answer in answers] == [
        ("f", ("", ["one"])),
        ("g", ("", ["two"])),
    ]
    assert receipt.notes == ()
