"""The validator finds what Anthropic refuses, and nothing in what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.validate_messages import problems

ASKED = {"role": "user", "content": "Hi"}
CALL = {"type": "tool_use", "id": "c1", "name": "f", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "c1", "content": "ok"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {}}}
MARK = {"cache_control": {"type": "ephemeral"}}


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": [*blocks]}


def told(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [*blocks]}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 2048, "messages": [ASKED, *messages], **fields}


def thinking(budget: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def image(mime: str, data: str) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}}


def test_a_good_request_has_no_problems() -> None:
    shown = {**RESULT, "content": [image("image/png", "AAAA")]}
    good = body(
        said(THOUGHT, CALL), told(shown, text("and?")), system=[text("Be brief.", **MARK)],
        tools=[TOOL], tool_choice={"type": "auto"}, stream=True, temperature=1, **thinking(1024),
    )  # fmt: skip
    assert problems(good) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (body(seed=1), "seed"),
        ({"model": "m", "max_tokens": 1, "messages": [said(text("a"))]}, "first turn"),
        (body(ASKED), "two turns of the user"),
        (body({"role": "system", "content": "b"}), "only Anthropic itself"),
        (body(said()), "says nothing"),
        (
            body(
                said(text("a ")),
            ),
            "white space at the end",
        ),
        (body(said(CALL)), "have no result"),
        (body(said(CALL), ASKED), "are answered by results []"),
        (body(said(text("a")), told(RESULT)), "are answered by results ['c1']"),
        (body(said(CALL), told(text("a"), RESULT)), "behind something else"),
        (body(said(CALL, CALL), told(RESULT, RESULT)), "used twice"),
        (body(said({**CALL, "id": "a.b"}), told({**RESULT, "tool_use_id": "a.b"})), "illegal"),
        (body(said(text(" "))), "a blank text"),
        (body(said({**THOUGHT, "signature": ""}, text("a"))), "without a signature"),
        (body(said(text("a")), told(image("image/svg+xml", "AAAA"))), "an image of type"),
        (body(said(text("a")), told(image("image/png", "A-_A"))), "not base64"),
        (body(tools=[TOOL, TOOL]), "there twice"),
        (body(tools=[{**TOOL, "input_schema": {"anyOf": []}}]), "no plain object"),
        (body(tools=[{**TOOL, "name": "a b"}]), "no tool name"),
        (body(tool_choice={"type": "any"}), "there are no tools"),
        (body(tools=[TOOL], tool_choice={"type": "tool", "name": "g"}), "there is no tool"),
        (body(**thinking(512)), "a budget of 512"),
        (body(**thinking(4096)), "a budget of 4096"),
        (body(tools=[TOOL], tool_choice={"type": "any"}, **thinking(1024)), "a forced call"),
        (body(temperature=0.5, **thinking(1024)), "with thinking on"),
        (body(said(CALL), told(RESULT), tools=[TOOL], **thinking(1024)), "does not begin with any"),
        (body(temperature=1.5), "not within 0 and 1"),
        (body(temperature=1, top_p=0.5), "together"),
        (body(stop_sequences=["\n"]), "a blank one"),
        (body(system=[text("a", **MARK)] * 5), "more than 4 marks"),
        (
            body(output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}}),
            "additionalProperties",
        ),
        (body(said({**THOUGHT, "signature": "gw1.gemini.thought.eA"}, text("a"))), "envelope"),
    ],
)
def test_what_is_wrong_is_named(bad: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(bad))


def test_anthropic_itself_takes_prompts_between_turns() -> None:
    asked = body(said(text("a")), {"role": "system", "content": "b"}, ASKED)
    assert problems(asked, official=True) == []
    assert problems(asked) != []
