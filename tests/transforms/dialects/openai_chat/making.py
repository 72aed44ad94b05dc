"""Make requests, answers and streams in a line, and read what comes out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from plexus.transforms import wire
from plexus.transforms.assemble import collect
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.dialects.openai_chat import DIALECT
from plexus.transforms.events import BlockDelta, BlockEnded, BlockStarted, Event, Failed, Started
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Message,
    Part,
    Stop,
    Text,
    Usage,
)

CHAT = DIALECT.chat
MATCH = Match(operation=Operation.CHAT)
PLAIN = Traits()
OFFICIAL = Traits(official=True, max_tokens_field="max_completion_tokens", developer_role=True)


def body(*messages: Any, **fields: Any) -> Any:
    """A request body; without messages, it greets."""
    return {"model": "m", "messages": list(messages) or [user("hi")], **fields}


def user(content: Any, **fields: Any) -> Any:
    """A user's message."""
    return {"role": "user", "content": content, **fields}


def assistant(content: Any = None, **fields: Any) -> Any:
    """An assistant's message."""
    return {"role": "assistant", "content": content, **fields}


def tool(id_: str, content: Any, **fields: Any) -> Any:
    """A tool's message."""
    return {"role": "tool", "tool_call_id": id_, "content": content, **fields}


def call(id_: str, name: str = "f", arguments: Any = "{}", **fields: Any) -> Any:
    """A tool call on the wire."""
    inner = {"name": name, "arguments": arguments}
    return {"id": id_, "type": "function", "function": inner, **fields}


def decoded(raw: Any) -> ChatRequest:
    """A request read from its body."""
    return CHAT.decode_request(MATCH, raw)


def encoded(request: ChatRequest, traits: Traits = PLAIN, receipt: Receipt | None = None) -> Any:
    """The body of a request for a provider."""
    return CHAT.encode_request(request, traits, receipt or Receipt()).body


def again(raw: Any, traits: Traits = PLAIN) -> Any:
    """A body read and written in this dialect."""
    return encoded(decoded(raw), traits)


def noted(request: ChatRequest, traits: Traits = PLAIN) -> list[str]:
    """The receipt of a request for a provider."""
    receipt = Receipt()
    CHAT.encode_request(request, traits, receipt)
    return [str(note) for note in receipt.notes]


def foreign(*messages: Message, **fields: Any) -> ChatRequest:
    """A request that came in another dialect."""
    return ChatRequest(model="m", messages=messages or (said("user", "hi"),), **fields)


def said(role: Any, *parts: Part | str) -> Message:
    """A message of another dialect; strings are texts."""
    return Message(role=role, parts=tuple(Text(text=p) if isinstance(p, str) else p for p in parts))


def answer(*parts: Part, stop: Stop = Stop.END, **fields: Any) -> ChatResponse:
    """An answer of another dialect."""
    return ChatResponse(id="r1", model="m", choices=(Choice(parts=parts, stop=stop),), **fields)


def written(response: ChatResponse, request: ChatRequest | None = None) -> Any:
    """The body of an answer for a client."""
    return CHAT.encode_response(response, request, Receipt())


def message_of(response: ChatResponse, request: ChatRequest | None = None) -> Any:
    """The first message of an answer for a client."""
    return written(response, request)["choices"][0]["message"]


def completion(message: Any, finish: Any = "stop", **fields: Any) -> Any:
    """A provider's answer with one choice."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", **message},
        "finish_reason": finish,
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [choice],
        **fields,
    }


def read(raw: Any) -> ChatResponse:
    """An answer read from a provider's body."""
    return CHAT.decode_response(raw)


def chunk(delta: Any, finish: Any = None, *, index: int = 0, **fields: Any) -> Any:
    """A stream's chunk."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "m",
        "choices": [choice],
        **fields,
    }


def stream(*chunks: Any, done: bool = True) -> bytes:
    """A stream of chunks; strings are whole frames."""
    frames = [
        item if isinstance(item, str) else f"data: {wire.dump_text(item)}\n\n" for item in chunks
    ]
    return "".join([*frames, "data: [DONE]\n\n" if done else ""]).encode()


def events_of(data: bytes, sizes: Sequence[int] = ()) -> list[Event]:
    """The events of a stream, fed whole or in pieces of the given sizes."""
    decoder = CHAT.stream_decoder()
    events: list[Event] = []
    start = 0
    for size in sizes:
        events += decoder.feed(data[start : start + size])
        start += size
    return events + decoder.feed(data[start:]) + decoder.close()


def streamed(*chunks: Any) -> ChatResponse:
    """The whole answer that a stream of chunks gives."""
    return collect(events_of(stream(*chunks)))


def frames(events: Iterable[Event], request: ChatRequest | None = None) -> list[Any]:
    """The chunks of a stream for a client; `[DONE]` stays a string."""
    data = stream_for(events, request).decode()
    assert data == "" or data.endswith("\n\n")
    return [
        text if text == "[DONE]" else wire.parse(text)
        for block in data.split("\n\n")[:-1]
        for text in [block.removeprefix("data: ")]
    ]


def stream_for(events: Iterable[Event], request: ChatRequest | None = None) -> bytes:
    """The bytes of a stream for a client."""
    encoder = CHAT.stream_encoder(request, Receipt())
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def deltas(events: Iterable[Event], request: ChatRequest | None = None) -> list[Any]:
    """The deltas of the first choice, without the role and without the empty ones."""
    found = [
        item["choices"][0]["delta"]
        for item in frames(events, request)
        if isinstance(item, dict) and item.get("choices")
    ]
    return [delta for delta in found if delta and "role" not in delta]


def started(id_: str = "r1") -> Started:
    """The first event of another dialect's stream."""
    return Started(id=id_, model="m", created=5)


def block(index: int, opening: Part, kind: Any = "text", *pieces: str) -> list[Event]:
    """A block that is told in pieces."""
    return [
        BlockStarted(index=index, block=opening),
        *(BlockDelta(index, kind, piece) for piece in pieces),
        BlockEnded(index=index),
    ]


def failure(events: Sequence[Event]) -> Failed:
    """The failure that a stream ends with."""
    last = events[-1]
    assert isinstance(last, Failed)
    return last


def tokens(**counts: Any) -> Usage:
    """Token counts."""
    return Usage(**counts)
