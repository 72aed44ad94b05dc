"""Anthropic's own client reads what we write, and understands our errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import anthropic
import httpx2
import pytest
from anthropic.types import Message, MessageParam, TextBlock, ThinkingBlock, ToolUseBlock

from plexus.transforms import wire
from plexus.transforms.assemble import replay
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, BlockStarted, Event, Failed, Started
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from tests.transforms.dialects.anthropic.rules import encoded

HI: MessageParam = {"role": "user", "content": "hi"}
# An answer as another provider gives it.
ANSWER = ChatResponse(
    id="chatcmpl-7",
    model="gpt",
    choices=(
        Choice(
            parts=(
                Thinking(text="hm"),
                Text(text="Let me see."),
                ToolCall(id="call_1", name="look", arguments='{"place": "Köln", "n": [1, 2]}'),
                ToolCall(id="call_2", name="wait", arguments=""),
                ToolCall(id="call_3", name="exec", arguments='say "ü"\n', kind="custom"),
            ),
            stop=Stop.TOOL,
        ),
    ),
    usage=Usage(input=11, output=22, cache_read=33, reasoning=4),
)


def client(status: int, body: bytes, kind: str) -> anthropic.Anthropic:
    """A client whose every call is answered with `body`."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, content=body, headers={"content-type": kind})

    return anthropic.Anthropic(
        api_key="k",
        max_retries=0,
        http_client=anthropic.DefaultHttpxClient(transport=httpx2.MockTransport(answer)),
    )


@pytest.fixture(params=["whole", "streamed"])
def message(request: pytest.FixtureRequest) -> Iterator[Message]:
    """The answer as the client reads it, whole or as a stream."""
    if request.param == "whole":
        body = wire.dump(DIALECT.chat.encode_response(ANSWER, None, Receipt()))
        with client(200, body, "application/json") as sdk:
            yield sdk.messages.create(model="claude", max_tokens=5, messages=[HI])
    else:
        yield final_message(replay(ANSWER))


def final_message(events: Sequence[Event]) -> Message:
    """What the client accumulates of a stream."""
    with (
        client(200, encoded(events), "text/event-stream") as sdk,
        sdk.messages.stream(model="claude", max_tokens=5, messages=[HI]) as stream,
    ):
        return stream.get_final_message()


def test_the_client_reads_every_block(message: Message) -> None:
    thinking, text, look, wait, execute = message.content
    assert isinstance(thinking, ThinkingBlock)
    assert (thinking.thinking, thinking.signature) == ("hm", "")
    assert isinstance(text, TextBlock)
    assert text.text == "Let me see."
    calls = [block for block in (look, wait, execute) if isinstance(block, ToolUseBlock)]
    assert [(each.id, each.name, each.input) for each in calls] == [
        ("call_1", "look", {"place": "Köln", "n": [1, 2]}),
        ("call_2", "wait", {}),
        ("call_3", "exec", {"input": 'say "ü"\n'}),
    ]


def test_the_client_reads_the_rest(message: Message) -> None:
    assert (message.id, message.model, message.role) == ("msg_chatcmpl-7", "gpt", "assistant")
    assert (message.stop_reason, message.stop_sequence) == ("tool_use", None)
    usage = message.usage
    assert (usage.input_tokens, usage.output_tokens) == (11, 22)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (33, 0)
    assert usage.output_tokens_details is not None
    assert usage.output_tokens_details.thinking_tokens == 4


def test_the_answer_fits_the_clients_types_strictly() -> None:
    body = wire.dump(DIALECT.chat.encode_response(ANSWER, None, Receipt()))
    assert Message.model_validate_json(body).content


def test_a_refusal_is_one_to_the_client() -> None:
    choice = Choice(parts=(Refusal(text="No."),), stop=Stop.END, stop_detail="policy")
    read = final_message(replay(ChatResponse(id="1", model="m", choices=(choice,))))
    assert read.stop_reason == "refusal"
    assert read.stop_details is not None
    assert read.stop_details.explanation == "policy"


def test_calls_that_arrive_mixed_are_read_apart() -> None:
    events: list[Event] = [
        Started(id="1", model="m"),
        *(BlockStarted(index=n, block=ToolCall(id=f"t{n}", name="f")) for n in range(2)),
        BlockDelta(1, "arguments", '{"b"'),
        BlockDelta(0, "arguments", '{"a"'),
        BlockDelta(1, "arguments", ": 2}"),
        BlockDelta(0, "arguments", ": 1}"),
    ]
    read = final_message(events)
    assert [block.input for block in read.content if isinstance(block, ToolUseBlock)] == [
        {"a": 1},
        {"b": 2},
    ]
    assert read.stop_reason == "tool_use"


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        (Kind.BAD_REQUEST, anthropic.BadRequestError),
        (Kind.UNAUTHENTICATED, anthropic.AuthenticationError),
        (Kind.FORBIDDEN, anthropic.PermissionDeniedError),
        (Kind.NOT_FOUND, anthropic.NotFoundError),
        (Kind.RATE_LIMITED, anthropic.RateLimitError),
        (Kind.QUOTA, anthropic.RateLimitError),
        (Kind.OVERLOADED, anthropic.APIStatusError),
        (Kind.INTERNAL, anthropic.InternalServerError),
        (Kind.UPSTREAM_DOWN, anthropic.InternalServerError),
    ],
)
def test_an_error_is_the_exception_that_anthropic_would_cause(
    kind: Kind, raised: type[anthropic.APIStatusError]
) -> None:
    error = GatewayError(kind, "words")
    body = wire.dump(DIALECT.encode_error(error, "req_1"))
    with (
        client(DIALECT.status(error), body, "application/json") as sdk,
        pytest.raises(raised, match="words"),
    ):
        sdk.messages.create(model="claude", max_tokens=5, messages=[HI])


def test_an_error_inside_a_stream_is_an_exception() -> None:
    events: list[Event] = [
        Started(id="1", model="m"),
        BlockStarted(index=0, block=Text(text="a")),
        Failed(GatewayError(Kind.OVERLOADED, "too busy")),
    ]
    with pytest.raises(anthropic.APIStatusError, match="too busy"):
        final_message(events)
