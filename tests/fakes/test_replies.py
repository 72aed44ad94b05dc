"""The fake replies are what the vendors' own SDKs take for real ones."""

from __future__ import annotations

import anthropic.types
import google.genai.types
import openai.types.chat
import openai.types.responses
import pytest
from pydantic import BaseModel, TypeAdapter

from plexus.transforms.sse import SseDecoder
from plexus.transforms.wire import Json, dump, parse
from tests.fakes.native.shapes import Piece, Refused, Stop, Thought, said
from tests.fakes.replies import NATIVE, Call, Tokens, gemini

WHOLE: dict[str, type[BaseModel]] = {
    "chat": openai.types.chat.ChatCompletion,
    "responses": openai.types.responses.Response,
    "messages": anthropic.types.Message,
    "gemini": google.genai.types.GenerateContentResponse,
}
FRAME: dict[str, TypeAdapter[object]] = {
    "chat": TypeAdapter(openai.types.chat.ChatCompletionChunk),
    "responses": TypeAdapter(openai.types.responses.ResponseStreamEvent),
    "messages": TypeAdapter(anthropic.types.RawMessageStreamEvent),
    "gemini": TypeAdapter(google.genai.types.GenerateContentResponse),
}
TOKENS = Tokens(prompt=20, output=9, cached=8, reasoning=4)
CALLS = (Call(), Call(name="look", arguments='{"where":"ü"}', id="call_2"))
ANSWERS: list[tuple[Stop, tuple[Piece, ...]]] = [
    ("end", (Thought(text="hm", seal="c2VhbA=="), said("I ", "look"), *CALLS)),
    ("end", (Thought(text="hm"), said("Hi"))),
    ("length", (said("I look f"),)),
    ("refusal", (Refused("No."),)),
]

each_format = pytest.mark.parametrize("name", NATIVE)


def frames_of(stream: list[bytes]) -> list[Json]:
    """The JSON payloads of a stream, without the pings and terminators that no SDK type has."""
    payloads = [frame.data for frame in SseDecoder().feed(b"".join(stream))]
    values = [parse(data) for data in payloads if data != b"[DONE]"]
    return [value for value in values if value != {"type": "ping"}]


@each_format
def test_whole_answers_validate(name: str) -> None:
    native = NATIVE[name]
    for answer in (native.text("Hi", tokens=TOKENS, thinking="hm"), native.tools(*CALLS)):
        WHOLE[name].model_validate_json(dump(answer))


@each_format
@pytest.mark.parametrize(("stop", "pieces"), ANSWERS)
def test_answers_of_any_pieces_validate(name: str, stop: Stop, pieces: tuple[Piece, ...]) -> None:
    native = NATIVE[name]
    whole = native.answer(*pieces, stop=stop, tokens=TOKENS)
    WHOLE[name].model_validate_json(dump(whole))
    for value in frames_of(native.answer_stream(*pieces, stop=stop, tokens=TOKENS)):
        FRAME[name].validate_python(value)


@each_format
def test_every_frame_of_a_stream_validates(name: str) -> None:
    native = NATIVE[name]
    streams = [
        native.stream(["Hel", "lo"], tokens=TOKENS, thinking="hm"),
        native.tool_stream(*CALLS),
        native.tool_stream(),
    ]
    for value in [value for stream in streams for value in frames_of(stream)]:
        FRAME[name].validate_python(value)


@each_format
def test_errors_hold_their_message(name: str) -> None:
    native = NATIVE[name]
    assert b"too many" in dump(native.error(429, "too many", "quota"))
    assert native.stream_error("broken").rstrip().endswith(b"}")
    assert native.stream_error("broken").count(b"broken") == 1


def test_an_array_holds_the_chunks_of_the_stream() -> None:
    frames = gemini.stream(["Hel", "lo"])
    assert parse(b"".join(gemini.array(frames))) == frames_of(frames)
