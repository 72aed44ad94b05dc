"""Content is a string where it can be one, else an array of parts."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_chat.content_encode import (
    encode_content,
    numbered,
    parts_of,
    words_alone,
)
from plexus.transforms.ir import (
    CacheMark,
    Citation,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)

MARKS = Traits(cache_marks=True)


def _written(*parts: Part, traits: Traits | None = None) -> Any:
    receipt = Receipt()
    content = encode_content(numbered("m", parts), traits or Traits(), receipt)
    return content, [str(note) for note in receipt.notes]


def test_one_plain_text_is_a_string() -> None:
    assert _written(Text(text="a")) == ("a", [])
    assert _written() == ("", [])


def test_several_parts_are_an_array() -> None:
    content, notes = _written(
        Text(text="a"), Refusal(text="b"), Media(kind="image", url="u"),
        Opaque(dialect="chat", raw={"type": "x"}),
    )  # fmt: skip

    assert content == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        {"type": "image_url", "image_url": {"url": "u"}},
        {"type": "x"},
    ]
    assert notes == []


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (Opaque(dialect="gemini", raw={}),
         "dropped m.parts[0] (a block that only gemini understands)"),
        (Thinking(text="t"), "dropped m.parts[0] (out of place in this message)"),
        (ToolCall(id="a", name="f"), "dropped m.parts[0] (out of place in this message)"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_noted(part: Part, note: str) -> None:
    assert _written(part) == ("", [note])


def test_a_thought_from_an_array_of_content_goes_back_there() -> None:
    raw: Any = {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}

    assert _written(Thinking(text="t", ext={"chat": {"part": raw}}))[0] == [raw]


def test_a_marked_text_is_a_part() -> None:
    text = Text(text="a", cache=CacheMark())

    assert _written(text, traits=MARKS) == (
        [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        [],
    )
    assert _written(text) == ("a", ["dropped m.parts[0].cache"])


def test_the_mark_of_a_whole_message_is_not_repeated_on_its_last_part() -> None:
    parts = (Text(text="a", cache=CacheMark()), Text(text="b", cache=CacheMark()))
    mark: Any = {"cache_control": {"type": "ephemeral"}}

    assert parts_of(Message(role="user", parts=parts)) == parts
    assert parts_of(Message(role="user", parts=parts, ext={"chat": mark})) == (
        parts[0],
        Text(text="b"),
    )


def test_openais_own_breakpoint_stays_and_needs_no_other_mark() -> None:
    own: Any = {"rest": {"prompt_cache_breakpoint": {"mode": "explicit"}}}
    text = Text(text="a", cache=CacheMark(), ext={"chat": own})

    content, notes = _written(text)

    assert content == [
        {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}
    ]
    assert notes == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(role="user", parts=(Text(text="a"),)), "a"),
        (Message(role="user", parts=(Text(text="a"),), ext={"chat": {}}), "a"),
        (Message(role="user", parts=(Text(text="a"),), ext={"messages": {"x": 1}}), "a"),
        (Message(role="user", parts=()), None),
        (Message(role="user", parts=(Text(text="a"), Text(text="b"))), None),
        (Message(role="user", parts=(Refusal(text="a"),)), None),
        (Message(role="user", parts=(Text(text="a"),), name="me"), None),
        (Message(role="user", parts=(Text(text="a"),), ext={"chat": {"x": 1}}), None),
        (Message(role="user", parts=(Text(text="a", cache=CacheMark()),)), None),
        (Message(role="user", parts=(Text(text="a", citations=(Citation(),)),)), None),
        (Message(role="user", parts=(Text(text="a", ext={"chat": {"rest": {"x": 1}}}),)), None),
    ],
)
def test_a_message_may_be_words_and_nothing_else(message: Message, words: str | None) -> None:
    assert words_alone(message) == words
