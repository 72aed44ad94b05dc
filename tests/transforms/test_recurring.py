"""Frames that say the same with other words are known, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.recurring import Recurring

PADDING = b',"pad":"'


def frame(words: str, **fields: wire.Json) -> bytes:
    return wire.dump({"id": "r", "said": words, **fields})


def read(data: bytes) -> str | None:
    """The words of a frame, read in full."""
    value = wire.try_parse(data)
    return wire.text_at(value, "said") if isinstance(value, dict) else None


def knowing(data: bytes, words: str) -> Recurring:
    """One that has learned a frame."""
    recurring = Recurring(PADDING)
    recurring.learn(data, words, read)
    return recurring


def test_a_frame_is_known_again_by_all_but_its_words() -> None:
    recurring = knowing(frame("one", x=1), "one")

    assert recurring.words(frame("two", x=1)) == "two"
    assert recurring.words(frame("two", x=2)) is None
    assert recurring.words(frame("two")) is None


@given(words=st.text(), first=st.text(min_size=1), id_=st.text())
def test_words_are_read_as_the_whole_frame_would_give_them(
    words: str, first: str, id_: str
) -> None:
    recurring = knowing(frame(first, id=id_), first)

    learned = recurring.words(frame(first, id=id_)) == first
    assert recurring.words(frame(words, id=id_)) == ((words or None) if learned else None)


@given(words=st.text(max_size=3), junk=st.binary(max_size=6))
def test_what_is_no_string_in_the_place_of_the_words_is_not_taken_for_one(
    words: str, junk: bytes
) -> None:
    before, behind = frame("one").split(b'"one"')
    data = before + junk + behind
    known = knowing(frame("one"), "one").words(data)

    assert known is None or known == read(data)
    assert knowing(frame("one"), "one").words(before + wire.dump(words) + behind) == (words or None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"id":"one","said":"\\u006fne"}', "one"),  # the only "one" is not what was said
        (b'{"a":"b","said":","}', ","),  # between two fields stands a "," too
        (b'{"said":"one"}', "two"),
        (b'{"said":["one"]}', "one"),
        (b"no JSON", "one"),
    ],
)
def test_a_frame_whose_words_have_no_certain_place_is_not_learned(data: bytes, words: str) -> None:
    assert knowing(data, words).words(data) is None


def test_a_forgotten_frame_is_unknown() -> None:
    recurring = knowing(frame("one"), "one")
    recurring.forget()

    assert recurring.words(frame("two")) is None


@pytest.mark.parametrize("filling", ["", "a", "Zz09"])
@pytest.mark.parametrize("more", [{}, {"object": "chunk", "usage": None}])
def test_padding_may_differ(filling: str, more: wire.JsonObject) -> None:
    recurring = knowing(frame("one", pad="xyz", **more), "one")

    assert recurring.words(frame("two", pad=filling, **more)) == "two"


@pytest.mark.parametrize(
    ("learned", "met"),
    [
        (frame("one", pad="xyz"), frame("two", pad='a"b')),
        (frame("one", pad="xyz"), frame("two", pad="xyz", x=1)),
        (frame("one", pad="xyz"), frame("two")),
        (frame("one", pad="x", y=1), frame("two", pad="y", y=2)),
        (frame("one", y={"a": 1, "pad": "x"}), frame("two", y={"a": 1, "pad": "y"})),  # another's
        (
            frame("one", y={"a": 1, "pad": "x"}, z=1),
            frame("two", y={"a": 1, "pad": "y"}, z=1),
        ),
        (frame("one", pad='a"b'), frame("two", pad="a")),
    ],
)
def test_only_plain_padding_of_the_whole_frame_may_differ(learned: bytes, met: bytes) -> None:
    assert knowing(learned, "one").words(met) is None


def test_a_stream_that_never_repeats_itself_is_soon_no_longer_learned() -> None:
    recurring, reads = Recurring(), list[bytes]()

    def counted(data: bytes) -> str | None:
        reads.append(data)
        return read(data)

    for number in range(100):
        data = frame("one", x=number)
        assert recurring.words(data) is None
        recurring.learn(data, "one", counted)

    assert len(reads) < 20
