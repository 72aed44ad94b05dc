"""Follow one candidate through the chunks of a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.dialects.gemini.calls import arguments_text, decode_call, seal_of
from plexus.transforms.dialects.gemini.candidates import ending, extras
from plexus.transforms.dialects.gemini.citations import measured_citations
from plexus.transforms.dialects.gemini.keys import as_objects, dict_at, mark, own
from plexus.transforms.dialects.gemini.logprobs import decode_logprobs
from plexus.transforms.dialects.gemini.measure import Measure
from plexus.transforms.dialects.gemini.partial_args import PartialArgs
from plexus.transforms.dialects.gemini.parts import decode_part, is_bare
from plexus.transforms.dialects.gemini.response_decode import minted_id
from plexus.transforms.dialects.gemini.stops import reason_name
from plexus.transforms.events import BlockDelta, Cited, Event, Finished, LogProbs, Sealed
from plexus.transforms.ir import Citation, Media, Opaque, Part, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, dump_text, object_at, objects_at, text_at

type Kind = Literal["text", "thinking", "call"]

PLAIN: Final = frozenset({"content", "index"})
# Of a call in pieces, what holds for one piece only.
_PASSING: Final = frozenset({"args", "partialArgs", "willContinue"})


class CandidateStream:
    """The state of one candidate: its open block, its finish reason, its grounding so far."""

    def __init__(self, number: int, response: str, tracker: BlockTracker) -> None:
        self.reason: str | None = None
        self._number = number
        self._response = response
        self._tracker = tracker
        self._open: Kind | None = None
        self._calls = 0
        self._partial: PartialArgs | None = None
        self._message: str | None = None
        self._extras: JsonObject = {}
        self._measure = Measure()  # of all visible text: citations count its bytes
        self._before = 0  # characters of it before the open block
        self._seal: Seal | None = None  # of the open text, given out as a block behind it

    def chunk(self, candidate: JsonObject, *, vertex: bool) -> list[Event]:
        """Return the events of what a chunk says of this candidate (camelCase)."""
        events: list[Event] = []
        content = candidate.get("content")
        if isinstance(content, dict):
            for part in as_objects(content.get("parts")):
                events += self._part(part)
        if not candidate.keys() <= PLAIN:
            events += self._rest(candidate, vertex=vertex)
        return events

    def advance(self, words: str) -> None:
        """Take note of text that a recurring chunk added to the open block."""
        self._measure.add(words)

    def close(self) -> list[Event]:
        """End the open block, with its citations."""
        return self._end()

    def finished(self) -> Finished:
        """Return why the candidate stopped: TOOL if it made calls in any chunk."""
        stop, detail = ending(self.reason, self._message, calls=self._calls > 0)
        return Finished(stop=stop, stop_detail=detail, choice=self._number, ext=mark(self._extras))

    def _part(self, part: JsonObject) -> list[Event]:
        if self._open == "text" and len(part) == 1 and (text := text_at(part, "text")):
            return self._more_text(text)  # by far the most usual part
        if "functionCall" in part:
            return self._call(part)
        if is_bare(part):
            return []
        block = decode_part(part)
        match block:
            case Text():
                return self._text(block, seal_of(part))
            case Thinking() if part.get("thought") is True:
                return self._think(block)
            case Thinking() if self._open == "text":
                self._seal = block.seal
                return []
            case _:
                return [*self._end(), *self._whole(block)]

    def _text(self, block: Text, seal: Seal | None) -> list[Event]:
        events: list[Event] = []
        if self._open != "text":
            fields = {k: v for k, v in own(block.ext).items() if k != "thoughtSignature"}
            events += self._start("text", Text(text="", ext=mark(fields)))
            self._before = self._measure.characters
        self._seal = seal or self._seal
        return events + self._more_text(block.text) if block.text else events

    def _more_text(self, text: str) -> list[Event]:
        self._measure.add(text)
        return [BlockDelta(self._index(), "text", text)]

    def _think(self, block: Thinking) -> list[Event]:
        events: list[Event] = []
        if self._open != "thinking":
            events += self._start("thinking", Thinking(ext=block.ext))
        if block.text:
            events.append(BlockDelta(self._index(), "thinking", block.text))
        if block.seal is not None:
            events.append(Sealed(self._index(), block.seal))
        return events

    def _call(self, part: JsonObject) -> list[Event]:
        call = dict_at(part, "functionCall")
        events: list[Event] = []
        if text_at(call, "name") or self._open != "call":
            events += self._start_call(part, call)
        elif (seal := seal_of(part)) is not None:
            events.append(Sealed(self._index(), seal))
        goes_on = call.get("willContinue") is True
        if self._partial is None and (goes_on or "partialArgs" in call):
            self._partial = PartialArgs()
        if self._partial is None:
            events.append(BlockDelta(self._index(), "arguments", arguments_text(call.get("args"))))
            return events + self._end()
        for piece in as_objects(call.get("partialArgs")):
            self._partial.add(piece)
        self._partial.update(dict_at(call, "args"))
        return events if goes_on else events + self._end()

    def _start_call(self, part: JsonObject, call: JsonObject) -> list[Event]:
        lasting = {key: value for key, value in call.items() if key not in _PASSING}
        minted = minted_id(part, self._response, self._number, self._calls)
        opening = decode_call({**part, "functionCall": lasting}, call_id=minted)
        self._calls += 1
        bare = ToolCall(id=opening.id, name=opening.name, ext=opening.ext)
        events = self._start("call", bare)
        return [*events, Sealed(self._index(), opening.seal)] if opening.seal else events

    def _start(self, kind: Kind, opening: Part) -> list[Event]:
        events = self._end()
        self._open = kind
        # Another candidate's block may stand open beside this one.
        return events + self._tracker.start(self._number, opening, choice=self._number, beside=True)

    def _whole(self, block: Media | Opaque | Thinking | Text) -> list[Event]:
        opening = Thinking(ext=block.ext) if isinstance(block, Thinking) else block
        events = self._tracker.start(self._number, opening, choice=self._number, beside=True)
        if isinstance(block, Thinking) and block.seal is not None:
            events.append(Sealed(self._index(), block.seal))
        return events + self._tracker.end(self._number)

    def _index(self) -> int:
        index = self._tracker.index(self._number)
        return -1 if index is None else index

    def _end(self) -> list[Event]:
        kind, self._open = self._open, None
        if kind is None:
            return []
        events: list[Event] = []
        if kind == "text":
            events += self._citations()
        elif self._partial is not None:
            events.append(BlockDelta(self._index(), "arguments", dump_text(self._partial.whole())))
            self._partial = None
        events += self._tracker.end(self._number)
        seal, self._seal = self._seal, None
        if seal is None:
            return events
        return events + self._whole(Thinking(seal=seal, ext=mark({"thought": False})))

    def _citations(self) -> list[Event]:
        if not self._extras.keys() & {"groundingMetadata", "citationMetadata"}:
            return []
        return [
            Cited(self._index(), moved)
            for citation in measured_citations(self._extras, self._measure)
            if (moved := shifted(citation, self._before)) is not None
        ]

    def _rest(self, candidate: JsonObject, *, vertex: bool) -> list[Event]:
        reason = reason_name(candidate.get("finishReason"), vertex=vertex)
        self.reason = reason or self.reason
        self._message = text_at(candidate, "finishMessage") or self._message
        found = extras(candidate, reason)
        logprobs = object_at(found, "logprobsResult")
        found.pop("logprobsResult", None)
        self._keep(found)
        if logprobs is None:
            return []
        return [LogProbs(decode_logprobs(logprobs), self._number)]

    def _keep(self, found: JsonObject) -> None:
        grounding = object_at(found, "groundingMetadata")
        if grounding is not None:
            known = object_at(self._extras, "groundingMetadata") or {}
            found["groundingMetadata"] = {**known, **grounding}
        sources = object_at(found, "citationMetadata")
        if sources is not None:
            known = object_at(self._extras, "citationMetadata") or {}
            both = [*objects_at(known, "citations"), *objects_at(sources, "citations")]
            found["citationMetadata"] = {**sources, "citations": [*both]}
        self._extras.update(found)


def shifted(citation: Citation, offset: int) -> Citation | None:
    """Return `citation` counted from `offset` on; `None` if it lies before."""
    if citation.start is None or citation.end is None:
        return citation
    if citation.start < offset:
        return None
    return replace(citation, start=citation.start - offset, end=citation.end - offset)
