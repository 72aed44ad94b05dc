"""A past turn of the assistant goes back to its own kind unchanged, and to others as it can."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import (
    CacheMark,
    Citation,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
)
from tests.transforms.dialects.openai_chat.making import (
    OFFICIAL,
    again,
    assistant,
    body,
    call,
    encoded,
    foreign,
    noted,
    said,
    tool,
    user,
)

MARKS = Traits(cache_marks=True)


def _kept(message: Any, traits: Traits | None = None) -> Any:
    """The message, sent as a past turn of a chat client, with answers to its calls."""
    answers = [tool(raw["id"], "ok") for raw in message.get("tool_calls") or []]
    raw = body(user("hi"), message, *answers, user("go on"))
    return again(raw, traits or Traits())["messages"][1]


def _told(*parts: Part, traits: Traits | None = None) -> tuple[Any, list[str]]:
    """The turn of another dialect on the wire (`None` if it is left out), and the notes."""
    request = foreign(said("user", "hi"), said("assistant", *parts), said("user", "go on"))
    written = encoded(request, traits or Traits())["messages"]
    turn = written[1] if written[1]["role"] == "assistant" else None
    return turn, noted(request, traits or Traits())


@pytest.mark.parametrize(
    "message",
    [
        assistant("text"),
        assistant(""),
        assistant(None, tool_calls=[call("a", index=0)]),
        assistant("text", tool_calls=[call("a"), call("b")], name="bot"),
        assistant([{"type": "text", "text": "a"}, {"type": "text", "text": "b", "x": 1}]),
        assistant([{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]},
                   {"type": "text", "text": "a"}]),
        assistant([{"type": "text", "text": "a"}, {"type": "hologram"}]),
        assistant("a", reasoning_content="why", prefix=True),
        assistant("a", reasoning="why", reasoning_details=[
            {"type": "reasoning.text", "text": "why", "signature": "s",
             "format": "anthropic-claude-v1", "index": 0}]),
        assistant(None, refusal="no"),
        assistant("a", annotations=[
            {"type": "url_citation", "url_citation": {"url": "u", "title": "", "start_index": 0,
                                                      "end_index": 1}}]),
        assistant(None, audio={"id": "a1"}),
        assistant("a", images=[{"type": "image_url", "image_url": {"url": "u"}, "index": 0}]),
        assistant([{"type": "image_url", "image_url": {"url": "u"}},
                   {"type": "text", "text": "a"}]),
        assistant("a", extra_content={"google": {"thought_signature": "s"}}),
        assistant(None, tool_calls=[call("a", extra_content={"google": {
            "thought_signature": "s"}})]),
        assistant(None, tool_calls=[call("a")], reasoning_details=[
            {"type": "reasoning.encrypted", "data": "d", "format": "google-gemini-v1", "id": "a",
             "index": 0}]),
    ],
)  # fmt: skip
def test_a_chat_clients_turn_goes_back_as_it_was(message: Any) -> None:
    assert _kept(message) == message


def test_a_function_call_of_old_goes_back_with_its_answer() -> None:
    messages = [
        user("hi"),
        assistant(None, function_call={"name": "f", "arguments": "{}"}),
        {"role": "function", "name": "f", "content": "ok"},
    ]

    assert again(body(*messages))["messages"] == messages


def test_openai_is_spared_the_fields_that_it_refuses() -> None:
    message = assistant(
        "a", reasoning_content="why", reasoning_details=[{"type": "reasoning.text"}],
        extra_content={}, tool_calls=[call("a", extra_content={})],
    )  # fmt: skip

    assert _kept(message, OFFICIAL) == assistant("a", tool_calls=[call("a")])


def test_a_provider_gets_the_thoughts_of_its_own_client_under_its_own_name() -> None:
    traits = Traits(reasoning_field="reasoning_content")

    assert _kept(assistant("a", reasoning="why"), traits) == assistant("a", reasoning_content="why")
    part = {"type": "thinking", "thinking": "why"}
    assert _kept(assistant([part, {"type": "text", "text": "a"}]), traits) == assistant(
        "a", reasoning_content="why"
    )


def test_a_message_cache_mark_goes_where_it_is_taken() -> None:
    message = assistant("a", cache_control={"type": "ephemeral"})

    assert _kept(message, MARKS) == message
    assert _kept(message) == assistant("a")


def test_foreign_texts_are_joined_without_anything_between_them() -> None:
    assert _told(Text(text="a"), Text(text="b")) == (assistant("ab"), [])


def test_a_foreign_turn_with_calls_has_null_content() -> None:
    turn, _ = _told(ToolCall(id="c", name="f", arguments='{"a": 1}'))

    assert turn == assistant(None, tool_calls=[call("c", "f", '{"a": 1}')])


def test_a_foreign_turn_that_says_nothing_here_is_left_out() -> None:
    assert _told() == (None, [])
    assert _told(Opaque(dialect="messages", raw={})) == (
        None,
        ["dropped messages[1].parts[0] (a block that only messages understands)"],
    )


def test_foreign_seals_are_dropped_and_noted() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")

    turn, notes = _told(Thinking(text="t", seal=seal), ToolCall(id="c", name="f", seal=seal))

    assert turn == assistant(None, tool_calls=[call("c")])
    assert notes[1:] == [
        "dropped messages[1].parts[1].seal (only gemini providers can read it)",
        "dropped messages[1].parts[0].seal (only gemini providers can read it)",
        "dropped messages[1].parts[0] (this provider takes no reasoning back)",
    ]


def test_a_turn_of_only_thoughts_has_empty_content() -> None:
    turn, _ = _told(Thinking(text="t"), traits=Traits(reasoning_field="reasoning"))

    assert turn == assistant("", reasoning="t")


def test_a_foreign_refusal_is_openais_field_and_elsewhere_words() -> None:
    assert _told(Refusal(text="no"))[0] == assistant("no")
    assert _told(Refusal(text="no"), traits=OFFICIAL)[0] == assistant("", refusal="no")


def test_foreign_media_of_the_assistant_is_mentioned() -> None:
    assert _told(Text(text="a"), Media(kind="image", mime="image/png", data="AA")) == (
        assistant("a[image omitted: image/png]"),
        ["dropped messages[1].parts[1] (an assistant's image cannot be sent back)"],
    )


def test_foreign_citations_and_marks_are_dropped_and_noted() -> None:
    text = Text(text="a", citations=(Citation(url="u"),), cache=CacheMark())

    assert _told(text) == (
        assistant("a"),
        ["dropped messages[1].parts[0].cache", "dropped messages[1].parts[0].citations"],
    )
    assert _told(text, traits=MARKS)[0]["content"] == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    ]


def test_a_foreign_custom_call_is_a_function_call_except_at_openai() -> None:
    custom = ToolCall(id="c", name="sh", arguments="ls", kind="custom")

    assert _told(custom)[0]["tool_calls"] == [call("c", "sh", '{"input":"ls"}')]
    assert _told(custom, traits=OFFICIAL)[0]["tool_calls"] == [
        {"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    ]


def test_a_mark_on_a_call_goes_where_it_is_taken() -> None:
    marked = ToolCall(id="c", name="f", cache=CacheMark())

    assert _told(marked, traits=MARKS)[0]["tool_calls"][0]["cache_control"] == {"type": "ephemeral"}
    assert "dropped messages[1].parts[0].cache" in _told(marked)[1]


BACK = Traits(reasoning_field="reasoning_content")
WITH_CALLS = Traits(reasoning_field="reasoning_content", reasoning_turns="calls")
INSISTS = Traits(reasoning_field="reasoning_content", reasoning_required=True)
AS_PARTS = Traits(reasoning_field="content")


def test_a_provider_may_want_thoughts_back_with_calls_only() -> None:
    turn, notes = _told(Thinking(text="t"), Text(text="a"), traits=WITH_CALLS)
    called, _ = _told(Thinking(text="t"), ToolCall(id="c", name="f"), traits=WITH_CALLS)

    assert turn == assistant("a")
    assert notes == [
        "dropped messages[1].parts[0] (this provider takes reasoning back with tool calls only)"
    ]
    assert called == assistant(None, tool_calls=[call("c")], reasoning_content="t")


@pytest.mark.parametrize(
    ("parts", "turn"),
    [
        ([Text(text="a")], assistant("a", reasoning_content=" ")),
        ([ToolCall(id="c", name="f")],
         assistant(None, tool_calls=[call("c")], reasoning_content=" ")),
        ([Text(text="a"), Thinking(text="t")], assistant("a", reasoning_content="t")),
    ],
)  # fmt: skip
def test_a_provider_that_insists_on_thoughts_gets_a_blank_for_unknown_ones(
    parts: list[Part], turn: Any
) -> None:
    written, notes = _told(*parts, traits=INSISTS)
    invented = "invented messages[1].reasoning_content (a blank: this provider insists on it)"

    assert written == turn
    assert (invented in notes) is (turn["reasoning_content"] == " ")


def test_no_blank_thought_where_none_is_wanted_or_one_was_sent() -> None:
    insists = Traits(
        reasoning_field="reasoning_content", reasoning_turns="calls", reasoning_required=True
    )
    own_words = assistant("a", reasoning_content="")

    assert _told(Text(text="a"), traits=insists)[0] == assistant("a")
    assert _kept(own_words, INSISTS) == own_words


def test_an_empty_turn_is_left_out_even_where_thoughts_are_insisted_on() -> None:
    assert _told(Opaque(dialect="messages", raw={}), traits=INSISTS)[0] is None


def test_thoughts_may_go_back_as_parts_of_the_content() -> None:
    seal = Seal(dialect="messages", kind="signature", data="s")
    redacted = Thinking(seal=Seal(dialect="messages", kind="redacted", data="r"))
    turn, notes = _told(Thinking(text="t", seal=seal), redacted, Text(text="a"), traits=AS_PARTS)

    assert turn == assistant([
        {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]},
        {"type": "text", "text": "a"},
    ])  # fmt: skip
    assert notes == [
        "dropped messages[1].parts[0].seal (only messages providers can read it)",
        "dropped messages[1].parts[1].seal (only messages providers can read it)",
    ]


SIGNED = Seal(dialect="gemini", kind="thought", data="s")
SIGNATURE = {"extra_content": {"google": {"thought_signature": "s"}}}
SKIPPED = {"extra_content": {"google": {"thought_signature": "skip_thought_signature_validator"}}}


def test_a_thought_signature_goes_where_it_can_be_read() -> None:
    turn, notes = _told(
        ToolCall(id="c", name="f", seal=SIGNED),
        ToolCall(id="d", name="f"),
        traits=Traits(call_seals=True, thought_signatures=True),
    )

    assert turn["tool_calls"] == [call("c", **SIGNATURE), call("d")]
    assert notes[2:] == []


def test_a_first_call_without_the_signature_that_is_demanded_says_so() -> None:
    foreign_call = ToolCall(
        id="c", name="f", seal=Seal(dialect="messages", kind="signature", data="s")
    )
    turn, notes = _told(
        foreign_call, ToolCall(id="d", name="f"),
        traits=Traits(call_seals=True, thought_signatures=True),
    )  # fmt: skip

    assert turn["tool_calls"] == [call("c", **SKIPPED), call("d")]
    assert notes[2:] == [
        "dropped messages[1].parts[0].seal (only messages providers can read it)",
        "invented extra_content.google (the call was not made by this model)",
    ]
