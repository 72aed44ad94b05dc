"""Google's own client understands what we write for it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from google import genai
from google.genai import errors, types

from plexus.transforms.assemble import replay
from plexus.transforms.codec import Head, Receipt
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Failed
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolSpec,
    Usage,
)
from plexus.transforms.wire import parse_object
from tests.transforms.dialects.gemini.rules import CHAT, streamed

TEXT = "Größe: groß."
ANSWER = ChatResponse(
    id="r1",
    model="m",
    choices=(
        Choice(
            parts=(
                Thinking(text="hm"),
                Text(text=TEXT, citations=(Citation(url="https://a.example", start=7, end=11),)),
                ToolCall(id="c1", name="f", arguments='{"a":1}'),
            ),
            stop=Stop.TOOL,
        ),
    ),
    usage=Usage(input=3, output=5, reasoning=2, cache_read=1),
)
BUSY = GatewayError(Kind.OVERLOADED, "busy", retry_after=3)


def client(answer: Callable[[httpx.Request], httpx.Response]) -> genai.Client:
    """A client whose calls end in this process."""
    options = types.HttpOptions(client_args={"transport": httpx.MockTransport(answer)})
    return genai.Client(api_key="k", http_options=options)


def whole(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=CHAT.encode_response(ANSWER, None, Receipt()))


def busy(request: httpx.Request) -> httpx.Response:
    return httpx.Response(BUSY.status, json=DIALECT.encode_error(BUSY, "req-1"))


def chunked(request: httpx.Request) -> httpx.Response:
    headers = {"content-type": "text/event-stream"}
    return httpx.Response(200, headers=headers, content=streamed(replay(ANSWER)))


def broken(request: httpx.Request) -> httpx.Response:
    headers = {"content-type": "text/event-stream"}
    return httpx.Response(
        200, headers=headers, content=streamed([*replay(ANSWER)[:6], Failed(BUSY)])
    )


def test_the_sdk_reads_a_whole_answer() -> None:
    with client(whole) as google:
        found = google.models.generate_content(model="m", contents="hi")
    assert found.text == TEXT
    assert [(call.id, call.name, call.args) for call in found.function_calls or []] == [
        ("c1", "f", {"a": 1})
    ]
    usage = found.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count) == (4, 3)
    assert (usage.thoughts_token_count, usage.total_token_count) == (2, 9)


def test_the_sdk_reads_a_stream() -> None:
    with client(chunked) as google:
        chunks = list(google.models.generate_content_stream(model="m", contents="hi"))
    assert "".join(chunk.text or "" for chunk in chunks) == TEXT
    calls = [call.name for chunk in chunks for call in chunk.function_calls or []]
    assert calls == ["f"]
    reasons = [chunk.candidates[0].finish_reason for chunk in chunks if chunk.candidates]
    assert reasons == [None] * (len(chunks) - 1) + [types.FinishReason.STOP]


def test_the_sdk_raises_an_error_reply() -> None:
    with client(busy) as google, pytest.raises(errors.ServerError) as caught:
        google.models.generate_content(model="m", contents="hi")
    assert (caught.value.code, caught.value.status) == (503, "UNAVAILABLE")


def test_the_sdk_raises_an_error_in_a_stream() -> None:
    with client(broken) as google, pytest.raises(errors.ServerError, match="busy"):
        list(google.models.generate_content_stream(model="m", contents="hi"))


def test_what_the_sdk_sends_is_understood() -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return whole(request)

    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    config = types.GenerateContentConfig(
        system_instruction="be kind",
        tools=[weather],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        thinking_config=types.ThinkingConfig(thinking_budget=0),
    )
    with client(note) as google:
        google.models.generate_content(model="m", contents="hi", config=config)
    (sent,) = seen
    match = DIALECT.match(Head("POST", sent.url.path, sent.url.query.decode(), {}))
    assert match is not None
    request = CHAT.decode_request(match, parse_object(sent.content))
    assert request.system == (Text(text="be kind"),)
    assert [tool.name for tool in request.tools if isinstance(tool, ToolSpec)] == ["weather"]
    assert request.reasoning is not None
    assert request.reasoning.mode == "off"
