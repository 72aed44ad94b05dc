"""A client tells a whole answer from half of one, in each format."""

from dataclasses import replace

import pytest

from tests.chaos.calls import FORMATS, Call, planned
from tests.chaos.formats import heard
from tests.fakes.native.shapes import compact
from tests.fakes.replies import NATIVE

each_format = pytest.mark.parametrize("name", FORMATS)


def a_call(name: str, *, stream: bool) -> Call:
    return replace(planned(10, seed=1)[0], format=name, stream=stream)


@each_format
def test_a_whole_answer_is_read(name: str) -> None:
    found = heard(a_call(name, stream=False), compact(NATIVE[name].text("Hello")).encode())
    assert (found.text, found.is_one_answer) == ("Hello", True)


@each_format
def test_a_stream_is_read(name: str) -> None:
    frames = NATIVE[name].stream(["Hel", "lo"])
    found = heard(a_call(name, stream=True), b"".join(frames))
    assert (found.text, found.is_one_answer, found.is_told_of_failure) == ("Hello", True, False)


@each_format
def test_two_answers_in_one_reply_are_none(name: str) -> None:
    frames = NATIVE[name].stream(["Hel", "lo"])
    assert not heard(a_call(name, stream=True), b"".join([*frames, *frames])).is_one_answer


@each_format
def test_an_answer_without_an_end_is_none_and_nobody_was_told(name: str) -> None:
    frames = NATIVE[name].stream(["Hel", "lo"])
    found = heard(a_call(name, stream=True), b"".join(frames[:2]))
    assert (found.is_one_answer, found.is_told_of_failure) == (False, False)


@each_format
def test_an_error_in_the_stream_tells(name: str) -> None:
    native = NATIVE[name]
    reply = [*native.stream(["Hel", "lo"])[:2], native.stream_error("broken")]
    found = heard(a_call(name, stream=True), b"".join(reply))
    assert (found.is_one_answer, found.is_told_of_failure) == (False, True)


@each_format
def test_an_error_behind_a_finished_answer_does_not(name: str) -> None:
    native = NATIVE[name]
    reply = [*native.stream(["Hel", "lo"]), native.stream_error("broken")]
    found = heard(a_call(name, stream=True), b"".join(reply))
    assert (found.is_one_answer, found.is_told_of_failure) == (False, False)


@each_format
def test_half_an_event_is_neither(name: str) -> None:
    reply = b"".join(NATIVE[name].stream(["Hel", "lo"])[:2])[:-2]
    found = heard(a_call(name, stream=True), reply)
    assert (found.is_one_answer, found.is_told_of_failure) == (False, False)
