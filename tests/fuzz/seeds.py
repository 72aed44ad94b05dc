"""What mutation starts from: recordings, and streams of our own making where there are none."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from plexus.transforms import wire
from plexus.transforms.assemble import replay
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Citation,
    Media,
    Message,
    Refusal,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import JsonObject
from tests.conformance.corpus import cases, dialects

LONGEST = 30_000  # bytes of a seed


def answer(dialect: str) -> ChatResponse:
    """An answer with everything in it."""
    seal = Seal(dialect=dialect, kind="signature", data="c2Vh", id="rs_1")
    parts = (
        Thinking(text="Hm.", seal=seal, segments=("Hm.",)),
        Text(text="Größe 😀", citations=(Citation(url="https://example.com", start=0, end=2),)),
        ToolCall(id="call_1", name="look", arguments='{"a": "ü", "n": [1, 2]}', seal=seal),
        ToolCall(id="call_2", name="wait"),
        ToolCall(id="call_3", name="run", arguments="say 1", kind="custom"),
        Refusal(text="No."),
        Media(kind="image", mime="image/png", data="aGk="),
    )
    choice = Choice(parts=parts, stop=Stop.TOOL, logprobs=[{"token": "a", "logprob": -0.5}])
    usage = Usage(input=1, output=2, cache_read=3, reasoning=1)
    return ChatResponse(id="r1", model="m", choices=(choice,), usage=usage, created=1)


def made(dialect: str, kind: str) -> bytes:
    """A stream, request, answer or error of our own."""
    codec = dialects()[dialect].chat
    if kind == "stream":
        encoder = codec.stream_encoder(None, Receipt())
        events = replay(answer(dialect))
        return b"".join([encoder.encode(event) for event in events]) + encoder.close()
    if kind == "response":
        return wire.dump(codec.encode_response(answer(dialect), None, Receipt()))
    if kind == "error":
        body: JsonObject = {"error": {"type": "t", "code": 4, "message": "try again in 7m12.3s"}}
        return wire.dump(body)
    message = Message(role="user", parts=(Text(text="Hi"),))
    request = ChatRequest(model="m", messages=(message,), max_output=5)
    official = dialects()[dialect].chat.encode_request(request, Traits(), Receipt())
    return wire.dump(official.body)


@functools.cache
def recorded(kind: str) -> tuple[tuple[str, bytes], ...]:
    """The recordings of a kind, of every dialect, that are not too long."""
    found = []
    for case in cases():
        data = case.data if case.kind == "stream" else wire.dump(case.body)
        if case.kind == kind and len(data) <= LONGEST:
            found.append((case.dialect, data))
    return tuple(found)


def seeds(dialect: str, kind: str) -> Sequence[bytes]:
    """What to mutate for one decoder."""
    return [data for name, data in recorded(kind) if name == dialect] + [made(dialect, kind)]


def others(kind: str) -> Sequence[bytes]:
    """What to splice in: all formats'."""
    return [data for _, data in recorded(kind)] + [made(name, kind) for name in dialects()]
