"""Follow one choice of a chat stream: which blocks are open, and why it stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from plexus.transforms.blocks import BlockTracker
from plexus.transforms.events import BlockDelta, Cited, Event, Finished, LogProbs
from plexus.transforms.ir import Citation, Media, Part, Refusal, Seal, Text, Thinking
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, text_at

from .citations import decode_citation
from .content import decode_part, thought_text
from .fields import NAME, keep
from .media import decode_media
from .seals import google_seal, seal_of, words_of
from .stops import decode_stop, native
from .stream_calls import Calls
from .stream_thoughts import Thoughts, details_in, told

_CHOICE: Final = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "text"})
_DELTA: Final = frozenset(
    {
        "role", "content", "refusal", "tool_calls", "function_call", "annotations", "images",
        "audio", "reasoning_content", "reasoning", "reasoning_text", "reasoning_details",
    }
)  # fmt: skip

type _Flow = Literal["text", "refusal"]


class ChoiceDecoder:
    """Turns the deltas of choice `number` into events."""

    def __init__(self, number: int, tracker: BlockTracker, source: str) -> None:
        self.reason = ""
        self.ended = False
        self._number = number
        self._tracker = tracker
        self._calls = Calls(number, tracker, f"{source}/{number}")
        self._thoughts = Thoughts(number, tracker)
        self._flow: _Flow | None = None
        self._length = 0  # characters of text so far
        self._text_at = 0  # where the open text block begins
        self._refused = False
        self._seal: Seal | None = None  # of the message as a whole
        self._audio: dict[str, Json] = {}
        self._late_choice: JsonObject = {}
        self._late_message: JsonObject = {}

    def feed(self, choice: JsonObject) -> list[Event]:
        """Take an item of `choices`. Raise `GatewayError` for a call's arguments after its end."""
        if self.ended:
            return []
        self._calls.check(choice)
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            # A server without deltas sends the message, or like the completions of old, a text.
            delta = object_at(choice, "message") or {"content": choice.get("text")}
        events = self._delta(delta)
        logprobs = choice.get("logprobs")
        if isinstance(logprobs, dict) and (items := list_at(logprobs, "content")):
            events.append(LogProbs(items, self._number))
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason and (not self.reason or reason != "stop"):
            self.reason = reason
        for key in choice.keys() - _CHOICE:
            if choice[key] not in (None, {}):
                self._late_choice[key] = choice[key]
        return events

    @property
    def knows_its_call(self) -> bool:
        """Whether the call that was told of last has an id."""
        return self._calls.last_has_id

    def advance(self, words: str) -> None:
        """Take note of text that a recurring frame added to the open block."""
        self._length += len(words)

    def end(self, late: JsonObject) -> list[Event]:
        """End all blocks and say why the choice stopped; `late` is about the whole answer."""
        self.ended = True
        whole = [Thinking(seal=self._seal)] if self._seal is not None else []
        whole += self._calls.unclaimed()
        events = self._switch(None)
        for block in whole:
            events += self._whole(block)
        if self._audio:
            events += self._whole(_audio(self._audio))
        stop = decode_stop(self.reason, calls=len(self._calls) > 0, refused=self._refused)
        own: JsonObject = {**self._late_choice, "message": self._late_message}
        if self.reason and native(self.reason, stop):
            own["finish_reason"] = self.reason
        if late:
            own["response"] = late
        detail = text_at(self._late_choice, "native_finish_reason")
        finished = Finished(stop=stop, stop_detail=detail, choice=self._number, ext={NAME: own})
        return [*events, finished]

    def _delta(self, delta: JsonObject) -> list[Event]:
        content = delta.get("content")
        if isinstance(content, str) and len(delta) == 1:  # nearly every chunk
            return self._say("text", content) if content else []
        events = self._think(delta)
        if isinstance(content, str) and content:
            events += self._say("text", content)
        elif isinstance(content, list):
            for item in content:
                events += self._item(item)
        if refusal := text_at(delta, "refusal"):
            self._refused = True
            events += self._say("refusal", refusal)
        for annotation in list_at(delta, "annotations"):
            events += self._annotate(annotation)
        events += self._call(delta)
        events += self._beside(delta)
        return events

    def _say(self, flow: _Flow, text: str) -> list[Event]:
        events = self._switch(flow) if self._flow != flow else []
        opening: Part = Text(text="") if flow == "text" else Refusal(text="")
        key = (self._number, flow)
        index = self._tracker.index(key)
        if index is None:
            events += self._tracker.start(key, opening, choice=self._number, beside=True)
            index = self._tracker.index(key)
        if flow == "text":
            self._length += len(text)
        return [*events, BlockDelta(index or 0, flow, text)]

    def _switch(self, flow: _Flow | None) -> list[Event]:
        """End whatever else is going on in this choice."""
        events = [*self._thoughts.end(), *self._calls.end()]
        if self._flow is not None:
            events += self._tracker.end((self._number, self._flow))
        self._flow = flow
        self._text_at = self._length
        return events

    def _think(self, delta: JsonObject) -> list[Event]:
        told_ = told(delta)
        details = details_in(delta)
        events: list[Event] = []
        if told_ is not None and not any(words_of(detail) for detail in details):
            events += self._before_thought()
            events += self._thoughts.say(told_[1], told_[0])
        for detail in details:
            seal = seal_of(detail)
            call_id = text_at(detail, "id")
            if seal is not None and seal.kind == "thought" and call_id:
                events += self._calls.seal(call_id, seal)
                continue
            if seal is not None or words_of(detail):
                events += self._before_thought()
                events += self._thoughts.detail(detail, told_[0] if told_ else None)
        return events

    def _before_thought(self) -> list[Event]:
        return [] if self._thoughts.is_open else self._switch(None)

    def _item(self, item: Json) -> list[Event]:
        if isinstance(item, dict) and item.get("type") in ("thinking", "reasoning"):
            words = thought_text(item)
            return [*self._before_thought(), *self._thoughts.say(words, None)] if words else []
        part = decode_part(item)
        if isinstance(part, Text):
            return self._say("text", part.text) if part.text else []
        return self._whole(part)

    def _whole(self, block: Part) -> list[Event]:
        key = (self._number, "whole")
        events = self._switch(None)
        events += self._tracker.start(key, block, choice=self._number, beside=True)
        return [*events, *self._tracker.end(key)]

    def _annotate(self, annotation: Json) -> list[Event]:
        citation = decode_citation(annotation)
        if citation is None:
            others = list_at(self._late_message, "annotations")
            self._late_message["annotations"] = [*others, annotation]
            return []
        key = (self._number, "text")
        events: list[Event] = []
        if self._flow != "text" or self._tracker.index(key) is None:
            events = self._switch("text")
            events += self._tracker.start(key, Text(text=""), choice=self._number, beside=True)
        return [*events, Cited(self._tracker.index(key) or 0, _moved(citation, -self._text_at))]

    def _call(self, delta: JsonObject) -> list[Event]:
        events: list[Event] = []
        for raw in list_at(delta, "tool_calls"):
            if isinstance(raw, dict):
                events += [*self._pause(), *self._calls.add(raw)]
        function = object_at(delta, "function_call")
        if function and (function.get("name") or function.get("arguments")):
            events += [*self._pause(), *self._calls.add_function_call(function)]
        return events

    def _pause(self) -> list[Event]:
        """End the words that were going on; calls stand beside each other."""
        events = self._thoughts.end()
        if self._flow is not None:
            events += self._tracker.end((self._number, self._flow))
            self._flow = None
        return events

    def _beside(self, delta: JsonObject) -> list[Event]:
        """Take what stands beside the content: pictures, sound, signatures, unknown fields."""
        events: list[Event] = []
        for raw in list_at(delta, "images"):
            image = decode_media(raw) if isinstance(raw, dict) else None
            events += [] if image is None else self._whole(image)
        if audio := object_at(delta, "audio"):
            _append(self._audio, audio)
        if seal := google_seal(delta):
            sealed = self._calls.seal_first(seal)
            self._seal = seal if sealed is None else None
            events += sealed or []
        for key in delta.keys() - _DELTA:
            value = delta[key]
            if isinstance(value, list):
                value = [*list_at(self._late_message, key), *value]
            if value is not None:
                self._late_message[key] = value
        return events


def _moved(citation: Citation, by: int) -> Citation:
    # The wire counts from the beginning of the whole text, events from that of the block.
    if by == 0 or citation.start is None or citation.end is None:
        return citation
    return replace(citation, start=max(0, citation.start + by), end=max(0, citation.end + by))


def _append(whole: JsonObject, piece: JsonObject) -> None:
    for key, value in piece.items():
        before = whole.get(key)
        grows = key in ("data", "transcript") and isinstance(before, str)
        whole[key] = f"{before}{value}" if grows and isinstance(value, str) else value


def _audio(whole: JsonObject) -> Media:
    data = text_at(whole, "data")
    left = {key: value for key, value in whole.items() if key != "data"}
    return Media(kind="audio", data=data or "", ext=keep(left))
