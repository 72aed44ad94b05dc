"""What a block of an answer says on Anthropic's wire, delta by delta."""

from __future__ import annotations

from typing import ClassVar, Protocol

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.answer_encode import (
    is_redacted,
    is_signature,
    opened_call,
    redacted_block,
    signature_of,
)
from plexus.transforms.dialects.anthropic.arguments import as_object
from plexus.transforms.dialects.anthropic.citations import encode_citation
from plexus.transforms.dialects.anthropic.identity import own
from plexus.transforms.events import BlockDelta, Cited, Sealed, Segmented
from plexus.transforms.ir import Refusal, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, dump_text, text_at, try_parse

type Payload = BlockDelta | Sealed | Cited | Segmented


class WireBlock(Protocol):
    """A block on its way to the client."""

    resumable: ClassVar[bool]  # may be closed and gone on with in a further block
    opening: JsonObject  # the content_block of its start
    due: bool  # has something to say even without a delta
    late: bool  # has something to say in the end, if nothing comes before
    words: bytes | None  # how a delta of mere words begins; `None`: `take` must see them first

    def take(self, payload: Payload, receipt: Receipt) -> list[JsonObject]:
        """Return the deltas of one event."""
        ...

    def closing(self) -> list[JsonObject]:
        """Return the deltas that go right before the block's stop."""
        ...

    def yields(self) -> bool:
        """Whether another block may be opened now."""
        ...


class TextBlock:
    """Text, or the words of a refusal."""

    resumable: ClassVar[bool] = True

    def __init__(self, path: str, part: Text | Refusal) -> None:
        extra = own(part.ext) if isinstance(part, Text) else {}
        self.opening: JsonObject = {"type": "text", "text": "", **extra}
        self.due = self.late = False
        self.words: bytes | None = b'{"type":"text_delta","text":'
        self._path = path

    def take(self, payload: Payload, receipt: Receipt) -> list[JsonObject]:
        """Return text and citations as they come."""
        if isinstance(payload, BlockDelta) and payload.text:
            return [{"type": "text_delta", "text": payload.text}]
        if isinstance(payload, Cited):
            citation = encode_citation(payload.citation, self._path, receipt)
            return [] if citation is None else [{"type": "citations_delta", "citation": citation}]
        return []

    def closing(self) -> list[JsonObject]:
        """Return nothing: text just ends."""
        return []

    def yields(self) -> bool:
        """Return true: more text may follow in a block of its own."""
        return True


class ThinkingBlock:
    """Reasoning; its signature goes last, empty if the provider gave none.

    A seal that comes before any words, unless it is a signature of Anthropic's, may stand alone: it
    makes redacted thinking if no words follow.
    """

    resumable: ClassVar[bool] = True

    def __init__(self, path: str, part: Thinking) -> None:
        opening: JsonObject = {"type": "thinking", "thinking": "", "signature": ""}
        self.opening = self._shown = {**opening, **own(part.ext)}
        self.due = self.late = False
        self.words: bytes | None = None
        self._path = path
        self._ext = part.ext
        self._seal: Seal | None = None
        self._spoken = False

    def take(self, payload: Payload, receipt: Receipt) -> list[JsonObject]:
        """Return reasoning as it comes; keep the seal for the end."""
        if isinstance(payload, Sealed):
            self._keep(payload.seal, receipt)
            return []
        text = "\n\n" if isinstance(payload, Segmented) else ""
        if isinstance(payload, BlockDelta):
            text = payload.text
        if not text:
            return []
        self._spoken = True
        self.words = b'{"type":"thinking_delta","thinking":'
        if self.late:
            self.late, self.opening = False, self._shown
            self._note_redaction(receipt)
        return [{"type": "thinking_delta", "thinking": text}]

    def _keep(self, seal: Seal, receipt: Receipt) -> None:
        self._seal = seal
        if self._spoken or is_signature(seal):
            self.due = bool(signature_of(seal))
            self._note_redaction(receipt)
        else:
            self.opening, self.late = redacted_block(seal, self._ext), True

    def _note_redaction(self, receipt: Receipt) -> None:
        if is_redacted(self._seal):
            receipt.dropped(f"{self._path}.seal", "reasoning that was shown cannot be redacted")

    def closing(self) -> list[JsonObject]:
        """Return the signature."""
        if self.opening["type"] != "thinking":
            return []
        signature, self._seal = signature_of(self._seal), None
        return [{"type": "signature_delta", "signature": signature}]

    def yields(self) -> bool:
        """Return true: more reasoning may follow in a block of its own."""
        return True


class CallBlock:
    """A call of a client's tool.

    Its arguments are kept as long as it is open: to see whether they are complete when another
    call begins, and to wrap what is no object.
    """

    resumable: ClassVar[bool] = False
    words: bytes | None = None

    def __init__(self, part: ToolCall, answer: str, ordinal: int) -> None:
        self.opening = opened_call(part, answer, ordinal)
        self.due, self.late = True, False
        self.seal: Seal | None = None  # as it was told, in a block of its own
        self._custom = part.kind == "custom"
        self._pieces: list[str] = []
        self._held = not self._custom  # until the first character shows an object
        self._unseen = False  # pieces came since `yields` last looked
        self._complete = False

    def take(self, payload: Payload, receipt: Receipt) -> list[JsonObject]:
        """Return arguments as they come, once they are seen to be an object."""
        del receipt
        if not isinstance(payload, BlockDelta) or not payload.text:
            return []
        self._pieces.append(payload.text)
        self._unseen = True
        if self._custom:
            start = '{"input":"' if len(self._pieces) == 1 else ""
            return [_json_delta(start + dump_text(payload.text)[1:-1])]
        if not self._held:
            return [_json_delta(payload.text)]
        text = "".join(self._pieces)
        if not text.lstrip().startswith("{"):
            return []
        self._held = False
        return [_json_delta(text)]

    def closing(self) -> list[JsonObject]:
        """Return what makes the input an object."""
        if self._custom:
            return [_json_delta('"}' if self._pieces else '{"input":""}')]
        text = "".join(self._pieces)
        if not self._held or not text.strip():
            return []
        return [_json_delta(dump_text(as_object(text)))]

    def yields(self) -> bool:
        """Whether the arguments are complete."""
        if self._custom or self._held or not self._unseen:
            return self._complete
        self._unseen = False
        if self._pieces[-1].rstrip().endswith("}"):
            self._pieces = ["".join(self._pieces)]
            self._complete = isinstance(try_parse(self._pieces[0]), dict)
        return self._complete


class WholeBlock:
    """A block that is known in full, in the form in which Anthropic streams its type."""

    resumable: ClassVar[bool] = False
    words: bytes | None = None

    def __init__(self, content: JsonObject) -> None:
        kind = text_at(content, "type") or ""
        self.opening = content
        self.due, self.late = True, False
        self._delta: JsonObject | None = None
        if kind == "text":
            self.opening = {**content, "text": ""}
            self._delta = {"type": "text_delta", "text": content["text"]}
        elif kind.endswith("tool_use") and content.get("input"):
            self.opening = {**content, "input": {}}
            self._delta = _json_delta(dump_text(content["input"]))

    def take(self, payload: Payload, receipt: Receipt) -> list[JsonObject]:
        """Return nothing: all is known already."""
        del payload, receipt
        return []

    def closing(self) -> list[JsonObject]:
        """Return what does not go into the start."""
        return [] if self._delta is None else [self._delta]

    def yields(self) -> bool:
        """Return false: it is closed in one go."""
        return False


def _json_delta(text: str) -> JsonObject:
    return {"type": "input_json_delta", "partial_json": text}
