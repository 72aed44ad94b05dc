"""Write an answer's events as a stream for a client (wire-formats.md §2.3, §8)."""

from __future__ import annotations

from plexus.transforms import sse
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.assembly import Assembly
from plexus.transforms.dialects.openai_responses.errors import error_event
from plexus.transforms.events import BlockDelta, Event, Failed
from plexus.transforms.ir import ChatRequest
from plexus.transforms.wire import JsonObject


class ResponsesStreamEncoder:
    """Numbers and prints what the assembly says.

    The last event waits for `close`: usage may follow the finish, and nothing may follow it.
    """

    def __init__(self, request: ChatRequest | None, receipt: Receipt) -> None:
        self._assembly = Assembly(request, receipt)
        self._number = 0
        self._ended = False

    def encode(self, event: Event) -> bytes:
        """Return the frames of an event; after a failure nothing."""
        if self._ended:
            return b""
        if isinstance(event, BlockDelta) and (frame := self._assembly.go_on(event)) is not None:
            self._number += 1
            return frame.print(event.text, self._number - 1)
        if isinstance(event, Failed):
            self._ended = True
            if not self._assembly.has_started:
                return error_event(event.error, 0)
        return self._printed(self._assembly.take(event))

    def close(self) -> bytes:
        """Return the frames that end the stream."""
        if self._ended:
            return b""
        self._ended = True
        return self._printed(self._assembly.finish())

    def _printed(self, events: list[JsonObject]) -> bytes:
        return b"".join([self._frame(event) for event in events])

    def _frame(self, event: JsonObject) -> bytes:
        event["sequence_number"] = self._number
        self._number += 1
        return sse.frame(event, str(event["type"]))
