"""A loss that no note owns up to is found; one that is declared, and mere form, are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexus.transforms.codec import Note
from plexus.transforms.ir import (
    CacheMark,
    ChatRequest,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    ToolSpec,
)
from tests.conformance.declared import undeclared
from tests.conformance.requests import request_differences

SCHEMA: Any = {"type": "object", "properties": {"a": {"type": "string"}}}
CALL = ToolCall(id="c1", name="look", arguments='{"a": 1}')
RESULT = ToolResult(call_id="c1", parts=(Text(text="found"),))
WHOLE = ChatRequest(
    model="m",
    system=(Text(text="Be brief."),),
    messages=(
        Message(role="user", parts=(Text(text="What is it?"), Media(kind="image", data="AAAA"))),
        Message(role="assistant", parts=(Thinking(text="Hm."), Text(text="Let me see."), CALL)),
        Message(role="user", parts=(RESULT,)),
    ),
    tools=(ToolSpec(name="look", description="Looks.", schema=SCHEMA),),
    max_output=100,
    sampling=Sampling(temperature=0.5, stop=("x",)),
    reasoning=Reasoning(effort="high"),
)


def turns(*parts: Any) -> ChatRequest:
    """The request with another answer of the assistant."""
    before, answer, after = WHOLE.messages
    return replace(WHOLE, messages=(before, replace(answer, parts=parts), after))


@pytest.mark.parametrize(
    ("after", "path"),
    [
        (replace(WHOLE, system=()), "system[0]"),
        (replace(WHOLE, messages=WHOLE.messages[1:]), "messages[0].parts[0]"),
        (turns(Text(text="Let me see."), CALL), "messages[1].parts[0]"),
        (turns(Thinking(text="Hm."), Text(text="Let me see.")), "messages[1].parts[2]"),
        (turns(Thinking(text="Hm."), Text(text="Let me"), CALL), "messages[1].parts[1]"),
        (replace(WHOLE, tools=()), "tools[0]"),
        (replace(WHOLE, tools=(ToolSpec(name="look", schema=SCHEMA),)), "tools[0].description"),
        (replace(WHOLE, max_output=None), "max_output"),
        (replace(WHOLE, sampling=Sampling(temperature=0.5)), "sampling.stop"),
        (replace(WHOLE, reasoning=None), "reasoning.mode"),
        (replace(WHOLE, tool_choice=ToolChoice(mode="none")), "tool_choice"),
        (replace(WHOLE, parallel_tools=False), "parallel_tools"),
        (replace(WHOLE, output=OutputFormat(kind="json")), "output.kind"),
    ],
)
def test_what_is_lost_in_silence_is_found(after: ChatRequest, path: str) -> None:
    found = request_differences(WHOLE, after)
    assert [line for line in undeclared(found, ()) if f" {path}: " in line]
    note = Note(path=path, action="coerced")
    assert [line for line in undeclared(found, (note,)) if f" {path}: " in line] == []


def test_a_cache_mark_and_a_field_of_one_format_count_too() -> None:
    marked = replace(WHOLE, cache=CacheMark(), ext={"chat": {"logit": 1}})
    assert undeclared(request_differences(marked, WHOLE), ()) == [
        "lost cache: 1 cache marks",
        "lost logit: a field of chat",
    ]


def test_a_note_of_something_else_excuses_nothing() -> None:
    found = request_differences(WHOLE, replace(WHOLE, max_output=None))
    assert undeclared(found, (Note(path="max", action="dropped"),))
    assert undeclared(found, (Note(path="max_output", action="invented"),))


def test_words_from_nowhere_are_found() -> None:
    before, *rest = WHOLE.messages
    after = replace(WHOLE, messages=(Message(role="user", parts=(Text(text="."),)), before, *rest))
    assert undeclared(request_differences(WHOLE, after), ()) == [
        "gained messages: text on user: '.'"
    ]


def test_how_turns_are_cut_does_not_matter() -> None:
    before, answer, after = WHOLE.messages
    other = replace(
        WHOLE,
        system=(),
        messages=(
            Message(role="system", parts=(Text(text="Be brief."),)),
            *(Message(role="user", parts=(part,)) for part in before.parts),
            answer,
            after,
        ),
    )
    assert request_differences(WHOLE, other) == []


def test_one_thing_in_two_spellings_is_one() -> None:
    other = replace(
        turns(Thinking(text="Hm."), Text(text="Let me see."), replace(CALL, arguments='{"a":1}')),
        sampling=Sampling(temperature=0.5, stop=("x",), n=1),
        reasoning=Reasoning(budget=16384),
        tier="auto",
    )
    assert request_differences(WHOLE, other) == []
