"""What Google accepts and what its clients rely on, as checks that tests run on our output."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from google.genai import types

from plexus.transforms import wire
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini import DIALECT
from plexus.transforms.dialects.gemini.codec import GeminiChat
from plexus.transforms.dialects.gemini.stream_encode import Encoder
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    Sealed,
    Segmented,
    Started,
)
from plexus.transforms.ir import ChatRequest, Message, Text
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at, text_at

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
CHAT = GeminiChat()


def request(*messages: Message, **fields: object) -> ChatRequest:
    """A request that greets, unless told otherwise."""
    greeting = Message(role="user", parts=(Text(text="Hello"),))
    values: dict[str, object] = {"model": "gemini-2.5-flash", "messages": messages or (greeting,)}
    return ChatRequest(**{**values, **fields})  # type: ignore[arg-type]  # a test's shorthand


def encoded(request: ChatRequest, receipt: Receipt | None = None, **traits: object) -> JsonObject:
    """The body that a provider with `traits` gets."""
    wanted = Traits(**traits)  # type: ignore[arg-type]  # a test's shorthand
    return CHAT.encode_request(request, wanted, receipt or Receipt()).body


def notes(receipt: Receipt) -> list[str]:
    """What a receipt says, without the reasons."""
    return [f"{note.action} {note.path}" for note in receipt.notes]


def decoded(pieces: Sequence[bytes]) -> list[Event]:
    """The events of a stream that arrives in pieces."""
    decoder = DIALECT.chat.stream_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def streamed(
    events: Sequence[Event], receipt: Receipt | None = None, request: ChatRequest | None = None
) -> bytes:
    """The SSE stream that events make for a Gemini client."""
    encoder = Encoder(request, receipt or Receipt())
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def sse(*chunks: JsonObject) -> bytes:
    """A stream as Google writes it."""
    return b"".join(b"data: " + wire.dump(chunk) + b"\r\n\r\n" for chunk in chunks)


def chunk(*parts: JsonObject, **candidate: Json) -> JsonObject:
    """A chunk with one candidate."""
    content: JsonObject = {"role": "model", "parts": [*parts]}
    return {
        "candidates": [{"content": content, "index": 0, **candidate}],
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
    }


def frames(data: bytes) -> list[JsonObject]:
    """The chunks of an SSE stream, which must be framed as Google's are."""
    blocks = data.split(b"\r\n\r\n")
    assert blocks.pop() == b""
    assert all(block.startswith(b"data: {") and b"\n" not in block for block in blocks)
    return [wire.parse_object(block[6:]) for block in blocks]


def check_balanced(events: Sequence[Event]) -> None:
    """Assert that blocks are opened and closed in order, and that each choice ends once."""
    assert isinstance(events[0], Started)
    opened: set[int] = set()
    finished: set[int] = set()
    begun = 0
    for event in events[1:]:
        match event:
            case BlockStarted(index=index):
                assert index == begun
                begun += 1
                opened.add(index)
            case BlockEnded(index=index):
                opened.remove(index)
            case BlockDelta(index=index) | Sealed(index=index) | Cited(index=index):
                assert index in opened
            case Segmented(index=index):
                assert index in opened
            case Finished(choice=choice):
                assert choice not in finished
                finished.add(choice)
            case Failed():
                assert event is events[-1]
            case _:
                assert not isinstance(event, Started)
    assert finished or isinstance(events[-1], Failed)
    assert not opened or isinstance(events[-1], Failed)


def check_stream(data: bytes) -> None:
    """Assert that a stream is one that Google could have sent."""
    chunks = frames(data)
    assert chunks
    for body in chunks[:-1]:
        assert "error" not in body
        assert not any(c.get("finishReason") for c in objects_at(body, "candidates"))
    last = chunks[-1]
    if "error" in last:
        error = object_at(last, "error") or {}
        assert set(error) >= {"code", "message", "status"}
        return
    endings = objects_at(last, "candidates")
    assert all(text_at(candidate, "finishReason") for candidate in endings)
    assert endings or object_at(last, "promptFeedback")
    for body in chunks:
        check_answer(body)


def check_answer(body: JsonObject) -> None:
    """Assert that an answer is one that google-genai understands."""
    types.GenerateContentResponse.model_validate(json.loads(wire.dump(body)))


def check_request(body: JsonObject) -> None:
    """Assert that a request made from another format's is one that Google accepts."""
    body = json.loads(wire.dump(body))
    contents = objects_at(body, "contents")
    for content in contents:
        types.Content.model_validate(content)
        assert list_at(content, "parts")
    roles = [text_at(content, "role") for content in contents]
    assert roles == ["user" if number % 2 == 0 else "model" for number in range(len(roles))]
    assert roles
    _check_pairs(contents)
    for tool in objects_at(body, "tools"):
        types.Tool.model_validate(tool)
    _check_functions(objects_at(body, "tools"))
    for key, kind in (
        ("generationConfig", types.GenerationConfig),
        ("toolConfig", types.ToolConfig),
    ):
        if key in body:
            kind.model_validate(body[key])
    known = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig"}
    assert set(body) <= known | {"serviceTier"}


def _check_pairs(contents: list[JsonObject]) -> None:
    for number, content in enumerate(contents):
        calls = _named(content, "functionCall")
        after = contents[number + 1] if number + 1 < len(contents) else {}
        if content.get("role") == "model":
            assert calls == _named(after, "functionResponse")
        else:
            assert not calls


def _named(content: JsonObject, key: str) -> list[str | None]:
    found = [object_at(part, key) for part in objects_at(content, "parts")]
    return [text_at(item, "name") for item in found if item is not None]


def _check_functions(tools: list[JsonObject]) -> None:
    lists = [tool for tool in tools if "functionDeclarations" in tool]
    assert len(lists) <= 1
    names = [
        str(text_at(declaration, "name"))
        for tool in lists
        for declaration in objects_at(tool, "functionDeclarations")
    ]
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
