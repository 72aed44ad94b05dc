"""All 75 edge cases of wire-formats.md §10 have tests; here are those that no one dialect owns.

The others stand in the dialects' `test_edge_cases.py`, as `test_<number>_…`, or beside the code
that they concern, as `test_edge_case_<number>_…`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Dialect, Head, Operation, Receipt
from plexus.transforms.events import Event
from plexus.transforms.ir import Text
from plexus.transforms.registry import discover
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at

HERE = Path(__file__).parent
CASES = set(range(1, 76))
_NUMBERED = re.compile(r"^def test_(?:edge_case_)?((?:\d+_(?:and_)?)+)", re.MULTILINE)
DIALECTS: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
CLAUDE: JsonObject = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}},
    ],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


def test_every_case_has_a_test_and_every_number_is_a_case() -> None:
    files = [*HERE.rglob("test_edge_cases.py"), *HERE.glob("dialects/gemini/test_*.py")]
    names = [name for file in files for name in _NUMBERED.findall(file.read_text())]
    numbers = {int(number) for name in names for number in re.findall(r"\d+", name)}
    assert numbers == CASES


def test_24_claudes_call_is_a_tool_call_whole_and_streamed() -> None:
    answer = DIALECTS["messages"].chat.decode_response(CLAUDE)
    whole = DIALECTS["chat"].chat.encode_response(answer, None, Receipt())
    claudes = encoded("messages", replay(answer))
    chunks = encoded("chat", decoded("messages", claudes))
    again = DIALECTS["chat"].chat.encode_response(collect(decoded("chat", chunks)), None, Receipt())
    assert told(whole) == told(again) == ("tool_calls", "I look.", ["look"])


def encoded(dialect: str, events: list[Event]) -> bytes:
    """The stream that events make."""
    encoder = DIALECTS[dialect].chat.stream_encoder(None, Receipt())
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def decoded(dialect: str, data: bytes) -> list[Event]:
    """The events of a stream."""
    decoder = DIALECTS[dialect].chat.stream_decoder()
    return decoder.feed(data) + decoder.close()


def told(body: JsonObject) -> tuple[Json, Json, list[Json]]:
    """Why an answer ended, its words and the names of the calls."""
    (choice,) = objects_at(body, "choices")
    message = object_at(choice, "message") or {}
    calls = [object_at(call, "function") or {} for call in objects_at(message, "tool_calls")]
    return choice["finish_reason"], message["content"], [call["name"] for call in calls]


@pytest.mark.parametrize(
    ("dialect", "path", "body"),
    [
        (
            "messages",
            "/v1/messages/count_tokens",
            {"model": "m", "messages": [{"role": "user", "content": "How long?"}]},
        ),
        (
            "gemini",
            "/v1beta/models/m:countTokens",
            {"contents": [{"role": "user", "parts": [{"text": "How long?"}]}]},
        ),
        ("responses", "/v1/responses/input_tokens", {"model": "m", "input": "How long?"}),
    ],
)
def test_72_a_request_to_count_is_read_as_the_call_it_asks_about(
    dialect: str, path: str, body: JsonObject
) -> None:
    match = DIALECTS[dialect].match(Head("POST", path, "", {}))
    assert match is not None
    assert match.operation is Operation.COUNT_TOKENS
    request = DIALECTS[dialect].chat.decode_request(match, body)
    assert request.model == "m"
    words = [part.text for part in request.messages[0].parts if isinstance(part, Text)]
    assert words == ["How long?"]
