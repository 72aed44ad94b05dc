"""Estimated prompts."""

import statistics
from collections.abc import Iterator

import pytest

from plexus.addons.metering.prompt import prompt_tokens
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from tests.addons.factories import DIALECTS
from tests.wire_files import needs_recordings, recordings


def asked(*parts: Part, dialect: str = "chat", **other: object) -> int:
    messages = (Message(role="user", parts=parts),) if parts else ()
    request = ChatRequest(model="m", messages=messages, **other)  # type: ignore[arg-type]  # its fields
    return prompt_tokens(request, dialect)


def test_each_turn_and_the_call_cost_a_little_more_than_their_text() -> None:
    assert asked() == 3
    assert asked(Text(text="one two")) == 3 + 4 + 2
    assert asked(Text(text="one two"), dialect="gemini") == 1 + 2
    assert asked(Text(text="one"), system=(Text(text="be brief"),)) == 3 + 4 + 2 + 4 + 1


@pytest.mark.parametrize(
    ("part", "tokens"),
    [
        (Thinking(text="hm well"), 2),
        (Refusal(text="no"), 1),
        (ToolCall(id="c", name="f", arguments='{"a":1}'), 1 + 5),
        (ToolResult(call_id="c", parts=(Text(text="it rains"), Media(kind="image"))), 2 + 1100),
        (Media(kind="document", text="plain words"), 2),
        (Media(kind="document", data="AAAA"), 1600),
        (Media(kind="image", data="A" * 100_000), 1100),
        (Media(kind="image", detail="low"), 85),
        (Opaque(dialect="x", raw={"a": "b"}), 5),
    ],
)
def test_every_kind_of_part_counts(part: Part, tokens: int) -> None:
    assert asked(part) == 3 + 4 + tokens


@pytest.mark.parametrize(("dialect", "tokens"), [("messages", 1600), ("gemini", 258)])
def test_a_picture_costs_what_its_provider_takes_for_one(dialect: str, tokens: int) -> None:
    bare = asked(Text(text=""), dialect=dialect)
    assert asked(Media(kind="image"), dialect=dialect) == bare + tokens


def test_tools_and_the_answers_shape_are_part_of_the_prompt() -> None:
    tool = ToolSpec(name="find", description="finds it", schema={"type": "object"})
    assert asked(tools=(tool,)) == 3 + 1 + 2 + 5
    assert asked(tools=(tool,), dialect="messages") == 346 + 3 + 1 + 2 + 5
    assert asked(tools=(ServerTool(dialect="x", raw={"a": 1}),)) == 3 + 5
    assert asked(output=OutputFormat(kind="schema", schema={"a": 1})) == 3 + 5
    assert asked(output=OutputFormat(kind="json")) == 3


def ratios(form: str, dialect: str) -> Iterator[float]:
    """Of each recorded call of plain text: what is estimated, to what was billed."""
    chat = DIALECTS[dialect].chat
    for recording in recordings(form, stream=False, ok=True):
        asked, answered = recording.request_body(), recording.response_body()
        if not isinstance(asked, dict) or not isinstance(answered, dict) or "tools" in asked:
            continue
        try:
            request = chat.decode_request(Match(Operation.COUNT_TOKENS, "m"), asked)
            usage = chat.decode_response(answered).usage
        except GatewayError:
            continue
        parts = [part for message in request.messages for part in message.parts]
        if usage is None or not usage.input or not all(isinstance(part, Text) for part in parts):
            continue
        billed = usage.input + (usage.cache_read or 0) + (usage.cache_write or 0)
        yield prompt_tokens(request, dialect) / billed


@needs_recordings
@pytest.mark.parametrize(
    ("form", "dialect"),
    [
        ("openai-chat", "chat"),
        ("openai-responses", "responses"),
        ("anthropic-messages", "messages"),
        ("gemini", "gemini"),
    ],
)
def test_recorded_prompts_are_estimated_about_as_they_were_billed(form: str, dialect: str) -> None:
    found = list(ratios(form, dialect))
    if not found:
        pytest.skip(f"no recorded call of plain text in {form}")
    assert statistics.median(found) == pytest.approx(1, abs=0.25)
