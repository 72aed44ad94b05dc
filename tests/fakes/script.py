"""What a scripted provider does with a request: one `Reply` each.

A stream's steps are bytes to send and gates to wait at. A gate is an `asyncio.Event` that the test
sets, so that nothing depends on time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from plexus.transforms.wire import Json
from tests.fakes.native.shapes import compact

PATIENCE = 10  # seconds until a test that waits in vain is told so

type Step = bytes | asyncio.Event

# How a reply ends. done: as HTTP wants it. cut: the connection closes although the body is not
# complete. reset: TCP RST.
type Ending = Literal["done", "cut", "reset"]

# How an exchange was over in the end: by script, or closed by the peer before that.
type End = Literal["completed", "cut", "reset", "closed"]

SSE = {"content-type": "text/event-stream; charset=utf-8"}
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer: a head, then steps, then an ending; `head` False resets without an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    streamed: bool = False  # chunked, each step flushed; else one body with its length
    ending: Ending = "done"
    gate: asyncio.Event | None = None  # wait here before anything is sent
    head: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it arrived, and how its connection ended."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    raw: bytes
    body: Json  # None if it was not JSON
    at: float  # the loop's time
    end: asyncio.Future[End] = field(compare=False, repr=False)

    async def ended(self) -> End:
        """Wait until the exchange is over and say how."""
        async with asyncio.timeout(PATIENCE):
            return await asyncio.shield(self.end)


type Scripted = Reply | Callable[[Received], Reply]


def json_reply(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """A JSON body, as it stands."""
    return Reply(status=status, headers={**JSON, **(headers or {})}, steps=[compact(body).encode()])


def body_reply(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """Any body: HTML, nothing at all, JSON that is cut off."""
    return Reply(status=status, headers=headers or {}, steps=[body])


def html(status: int = 200) -> Reply:
    """The page of a proxy that stands in the way."""
    page = b"<html><head><title>Bad gateway</title></head><body>Sorry.</body></html>"
    return body_reply(page, status=status, headers={"content-type": "text/html"})


def empty(status: int = 200) -> Reply:
    """A reply without a body."""
    return body_reply(b"", status=status)


def stream(steps: Sequence[Step], *, ending: Ending = "done") -> Reply:
    """Server-sent events: frames, and gates between them."""
    return Reply(headers=SSE, steps=steps, streamed=True, ending=ending)


def bytewise(frames: Sequence[bytes]) -> Reply:
    """A stream in which every byte is a write of its own."""
    data = b"".join(frames)
    return stream([data[i : i + 1] for i in range(len(data))])


def gated(frames: Sequence[bytes], gate: asyncio.Event, *, after: int = 1) -> Reply:
    """A stream that waits at the gate after its first `after` frames."""
    return stream([*frames[:after], gate, *frames[after:]])


def stalled(gate: asyncio.Event, then: Reply | None = None) -> Reply:
    """No answer until the gate is set, then `then` (an empty 200)."""
    return replace(then or empty(), gate=gate)


def reset() -> Reply:
    """TCP reset instead of an answer."""
    return Reply(head=False)
