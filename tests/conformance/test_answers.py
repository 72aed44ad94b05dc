"""A loss in an answer that no note owns up to is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Note
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Opaque,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tests.conformance.answers import answer_differences
from tests.conformance.declared import undeclared

SEAL = Seal(dialect="messages", kind="signature", data="s")
PARTS = (
    Thinking(text="Hm.", seal=SEAL),
    Text(text="See.", citations=(Citation(url="https://example.com"),)),
    ToolCall(id="c", name="f", arguments="{}"),
    Opaque(dialect="messages", raw={"type": "x"}),
)
CHOICE = Choice(parts=PARTS, stop=Stop.TOOL, logprobs=[{"token": "a"}])
USAGE = Usage(input=10, output=5, cache_write=3)
WHOLE = ChatResponse(id="r", model="m", choices=(CHOICE, CHOICE), usage=USAGE)


def without(choice: Choice) -> ChatResponse:
    """The answer with another first choice."""
    return replace(WHOLE, choices=(choice, CHOICE))


@pytest.mark.parametrize(
    ("after", "path"),
    [
        (without(replace(CHOICE, parts=PARTS[1:])), "parts[0].seal"),
        (without(replace(CHOICE, parts=(*PARTS[:1], *PARTS[2:]))), "parts[1]"),
        (without(replace(CHOICE, parts=(*PARTS[:2], *PARTS[3:]))), "parts[2]"),
        (without(replace(CHOICE, parts=PARTS[:3])), "parts[3]"),
        (without(replace(CHOICE, stop=Stop.END)), "stop"),
        (without(replace(CHOICE, logprobs=None)), "logprobs"),
        (replace(WHOLE, choices=(CHOICE,)), "choices[1]"),
        (replace(WHOLE, usage=replace(USAGE, output=4)), "usage.output"),
        (replace(WHOLE, usage=None), "usage.input"),
    ],
)
def test_what_is_lost_in_silence_is_found(after: ChatResponse, path: str) -> None:
    found = answer_differences(WHOLE, after, "chat")
    assert [line for line in undeclared(found, ()) if f" {path}: " in line]
    assert not [
        line
        for line in undeclared(found, (Note(path=path, action="dropped"),))
        if f" {path}: " in line
    ]


def test_a_part_has_three_names() -> None:
    found = answer_differences(WHOLE, without(replace(CHOICE, parts=PARTS[:3])), "chat")
    for path in ("parts[3]", "choices[0].parts[3]", "output[3]"):
        assert undeclared(found, (Note(path=path, action="dropped"),)) == []


def test_gemini_counts_what_is_written_to_a_cache_as_input() -> None:
    after = replace(WHOLE, usage=Usage(input=13, output=5))
    assert answer_differences(WHOLE, after, "gemini") == []
    assert answer_differences(WHOLE, after, "chat")


def test_a_stop_that_a_format_has_no_word_for_becomes_the_nearest() -> None:
    before = without(replace(CHOICE, stop=Stop.CONTEXT))
    assert answer_differences(before, without(replace(CHOICE, stop=Stop.LENGTH)), "chat") == []
    assert answer_differences(before, without(replace(CHOICE, stop=Stop.END)), "chat")
