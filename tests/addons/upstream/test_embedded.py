"""The demo provider from body to bytes, held against OpenAI's own types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from plexus.addons.upstream.embedded import answer
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.sse import SseDecoder
from plexus.transforms.wire import parse_object

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
SHELL = {"type": "custom", "custom": {"name": "shell"}}


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.9
        self.naps: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


async def ask(clock: Clock | None = None, prompt: str = "Hello", **fields: object):
    clock = clock or Clock()
    ids = count(1)
    body = {"model": "demo", "messages": [{"role": "user", "content": prompt}], **fields}
    return await answer(body, now=clock.time, sleep=clock.sleep, new_id=lambda: f"{next(ids):08d}")


async def stream(clock: Clock | None = None, **fields: object) -> list[dict]:
    """Ask for a stream and return its chunks, having checked how it ends."""
    reply = await ask(clock, stream=True, **fields)
    assert isinstance(reply, AsyncIterator)
    data = [frame async for frame in reply]
    frames = SseDecoder().feed(b"".join(data))
    assert len(frames) == len(data)
    assert frames[-1].data == b"[DONE]"
    assert all(not frame.event for frame in frames)
    return [parse_object(frame.data) for frame in frames[:-1]]


def deltas(chunks: list[dict]) -> list[dict]:
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]


async def test_a_whole_reply_is_a_chat_completion():
    reply = await ask(max_tokens=3)

    assert reply == {
        "id": "chatcmpl-00000001",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "demo",
        "system_fingerprint": "plexus-demo",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello from the", "refusal": None},
                "logprobs": None,
                "finish_reason": "length",
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
    }


async def test_whole_tool_calls_hold_their_arguments_as_text():
    reply = await ask(prompt="both", tools=[WEATHER, SHELL])

    assert reply["choices"][0] == {
        "index": 0,
        "message": {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [
                {
                    "id": "call_00000002",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"example city"}'},
                },
                {
                    "id": "call_00000003",
                    "type": "custom",
                    "custom": {"name": "shell", "input": "example input"},
                },
            ],
        },
        "logprobs": None,
        "finish_reason": "tool_calls",
    }


async def test_a_stream_opens_with_the_role_goes_word_by_word_and_says_why_it_ends():
    chunks = await stream(max_tokens=3)

    assert deltas(chunks) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hello"},
        {"content": " from"},
        {"content": " the"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [*[None] * 4, "length"]
    assert chunks[0] == {
        "id": "chatcmpl-00000001",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "demo",
        "system_fingerprint": "plexus-demo",
        "choices": [
            {
                "index": 0,
                "delta": {"role": "assistant", "content": "", "refusal": None},
                "logprobs": None,
                "finish_reason": None,
            }
        ],
    }


async def test_usage_comes_last_and_only_if_asked_for():
    chunks = await stream(max_tokens=3, stream_options={"include_usage": True})

    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * 5
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == (
        [],
        {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
    )
    assert not any("usage" in chunk for chunk in await stream(max_tokens=3))


async def test_streamed_tool_calls_open_once_each_and_go_on_in_fragments():
    chunks = await stream(prompt="both", tools=[WEATHER, SHELL])

    assert deltas(chunks) == [
        {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_00000002",
                    "type": "function",
                    "function": {"name": "weather", "arguments": ""},
                }
            ],
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"example'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ' city"}'}}]},
        {
            "tool_calls": [
                {
                    "index": 1,
                    "id": "call_00000003",
                    "type": "custom",
                    "custom": {"name": "shell", "input": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 1, "custom": {"input": "example"}}]},
        {"tool_calls": [{"index": 1, "custom": {"input": " input"}}]},
        {},
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_a_stream_pauses_before_every_token():
    clock = Clock()

    await stream(clock, max_tokens=4)

    assert clock.naps == [0.025] * 4


async def test_the_next_frame_is_not_made_before_it_is_asked_for():
    clock = Clock()
    reply = await ask(clock, stream=True)

    await anext(reply)

    assert clock.naps == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": "both", "tools": [WEATHER, WEATHER]},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": SCHEMA},
            }
        },
        {"max_tokens": 2, "tools": [WEATHER]},
        {"stop": "Plexus"},
    ],
)
async def test_openais_own_client_puts_a_stream_together_to_the_whole_reply(fields):
    whole = ChatCompletion.model_validate(await ask(**fields), strict=True)
    state = ChatCompletionStreamState()
    for chunk in await stream(stream_options={"include_usage": True}, **fields):
        state.handle_chunk(ChatCompletionChunk.model_validate(chunk, strict=True))

    collected = state.current_completion_snapshot

    assert (collected.id, collected.created, collected.model) == (
        whole.id, whole.created, whole.model,
    )  # fmt: skip
    assert collected.usage == whole.usage
    assert collected.choices[0].finish_reason == whole.choices[0].finish_reason
    assert (collected.choices[0].message.content or "") == (whole.choices[0].message.content or "")
    assert [
        (call.id, call.function.name, call.function.arguments)
        for call in collected.choices[0].message.tool_calls or []
    ] == [
        (call.id, call.function.name, call.function.arguments)
        for call in whole.choices[0].message.tool_calls or []
    ]


async def test_the_same_body_gets_the_same_answer():
    assert await ask() == await ask()


async def test_a_bad_body_is_refused_before_the_stream_begins():
    with pytest.raises(GatewayError) as caught:
        await ask(stream=True, n=2)

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, "n")
