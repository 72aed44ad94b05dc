"""The validator finds what OpenAI refuses, and nothing in what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.validate_chat import problems

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASKED = {"role": "user", "content": "Hi"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def body(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [ASKED, *messages], **fields}


def image(url: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}


def schema(name: str, **shape: Any) -> dict[str, Any]:
    inner = {"name": name, "strict": True, "schema": {"type": "object", **shape}}
    return {"type": "json_schema", "json_schema": inner}


def test_a_good_request_has_no_problems() -> None:
    good = body(
        CALLED, RESULT, image("data:image/png;base64,AAAA"),
        tools=[TOOL], tool_choice={"type": "function", "function": {"name": "f"}},
        response_format=schema("a", additionalProperties=False), stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    assert problems(good, official=True) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (body(top_k=3), "top_k"),
        (body({"role": "assistant", "content": "a", "reasoning_content": "b"}), "reasoning_cont"),
        (body(CALLED), "have no tool message"),
        (body(CALLED, ASKED, RESULT), "have no tool message"),
        (body(RESULT), "answers no call"),
        (body({"role": "assistant", "content": ""}), "says nothing"),
        (body({**CALLED, "tool_calls": [CALL, CALL]}, RESULT), "used twice"),
        (body({**CALLED, "tool_calls": [{**CALL, "id": "c" * 41}]}), "too long"),
        (body(image("data:image/svg+xml;base64,AAAA")), "no picture"),
        (body(image("data:image/png;base64,A-_A")), "no picture"),
        (body(tools=[]), "an empty list"),
        (body(tools=[TOOL, TOOL]), "there twice"),
        (body(tool_choice="auto"), "there are no tools"),
        (
            body(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "g"}}),
            "no tool",
        ),
        (body(response_format={"type": "json_object"}), "without the word JSON"),
        (body(response_format=schema("a b")), "missing or illegal"),
        (body(response_format=schema("a")), "additionalProperties"),
        (body(stream=True), "usage is not asked for"),
        (body(max_tokens=3), "max_completion_tokens"),
        (body(stop=["a", "b", "c", "d", "e"]), "more than four"),
        (body({"role": "user", "content": "gw1.messages"}, user="gw1.messages.signature.x"), "env"),
    ],
)
def test_what_is_wrong_is_named(bad: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(bad, official=True))


def test_extensions_are_taken_where_a_provider_has_them() -> None:
    told = body({"role": "assistant", "content": "a", "reasoning_content": "b"})
    assert problems(told, extensions=frozenset({"reasoning_content"})) == []
