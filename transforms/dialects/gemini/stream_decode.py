"""Turn a Gemini stream, SSE or JSON array, into events.

Strategy: a chunk holds new parts of each candidate. Text and thoughts grow one block until another
kind follows; a call is a block of its own. Old models put STOP on every chunk, and the end of the
stream is the only terminator, so `Finished` waits for it.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.codec import as_json_object
from plexus.transforms.dialects.gemini.candidate_stream import PLAIN, CandidateStream
from plexus.transforms.dialects.gemini.candidates import NO_CANDIDATE, is_vertex
from plexus.transforms.dialects.gemini.errors import decode_stream_error
from plexus.transforms.dialects.gemini.framing import Chunks
from plexus.transforms.dialects.gemini.keys import as_objects, dict_at, mark
from plexus.transforms.dialects.gemini.response_decode import blocked, created_at
from plexus.transforms.dialects.gemini.usage import decode_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, Event, Failed, Finished, Started, UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.recurring import Recurring
from plexus.transforms.wire import JsonObject, count_at, object_at, rest, text_at, try_parse

_READ: Final = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
_DONE: Final = b"[DONE]"  # not Google's, but of servers that imitate it


class Decoder:
    """Decodes one stream; holds one chunk at most, and of the text its measures."""

    def __init__(self) -> None:
        self._chunks = Chunks()
        self._tracker = BlockTracker()
        self._candidates: dict[int, CandidateStream] = {}
        self._id = ""
        self._started = False
        self._ended = False
        self._blocked: Finished | None = None
        self._usage: Usage | None = None
        self._recurring = Recurring()
        self._repeated = BlockDelta(0, "text", "")  # what the recurring chunk said
        self._speaker: CandidateStream | None = None  # whose it was

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes at any split."""
        if self._ended:
            return []
        try:
            frames = self._chunks.cut(data)
        except GatewayError as error:
            return self._fail(error)
        events: list[Event] = []
        for frame in frames:
            words = self._recurring.words(frame)
            if words is None:
                events += self._frame(frame)
            else:
                events.append(self._repeat(words))
        return events

    def close(self) -> list[Event]:
        """Take the end of the stream: it was whole if a finish reason was seen."""
        if self._ended:
            return []
        events = [event for chunk in self._chunks.close() for event in self._read(chunk)]
        if self._ended:
            return events
        if self._chunks.pending or not self._is_finished():
            error = GatewayError(
                Kind.UPSTREAM_DOWN, "the provider's stream ended before it was finished"
            )
            return events + self._fail(error)
        self._ended = True
        for candidate in self._candidates.values():
            events += candidate.close()
        events += [candidate.finished() for candidate in self._candidates.values()]
        return events if self._blocked is None else [*events, self._blocked]

    def _repeat(self, words: str) -> BlockDelta:
        index, kind = self._repeated.index, self._repeated.kind
        if kind == "text" and self._speaker is not None:
            self._speaker.advance(words)
        return BlockDelta(index, kind, words)

    def _frame(self, frame: bytes) -> list[Event]:
        self._recurring.forget()
        events = self._read(self._chunks.chunk(frame))
        if len(events) == 1 and isinstance(said := events[0], BlockDelta):
            self._repeated = said
            self._recurring.learn(frame, said.text, self._words_in)
        return events

    def _words_in(self, frame: bytes) -> str | None:
        return _only_words(self._chunks.chunk(frame))

    def _read(self, chunk: bytes) -> list[Event]:
        if self._ended or not chunk or chunk.strip() == _DONE:
            return []
        return self._chunk(chunk)

    def _chunk(self, data: bytes) -> list[Event]:
        body = try_parse(data)
        if not isinstance(body, dict):
            return self._fail(
                GatewayError(Kind.UPSTREAM_INVALID, "a chunk of the provider's stream is no object")
            )
        if body.get("error") is not None:
            return self._fail(decode_stream_error(body["error"]))
        events: list[Event] = [] if self._started else [self._start(body)]
        vertex = is_vertex(body)
        candidates = as_objects(body.get("candidates"))
        for candidate in candidates:
            events += self._candidate(candidate).chunk(candidate, vertex=vertex)
        if not candidates and not self._candidates:
            self._note_block(body)
        return events + self._count(body, candidates)

    def _start(self, body: JsonObject) -> Started:
        self._started = True
        self._id = text_at(body, "responseId") or ""
        ext = rest(body, _READ)
        meta = object_at(body, "usageMetadata")
        if meta and decode_usage(meta) is None:
            ext["usageMetadata"] = meta
        return Started(
            id=self._id,
            model=text_at(body, "modelVersion") or "",
            created=created_at(body),
            ext=mark(ext),
        )

    def _candidate(self, candidate: JsonObject) -> CandidateStream:
        number = count_at(candidate, "index") or 0
        known = self._candidates.get(number)
        if known is None:
            known = CandidateStream(number, self._id, self._tracker)
            self._candidates[number] = known
        self._speaker = known
        return known

    def _note_block(self, body: JsonObject) -> None:
        stop, detail = blocked(body)
        if stop is not None:
            self._blocked = Finished(stop=stop, stop_detail=detail, ext=mark({NO_CANDIDATE: True}))

    def _count(self, body: JsonObject, candidates: list[JsonObject]) -> list[Event]:
        meta = body.get("usageMetadata")
        if not meta or not isinstance(meta, dict):
            return []
        usage = decode_usage(meta, provisional=is_provisional(candidates))
        if usage is None or usage == self._usage:
            return []
        self._usage = usage
        return [UsageSeen(usage)]

    def _is_finished(self) -> bool:
        return self._blocked is not None or any(
            candidate.reason is not None for candidate in self._candidates.values()
        )

    def _fail(self, error: GatewayError) -> list[Event]:
        self._ended = True
        return [Failed(error)]


def is_provisional(candidates: list[JsonObject]) -> bool:
    """Whether a chunk's usage may still be corrected: its candidates go on.

    Gemini 2.0 counted prompts of 145 tokens in mid-stream that were 85 in the end.
    """
    for candidate in candidates:
        if candidate.get("finishReason"):
            return False
    return bool(candidates)


def _only_words(chunk: bytes) -> str | None:
    """Return the one text of a chunk whose one candidate says nothing else."""
    candidates = as_objects(as_json_object(try_parse(chunk)).get("candidates"))
    if len(candidates) != 1 or not candidates[0].keys() <= PLAIN:
        return None
    parts = as_objects(dict_at(candidates[0], "content").get("parts"))
    is_plain = len(parts) == 1 and parts[0].keys() <= {"text", "thought"}
    return text_at(parts[0], "text") if is_plain else None
