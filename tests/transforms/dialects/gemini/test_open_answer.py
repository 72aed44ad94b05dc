"""What is remembered of an answer while it is streamed."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.open_answer import (
    OpenBlock,
    OpenChoice,
    ending,
    is_whole,
    moved,
    whole_call,
)
from plexus.transforms.events import Finished
from plexus.transforms.ir import Citation, Seal, Stop, Text, ToolCall

CALL = ToolCall(id="c", name="f", ext=mark({}))
EARLY = Seal(dialect="gemini", kind="thought", data="AAAA")
LATE = Seal(dialect="gemini", kind="thought", data="BBBB")


def test_a_call_has_the_arguments_and_the_seal_that_came() -> None:
    block = OpenBlock(CALL, 0, 0, arguments=['{"a"', ":1}"], seal=LATE)
    assert whole_call(block, CALL, None) == ToolCall(
        id="c", name="f", arguments='{"a":1}', seal=LATE, ext=mark({})
    )


def test_a_restated_call_holds_but_for_what_only_its_opening_knew() -> None:
    block = OpenBlock(CALL, 0, 0, arguments=["{"], seal=EARLY)
    restated = ToolCall(id="c", name="f", arguments="{}")
    assert whole_call(block, CALL, restated) == ToolCall(
        id="c", name="f", arguments="{}", seal=EARLY, ext=mark({})
    )


@pytest.mark.parametrize(
    ("arguments", "whole"), [(["{", "}"], True), (["{"], False), ([], False), (["1"], False)]
)
def test_arguments_are_whole_if_they_are_an_object(arguments: list[str], whole: bool) -> None:
    assert is_whole(OpenBlock(CALL, 0, 0, arguments=arguments)) is whole


def test_citations_count_from_the_beginning_of_the_answer() -> None:
    block = OpenBlock(Text(text=""), 0, begin=10)
    assert moved(block, 20, Citation(start=1, end=3)) == Citation(start=11, end=13)
    assert moved(block, 20, Citation()) == Citation(start=10, end=20)


def test_a_choice_without_an_end_ends_for_another_reason() -> None:
    assert ending(1, OpenChoice())["finishReason"] == "OTHER"


def test_a_choice_that_stands_for_no_candidate_is_absent_while_it_is_empty() -> None:
    blocked = Finished(stop=Stop.FILTER, ext=mark({"noCandidate": True}))
    assert OpenChoice(finished=blocked).is_absent()
    assert not OpenChoice(finished=blocked, is_empty=False).is_absent()
    assert not OpenChoice().is_absent()
