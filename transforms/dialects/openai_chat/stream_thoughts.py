"""Follow the thoughts of one streamed choice: a text field, OpenRouter's details, or both."""

from __future__ import annotations

from dataclasses import dataclass

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.events import BlockDelta, Event, Sealed, Segmented
from plexus.transforms.ir import Seal, Thinking
from plexus.transforms.wire import Json, JsonObject, list_at, text_at

from .fields import NAME
from .reasoning import FIELDS
from .seals import ENCRYPTED, SUMMARY, family, seal_of, skeleton, words_of


@dataclass(slots=True)
class _Open:
    """The thought that is going on; `plain`: told in a text field only."""

    plain: bool
    format: Json = None
    index: Json = None
    summary: bool = False
    sealed: bool = False


class Thoughts:
    """The thinking blocks of one choice; the caller ends the other blocks before a new one."""

    __slots__ = ("_choice", "_key", "_open", "_plainly", "_tracker")

    def __init__(self, choice: int, tracker: BlockTracker) -> None:
        self._choice = choice
        self._tracker = tracker
        self._key = (choice, "thinking")
        self._open: _Open | None = None
        self._plainly = False  # some words came in a text field only

    @property
    def is_open(self) -> bool:
        """Whether a thinking block is open."""
        return self._open is not None

    def end(self) -> list[Event]:
        """End the block that is open, if one is."""
        self._open = None
        return self._tracker.end(self._key)

    def say(self, words: str, field: str | None) -> list[Event]:
        """Take words that came in the text field `field`, or in an array of content."""
        self._plainly = True
        events: list[Event] = []
        if self._open is not None and not self._open.plain:
            events = self.end()
        if self._open is None:
            block = Thinking(ext={NAME: {"field": field}}) if field else Thinking()
            events += self._start(_Open(plain=True), block)
        return [*events, *self._words(words)]

    def detail(self, detail: JsonObject, field: str | None) -> list[Event]:
        """Take one of `reasoning_details`; `field` says its words again."""
        events: list[Event] = []
        words, seal = words_of(detail), seal_of(detail)
        # Details without a text beside them restate what was told in a text before.
        if words and not (self._plainly and field is None):
            events += self._continue(detail, field)
            events += self._words(words)
        if seal is not None:
            events += self._seal(detail, seal, field)
        return events

    def _continue(self, detail: JsonObject, field: str | None) -> list[Event]:
        now, summary = self._open, detail.get("type") == SUMMARY
        if now is not None and not now.plain and not now.sealed:
            same_kind = now.summary == summary and now.format == detail.get("format")
            if same_kind and now.index == detail.get("index"):
                return []
            if same_kind and summary:
                now.index = detail.get("index")
                return self._segmented()
        return [*self.end(), *self._start_detail(detail, field)]

    def _start_detail(self, detail: JsonObject, field: str | None) -> list[Event]:
        summary = detail.get("type") == SUMMARY
        own: JsonObject = {"details": [{"at": 0, "rest": skeleton(detail)}]}
        if field is not None:
            own["field"] = field
        block = Thinking(segments=("",) if summary else (), ext={NAME: own})
        opened = _Open(
            plain=False, format=detail.get("format"), index=detail.get("index"), summary=summary
        )
        return self._start(opened, block)

    def _seal(self, detail: JsonObject, seal: Seal, field: str | None) -> list[Event]:
        now = self._open
        stands_alone = detail.get("type") == ENCRYPTED and family(detail) == "messages"
        events: list[Event] = []
        if now is None or now.sealed or stands_alone:
            events = [*self.end(), *self._start_detail(detail, field)]
            now = self._open
        index = self._tracker.index(self._key)
        if now is not None and index is not None:
            now.sealed = True
            events.append(Sealed(index, seal))
        return events

    def _start(self, opened: _Open, block: Thinking) -> list[Event]:
        self._open = opened
        return self._tracker.start(self._key, block, choice=self._choice, beside=True)

    def _words(self, words: str) -> list[Event]:
        index = self._tracker.index(self._key)
        return [] if index is None else [BlockDelta(index, "thinking", words)]

    def _segmented(self) -> list[Event]:
        index = self._tracker.index(self._key)
        return [] if index is None else [Segmented(index)]


def told(delta: JsonObject) -> tuple[str, str] | None:
    """Return the name and the words of the text field that holds a delta's thoughts."""
    for name in FIELDS:
        if text := text_at(delta, name):
            return name, text
    return None


def details_in(delta: JsonObject) -> list[JsonObject]:
    """Return a delta's `reasoning_details`."""
    return [item for item in list_at(delta, "reasoning_details") if isinstance(item, dict)]
