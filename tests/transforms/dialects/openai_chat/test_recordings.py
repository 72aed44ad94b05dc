"""Every recorded chat call survives decode and encode, whole, streamed, and at any split."""

from __future__ import annotations

import functools
import random
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Head, Match, Operation, Receipt
from plexus.transforms.dialects.openai_chat import DIALECT
from plexus.transforms.events import Failed, Finished, Started
from plexus.transforms.ir import Refusal, Text, ToolCall
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.openai_chat.canonical import (
    canonical_request,
    canonical_response,
    traits_of,
)
from tests.transforms.dialects.openai_chat.making import CHAT, events_of, stream_for
from tests.wire_files import ClientCall, Recording, each_client_call, each_recording, recordings

FORMATS = ("openai-chat", "other-openai-compatible:")
MOST_BYTES_SINGLY = 20_000


def _match(recording: Recording) -> Match | None:
    return _match_of(recording.load())


def _match_of(data: JsonObject) -> Match | None:
    url = wire.text_at(wire.object_at(data, "request") or {}, "url") or ""
    match = DIALECT.match(Head("POST", urlsplit(url).path, "", {}))
    return match if match and match.operation is Operation.CHAT else None


@functools.cache
def _kinds(recording: Recording) -> frozenset[str]:
    """What a file holds of a chat call; each is read once for this."""
    data: Any = recording.load()
    kinds = set[str]()
    if isinstance((data.get("request") or {}).get("body"), dict) and _match_of(data):
        kinds.add("request")
    body = (data.get("response") or {}).get("body")
    if isinstance(body, dict) and "choices" in body:
        kinds.add("answer")
    if isinstance(body, str) and '"chat.completion.chunk"' in body:
        kinds.add("stream")
        if recording.format == "openai-chat" and _suits_openais_sdk(recording, body):
            kinds.add("plain stream")
    return frozenset(kinds)


def _suits_openais_sdk(recording: Recording, body: str) -> bool:
    """It joins the calls of several choices, and ids and names that are told again."""
    if "n>1" in recording.features:
        return False
    named: set[Any] = set()
    for chunk in _chunks(body):
        if chunk.get("object") != "chat.completion.chunk":  # Azure's first says nothing
            return False
        for choice in chunk.get("choices") or []:
            for call in (choice.get("delta") or {}).get("tool_calls") or []:
                if call.get("id") and call.get("index") in named:
                    return False
                named.add(call.get("index"))
    return True


def _chunks(body: str) -> list[Any]:
    lines = [line[5:].strip() for line in body.splitlines() if line.startswith("data:")]
    return [chunk for line in lines if isinstance(chunk := wire.try_parse(line), dict)]


each_stream = each_recording(*FORMATS, ok=True, where=lambda r: "stream" in _kinds(r))


@each_recording(*FORMATS, where=lambda r: "request" in _kinds(r))
def test_a_recorded_request_survives(recording: Recording) -> None:
    body: Any = recording.request_body()
    match = _match(recording)
    assert match is not None
    if match.model is not None:
        body = {**body, "model": match.model}
    receipt = Receipt()

    again = CHAT.encode_request(CHAT.decode_request(match, body), traits_of(body), receipt)

    assert canonical_request(again.body) == canonical_request(body)
    assert receipt.notes == ()


@each_client_call("/chat/completions")
def test_a_real_clients_request_survives(call: ClientCall) -> None:
    body: Any = call.body
    match = DIALECT.match(Head("POST", call.path.partition("?")[0], "", {}))
    assert match is not None

    again = CHAT.encode_request(CHAT.decode_request(match, body), traits_of(body), Receipt())

    assert canonical_request(again.body) == canonical_request(body)


@each_recording(*FORMATS, ok=True, where=lambda r: "answer" in _kinds(r))
def test_a_recorded_answer_survives(recording: Recording) -> None:
    body: Any = recording.response_body()
    receipt = Receipt()

    response = CHAT.decode_response(body)
    again: Any = CHAT.encode_response(response, None, receipt)

    assert _without_minted_ids(again, body) == canonical_response(body)
    assert receipt.notes == ()
    assert collect(replay(response)) == response


def _without_minted_ids(again: Any, body: Any) -> JsonObject:
    """Undo the ids that we give to calls which came without one."""
    was = canonical_response(body)
    now: Any = canonical_response(again)
    for old, new in zip(was["choices"], now["choices"], strict=True):  # type: ignore[arg-type, call-overload]  # plain JSON
        calls: Any = zip(
            old["message"].get("tool_calls") or [],
            new["message"].get("tool_calls") or [],
            strict=True,
        )
        for before, after in calls:
            if before["id"] == "minted":
                after["id"] = "minted"
    if "model" not in was:  # clients want one
        del now["model"]
    return now


@each_stream
def test_a_recorded_stream_begins_and_finishes_once_per_choice(recording: Recording) -> None:
    events = events_of(recording.stream_bytes())

    finished = [event.choice for event in events if isinstance(event, Finished)]
    assert isinstance(events[0], Started)
    assert [event for event in events if isinstance(event, Failed)] == []
    assert len(finished) == len(set(finished)) >= 1


@each_stream
def test_a_recorded_stream_gives_the_same_events_at_any_split(recording: Recording) -> None:
    data = recording.stream_bytes()
    whole = events_of(data)
    generator = random.Random(recording.name)
    sizes = [generator.randint(1, 700) for _ in range(len(data) // 350 + 2)]

    assert events_of(data, [1] * min(len(data), MOST_BYTES_SINGLY)) == whole
    assert events_of(data, sizes) == whole


@each_stream
def test_a_recorded_stream_survives_being_written_again(recording: Recording) -> None:
    first = collect(events_of(recording.stream_bytes()))

    again = collect(events_of(stream_for(replay(first))))

    assert _told(again) == _told(first)


def _told(response: Any) -> Any:
    """What an answer says. Two things change on purpose: blank arguments become `{}`, and a
    thought from an array of content is told in `reasoning_content` afterwards."""
    told = []
    for choice in response.choices:
        parts = []
        for part in choice.parts:
            match type(part).__name__:
                case "Thinking":
                    parts.append(("thinking", part.text, part.segments, part.seal))
                case "ToolCall":
                    parts.append((part.id, part.name, part.arguments.strip() or "{}", part.seal))
                case _:
                    parts.append(part)
        told.append((parts, choice.stop, choice.logprobs, _without_message(choice.ext)))
    return told, response.usage, response.id, response.model, response.created, response.ext


def _without_message(ext: Any) -> Any:
    return {key: value for key, value in ext["chat"].items() if key != "response"}


@each_recording("openai-chat", ok=True, where=lambda r: "plain stream" in _kinds(r))
def test_a_recorded_stream_gives_what_openais_sdk_accumulates(recording: Recording) -> None:
    state: Any = ChatCompletionStreamState()
    for chunk in _chunks(str(recording.response_body())):
        state.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    theirs = state.current_completion_snapshot.choices[0].message

    ours = collect(events_of(recording.stream_bytes())).parts

    assert _joined(ours, Text) == (theirs.content or "")
    assert _joined(ours, Refusal) == (theirs.refusal or "")
    assert [(p.id, p.name, p.arguments) for p in ours if isinstance(p, ToolCall)] == [
        (c.id, c.function.name, c.function.arguments) for c in theirs.tool_calls or []
    ]


def _joined(parts: Any, kind: Any) -> str:
    return "".join(part.text for part in parts if isinstance(part, kind))


def test_there_are_recordings_of_every_kind_if_there_are_any() -> None:
    found = recordings(*FORMATS)
    if not found:
        pytest.skip("no recordings: set PLEXUS_WIRE_DIR to their folder")

    kinds = set[str]().union(*(_kinds(recording) for recording in found))

    assert kinds == {"request", "answer", "stream", "plain stream"}
