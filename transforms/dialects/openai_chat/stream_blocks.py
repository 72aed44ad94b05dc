"""Turn the blocks of one streamed choice into chat deltas for a client.

Memory is constant, but for what the format forces: see `thought_writer` and `call_writer`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plexus.transforms.codec import Receipt
from plexus.transforms.ir import (
    Citation,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject

from .answer import PICTURE, Client, audio, is_picture, note_of
from .assistant_encode import own_audio
from .call_writer import CallWriter
from .fields import NAME, is_own, rest
from .media_encode import image_part
from .prose import Prose, cite
from .thought_writer import ThoughtWriter

type Deltas = list[JsonObject]


@dataclass(slots=True)
class _OpenText:
    path: str
    start: int  # in the whole text
    refusal: bool = False
    said: bool = False
    citations: list[Citation] = field(default_factory=list)


type _Open = _OpenText | ThoughtWriter | CallWriter


class ChoiceWriter:
    """Writes one choice; blocks may be open side by side."""

    def __init__(self, client: Client, receipt: Receipt, path: str) -> None:
        self.calls = 0
        self.refused = False
        self._client = client
        self._receipt = receipt
        self._path = path
        self._prose = Prose()
        self._thoughts = 0
        self._open: dict[int, _Open] = {}

    def open(self, index: int, block: Part) -> Deltas:
        """Begin a block; it may hold some of its content already."""
        path = f"{self._path}.parts[{index}]"
        match block:
            case Text():
                opened = _OpenText(path, self._prose.length, citations=[*block.citations])
                self._open[index] = opened
                return self.say(index, block.text)
            case Refusal():
                self._open[index] = _OpenText(path, 0, refusal=True)
                return self.say(index, block.text)
            case Thinking():
                return self._open_thought(index, block)
            case ToolCall():
                return self._open_call(index, block, path)
            case Media():
                return self._media(block, path)
            case Opaque() if block.dialect == NAME:
                return [{"content": [block.raw]}]
            case Opaque() | ToolResult():
                self._receipt.dropped(path, note_of(block))
                return []

    def say(self, index: int, text: str) -> Deltas:
        """Append to an open block; nothing happens if there is none."""
        opened = self._open.get(index)
        if opened is None or not text:
            return []
        if not isinstance(opened, _OpenText):
            return opened.say(text)
        opened.said = True
        if not opened.refusal:
            return [{"content": self._prose.text(text)}]
        self.refused = True
        return [{"refusal": text}]

    def seal(self, index: int, seal: Seal) -> Deltas:
        """Take the seal of an open thought or call."""
        opened = self._open.get(index)
        if isinstance(opened, CallWriter):
            return opened.seal(seal)
        if isinstance(opened, ThoughtWriter):
            opened.seal = seal
        return []

    def cite(self, index: int, citation: Citation) -> None:
        """Take a citation of an open text; it is sent when the text has ended."""
        opened = self._open.get(index)
        if isinstance(opened, _OpenText):
            opened.citations.append(citation)

    def segment(self, index: int) -> Deltas:
        """Go on with the next part of a thought's summary."""
        opened = self._open.get(index)
        return opened.segment() if isinstance(opened, ThoughtWriter) else []

    def end(self, index: int, restated: Part | None = None) -> Deltas:
        """End a block; `restated` is only needed for one that said nothing before."""
        opened = self._open.get(index)
        if opened is None:
            return []
        deltas = [] if opened.said or restated is None else self.say(index, _words(restated))
        del self._open[index]
        if isinstance(opened, _OpenText):
            return deltas + self._cited(opened)
        return deltas + opened.end()

    def end_all(self) -> Deltas:
        """End the blocks that are open."""
        return [delta for index in list(self._open) for delta in self.end(index)]

    def _open_thought(self, index: int, block: Thinking) -> Deltas:
        self._open[index] = ThoughtWriter(block, self._thoughts)
        self._thoughts += 1
        first, *others = block.segments or (block.text,)
        deltas = self.say(index, first)
        for segment in others:
            deltas += self.segment(index) + self.say(index, segment)
        return deltas

    def _open_call(self, index: int, call: ToolCall, path: str) -> Deltas:
        writer = CallWriter(call, self.calls, client=self._client, receipt=self._receipt, path=path)
        self._open[index] = writer
        self.calls += 1
        return writer.begin()

    def _cited(self, opened: _OpenText) -> Deltas:
        written = cite(
            tuple(opened.citations),
            opened.path,
            self._receipt,
            start=opened.start,
            end=self._prose.length,
        )
        return [{"annotations": written}] if written else []

    def _media(self, media: Media, path: str) -> Deltas:
        if is_picture(media):
            self._receipt.coerced(path, PICTURE)
            return [{"content": self._prose.picture(media)}]
        if media.kind == "audio":
            return [{"audio": own_audio(media) if is_own(media.ext) else audio(media)}]
        if media.kind == "image":
            return [{"images": [{**image_part(media), **rest(media.ext)}]}]
        self._receipt.dropped(path, f"chat answers hold no {media.kind}")
        return []


def _words(part: Part) -> str:
    match part:
        case Text() | Thinking() | Refusal():
            return part.text
        case ToolCall():
            return part.arguments
        case _:
            return ""
