"""What is booked where a provider says nothing, or not all, of usage."""

import struct
from base64 import b64encode

import pytest

from plexus.addons.exchange import Attempt, Buffered, Exchange
from plexus.addons.metering.booked import booked_usage
from plexus.transforms.codec import Match, Operation
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.wire import JsonObject, dump
from tests.addons.factories import DIALECTS, exchange, provider, target
from tests.fakes.native import chat

PROMPT = 3 + 4 + 2  # the call, a turn, two words


def call(*, wanted: bool = True, **other: object) -> Exchange:
    where = target(provider=provider(estimate_tokens=wanted))
    return exchange(
        **{
            "model": "m",
            "body": {"model": "m", "messages": [{"role": "user", "content": "two words"}]},
            "attempts": [Attempt(target=where, dialect=DIALECTS["chat"])],
            **other,
        }
    )


def answer(**message: object) -> Buffered:
    body: JsonObject = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],  # type: ignore[dict-item]  # JSON
    }
    return Buffered(status=200, body=dump(body))


def test_a_whole_answer_without_usage_is_estimated_if_that_is_wanted() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "find", "arguments": '{"a":1}'}}]
    reply = answer(
        role="assistant", content="it is so", reasoning_content="let me see", tool_calls=calls
    )
    assert booked_usage(call(reply=reply), "success") == (
        Usage(input=PROMPT, output=3 + 3 + 1 + 5, reasoning=3), True,
    )  # fmt: skip
    assert booked_usage(call(reply=reply, wanted=False), "success") == (None, False)


def test_a_finished_stream_without_usage_is_estimated_too() -> None:
    streamed = call(stream=True, stop=Stop.END)
    for frame in chat.stream(["one two three"], tokens=None):
        streamed.seen.add(frame)
    assert booked_usage(streamed, "success") == (Usage(input=PROMPT, output=3), True)


@pytest.mark.parametrize("dialect", ["responses", "messages", "gemini"])
def test_the_client_may_speak_any_format(dialect: str) -> None:
    replies: dict[str, JsonObject] = {
        "responses": {
            "id": "r", "object": "response", "created_at": 1, "model": "m", "status": "completed",
            "output": [{
                "type": "message", "id": "m", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "it is so", "annotations": []}],
            }],
        },
        "messages": {
            "id": "m", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "it is so"}], "stop_reason": "end_turn",
        },
        "gemini": {"candidates": [
            {"content": {"role": "model", "parts": [{"text": "it is so"}]}, "finishReason": "STOP"}
        ]},
    }  # fmt: skip
    bodies: dict[str, JsonObject] = {
        "responses": {"model": "m", "input": "two words"},
        "messages": {
            "model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "two words"}],
        },
        "gemini": {"contents": [{"role": "user", "parts": [{"text": "two words"}]}]},
    }  # fmt: skip
    asked = call(
        dialect=DIALECTS[dialect],
        match=Match(Operation.CHAT, "m"),
        body=bodies[dialect],
        reply=Buffered(status=200, body=dump(replies[dialect])),
    )
    assert booked_usage(asked, "success") == (Usage(input=PROMPT, output=3), True)


@pytest.mark.parametrize(
    "reported", [Usage(input=0, output=0), Usage(output=7), Usage(input=5, cache_read=100)]
)
def test_what_was_reported_is_never_overwritten(reported: Usage) -> None:
    asked = call(usage=reported, reply=answer(role="assistant", content="it is so"))
    assert booked_usage(asked, "success") == (reported, False)


def test_a_reported_cost_stays_beside_estimated_tokens() -> None:
    asked = call(usage=Usage(cost=0.5), reply=answer(role="assistant", content="it is so"))
    assert booked_usage(asked, "success") == (Usage(input=PROMPT, output=3, cost=0.5), True)


@pytest.mark.parametrize(
    "other",
    [
        {"reply": Buffered(status=200, body=b"audio"), "match": Match(Operation.SPEECH)},
        {"reply": Buffered(status=200, body=b"no JSON")},
        {"attempts": []},
    ],
)
def test_what_cannot_be_estimated_stays_unknown(other: dict[str, object]) -> None:
    assert booked_usage(call(**other), "success") == (None, False)


def test_failed_calls_are_not_estimated() -> None:
    assert booked_usage(call(reply=answer(role="assistant", content="x")), "error") == (None, False)


def test_pictures_count_by_their_size() -> None:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1024, 1024)
    url = "data:image/png;base64," + b64encode(head + bytes(600)).decode()
    body: JsonObject = {
        "model": "m",
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
        ],
    }
    asked = call(body=body, reply=answer(role="assistant", content="ok"))
    assert booked_usage(asked, "success") == (Usage(input=3 + 4 + 765, output=1), True)


def test_a_prompt_that_cannot_be_read_is_weighed_as_it_is() -> None:
    body: JsonObject = {"model": "m", "messages": "x" * 40}
    asked = call(body=body, reply=answer(role="assistant", content="ok"))
    assert booked_usage(asked, "success") == (Usage(input=10, output=1), True)
