"""The message item of an answer that is being written; its content parts are blocks of the IR."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.citations import encode_citation
from plexus.transforms.dialects.openai_responses.open_items import (
    Status,
    item_fields,
    item_status,
)
from plexus.transforms.dialects.openai_responses.origin import item_of, part_of
from plexus.transforms.dialects.openai_responses.places import DeltaFrame, Place
from plexus.transforms.ir import Citation, Ext, Part, Refusal, Text
from plexus.transforms.wire import Json, JsonObject, list_at, objects_at, text_at


class OpenMessage:
    """A message that stays open until another item begins: more text may belong to it."""

    def __init__(self, place: Place, first: Text | Refusal, receipt: Receipt) -> None:
        self.path = ""  # of the part that is being written, for the receipt
        self.place = place
        self._ext = first.ext
        self._restated = False
        self._receipt = receipt
        self._content: list[Json] = []
        self._part: _Part | None = None
        self.item: JsonObject | None = None

    def opened(self) -> list[JsonObject]:
        """Return the event that opens the item."""
        return [self.place.added({**self._written(self._ext), "status": "in_progress"})]

    def start_part(self, block: Text | Refusal) -> list[JsonObject]:
        """Begin a content part, with the text that is known at once."""
        self._part = _Part(self.place, len(self._content), block)
        events = [*self._part.opened(), *(self.delta(block.text) if block.text else [])]
        for citation in block.citations if isinstance(block, Text) else ():
            events += self.cite(citation)
        return events

    def add_part(self, raw: JsonObject) -> list[JsonObject]:
        """Add a content part that came in one piece."""
        events = self.end(None)
        number = len(self._content)
        self._content.append(raw)
        return [
            *events,
            self.place.event("content_part.added", content_index=number, part=raw),
            self.place.event("content_part.done", content_index=number, part=raw),
        ]

    def delta(self, text: str) -> list[JsonObject]:
        """Append to the current part."""
        return self._part.delta(text) if self._part is not None else []

    def go_on(self, text: str) -> DeltaFrame | None:
        """Append to the current part, if one is open, and return the frame that tells it."""
        return None if self._part is None else self._part.go_on(text)

    def cite(self, citation: Citation) -> list[JsonObject]:
        """Add a source to the current part; one that can't be said is noted."""
        if self._part is None:
            return []
        events = self._part.cite(citation)
        if not events:
            self._receipt.dropped(f"{self.path}.citations", "a citation without a URL")
        return events

    def add_logprobs(self, items: list[Json]) -> list[JsonObject]:
        """Add log probabilities to the current part, or to the last one if it has ended.

        They come after their text here, so the event that tells of them has no text of its own.
        """
        full = [full_logprob(item) for item in items]
        if self._part is not None:
            return self._part.add_logprobs(full)
        last = self._content[-1] if self._content else None
        if isinstance(last, dict) and last.get("type") == "output_text":
            last["logprobs"] = [*list_at(last, "logprobs"), *full]
        return []

    def end(self, final: Part | None) -> list[JsonObject]:
        """End the current part."""
        if self._part is None:
            return []
        part, self._part = self._part, None
        whole = final if isinstance(final, Text | Refusal) else None
        events: list[JsonObject] = []
        if whole is not None:
            events += part.delta(whole.text) if whole.text and not part.has_text else []
            for citation in whole.citations[part.cited :] if isinstance(whole, Text) else ():
                events += part.cite(citation)
            if item_of(whole.ext) is not None:
                self._ext, self._restated = whole.ext, True
        written = part.written(whole)
        self._content.append(written)
        return [*events, *part.closed(written)]

    def close(self, status: Status, final: Part | None = None) -> list[JsonObject]:
        """Close the item with `status`."""
        events = self.end(final)
        said = item_status(self._ext, status, restated=self._restated)
        self.item = {**self._written(self._ext), **said, "content": self._content}
        return [*events, self.place.done(self.item)]

    def _written(self, ext: Ext) -> JsonObject:
        fixed: JsonObject = {"id": self.place.id, "type": "message", "role": "assistant"}
        return {**fixed, **item_fields(ext), "content": []}


class _Part:
    def __init__(self, place: Place, number: int, block: Text | Refusal) -> None:
        self._place = place
        self._number = number
        self._block = block
        self._refusal = isinstance(block, Refusal)
        self._pieces: list[str] = []
        self._length = 0
        self._annotations: list[Json] = []
        self._logprobs: list[Json] = []
        self._frame: DeltaFrame | None = None
        self.cited = 0

    @property
    def has_text(self) -> bool:
        return bool(self._pieces)

    def opened(self) -> list[JsonObject]:
        empty: JsonObject = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        if self._refusal:
            empty = {"type": "refusal", "refusal": ""}
        return [self._event("content_part.added", part=empty)]

    def delta(self, text: str) -> list[JsonObject]:
        self._pieces.append(text)
        self._length += len(text)
        if self._refusal:
            return [self._event("refusal.delta", delta=text)]
        return [self._event("output_text.delta", delta=text, logprobs=[])]

    def go_on(self, text: str) -> DeltaFrame | None:
        if self._refusal:
            return None
        if self._frame is None:
            index: JsonObject = {"content_index": self._number}
            self._frame = self._place.delta("output_text.delta", index, {"logprobs": []})
        self._pieces.append(text)
        self._length += len(text)
        return self._frame

    def add_logprobs(self, items: list[Json]) -> list[JsonObject]:
        if self._refusal or not items:
            return []
        self._logprobs += items
        return [self._event("output_text.delta", delta="", logprobs=items)]

    def cite(self, citation: Citation) -> list[JsonObject]:
        self.cited += 1
        annotation = encode_citation(citation, self._length)
        if annotation is None or self._refusal:
            return []
        number = len(self._annotations)
        self._annotations.append(annotation)
        return [
            self._event(
                "output_text.annotation.added", annotation_index=number, annotation=annotation
            )
        ]

    def written(self, final: Text | Refusal | None) -> JsonObject:
        text = final.text if final is not None else "".join(self._pieces)
        kept = part_of((final or self._block).ext)
        if self._refusal:
            return {**kept, "type": "refusal", "refusal": text}
        return {
            "type": "output_text",
            "text": text,
            "annotations": self._annotations,
            "logprobs": self._logprobs,
            **kept,
        }

    def closed(self, written: JsonObject) -> list[JsonObject]:
        if self._refusal:
            said = self._event("refusal.done", refusal=text_at(written, "refusal") or "")
        else:
            logprobs: list[Json] = [*objects_at(written, "logprobs")]
            text = text_at(written, "text") or ""
            said = self._event("output_text.done", text=text, logprobs=logprobs)
        return [said, self._event("content_part.done", part=written)]

    def _event(self, kind: str, **fields: Json) -> JsonObject:
        return self._place.event(kind, content_index=self._number, **fields)


def full_logprob(item: Json) -> Json:
    """Return a log probability with the keys that strict clients want: `bytes`, `top_logprobs`."""
    if not isinstance(item, dict):
        return item
    others: list[Json] = [_with_bytes(other) for other in objects_at(item, "top_logprobs")]
    return {**_with_bytes(item), "top_logprobs": others}


def _with_bytes(item: JsonObject) -> JsonObject:
    if isinstance(item.get("bytes"), list):
        return item
    return {**item, "bytes": [*(text_at(item, "token") or "").encode("utf-8", "replace")]}
