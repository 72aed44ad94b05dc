"""Watch the stream that a Responses client is given for the finished answer, which is stored.

Strategy: the last event restates the whole answer, so only it is parsed. Servers that leave its
output empty have told each item in an event of its own; those are kept unread until then.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.sse import Frame, SseDecoder
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, text_at, try_parse

_ITEM: Final = b"response.output_item.done"
_ENDS: Final = (b"response.completed", b"response.incomplete")
_KINDS: Final = frozenset(end.decode() for end in _ENDS)


class Given:
    """What one client was given. `answer` is the response object, once it is finished."""

    __slots__ = ("_items", "answer")

    def __init__(self) -> None:
        self._items: list[bytes] = []
        self.answer: JsonObject | None = None

    def take(self, data: bytes) -> None:
        """Look at whole frames that the client has been sent."""
        ends = max(map(data.find, _ENDS)) >= 0
        if not ends and data.find(_ITEM) < 0:
            return
        decoder = SseDecoder()
        for frame in [*decoder.feed(data), *decoder.close()]:
            if frame.data.find(_ITEM) >= 0:
                self._items.append(frame.data)
            elif ends:
                self._end(frame)

    def _end(self, frame: Frame) -> None:
        event = try_parse(frame.data)
        if not isinstance(event, dict) or text_at(event, "type") not in _KINDS:
            return
        answer = object_at(event, "response")
        if answer is not None and not list_at(answer, "output"):
            answer = {**answer, "output": self._told()}
        self.answer = answer

    def _told(self) -> list[Json]:
        events = [try_parse(data) for data in self._items]
        return [event["item"] for event in events if isinstance(event, dict) and "item" in event]
