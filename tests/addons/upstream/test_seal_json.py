"""What is kept of a turn survives being written down; what is not understood is not used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.seal_json import parts_of, turn_text
from plexus.addons.upstream.seal_turn import outline_of
from plexus.transforms.ir import Media, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import Json, dump_text

TEXTS = st.text()
EXTS = st.dictionaries(
    st.sampled_from(["chat", "messages"]),
    st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers(0, 2**53) | TEXTS),
    max_size=2,
)
SEALS = st.builds(
    Seal,
    dialect=st.sampled_from(["chat", "responses", "messages", "gemini"]),
    kind=st.sampled_from(["signature", "redacted", "encrypted", "thought"]),
    data=TEXTS,
    id=st.none() | TEXTS,
)
PARTS = st.one_of(
    st.builds(
        Thinking,
        text=TEXTS,
        seal=st.none() | SEALS,
        segments=st.lists(TEXTS).map(tuple),
        raw=st.booleans(),
        ext=EXTS,
    ),
    st.builds(ToolCall, id=TEXTS, name=TEXTS, seal=st.none() | SEALS, ext=EXTS),
    st.builds(Text, text=st.just(""), ext=EXTS),
)


@given(st.lists(PARTS).map(tuple))
def test_an_outline_comes_back_as_it_was(parts: tuple[Part, ...]) -> None:
    assert parts_of(turn_text(parts)) == parts


def test_text_that_no_encoding_knows_comes_back_too() -> None:
    parts = (Thinking(text="half \ud83d and nul \x00"),)
    assert "\x00" not in turn_text(parts)
    assert parts_of(turn_text(parts)) == parts


def test_words_and_arguments_are_not_written() -> None:
    turn = (Text(text="the words"), ToolCall(id="c", name="n", arguments='{"the":"argument"}'))
    written = turn_text(tuple(outline_of(turn, "messages")))
    assert "words" not in written and "argument" not in written


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        ["x"],
        [{}],
        [{"type": "picture"}],
        [{"type": "text"}, {"type": "call", "id": "c"}],
        [{"type": "call", "name": "n"}],
        [{"type": "thinking", "seal": {"kind": "signature", "data": "x"}}],
        [{"type": "thinking", "seal": {"dialect": "chat", "kind": "new", "data": "x"}}],
        [{"type": "call", "id": "c", "name": "n", "seal": {"dialect": "chat", "kind": "thought"}}],
    ],
    ids=dump_text,
)
def test_what_this_release_does_not_understand_whole_is_not_used(value: Json) -> None:
    assert parts_of(dump_text(value)) is None


def test_what_is_no_json_is_not_used() -> None:
    assert parts_of("[{") is None


def test_an_outline_holds_nothing_else() -> None:
    with pytest.raises(TypeError, match="Media"):
        turn_text((Media(kind="image"),))
