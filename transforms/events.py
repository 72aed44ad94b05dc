"""The stream alphabet: what happens while an answer arrives, with explicit block boundaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import Citation, Ext, Part, Seal, Stop, Usage
from plexus.transforms.value import quickly_made
from plexus.transforms.wire import Json


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first event of every stream."""

    id: str
    model: str
    created: int | None = None  # seconds since 1970
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStarted:
    """Open block `index`; `block` is empty but for what is known at once (a call's id, name)."""

    index: int  # 0, 1, 2 … over the whole answer, in order of opening
    block: Part
    choice: int = 0


@quickly_made
@dataclass(frozen=True, slots=True)
class BlockDelta:
    """Append to an open block."""

    index: int
    kind: Literal["text", "thinking", "arguments", "refusal"]
    text: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """The seal of an open thinking block or tool call has arrived; a later one replaces it."""

    index: int
    seal: Seal


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation for an open text block."""

    index: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Segmented:
    """An open thinking block goes on with its next summary part."""

    index: int


@dataclass(frozen=True, slots=True)
class LogProbs:
    """Log probabilities, in OpenAI's shape, of text that was just sent."""

    items: Json
    choice: int = 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEnded:
    """Close block `index`; `block`, if given, is the whole block as the dialect restated it."""

    index: int
    block: Part | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class UsageSeen:
    """Usage so far; reports of one stream are merged, not added."""

    usage: Usage


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The model stopped. Usage may still follow."""

    stop: Stop
    stop_sequence: str | None = None
    stop_detail: str | None = None
    choice: int = 0
    ext: Ext = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The stream is broken; nothing follows."""

    error: GatewayError


type Event = (
    Started
    | BlockStarted
    | BlockDelta
    | Sealed
    | Cited
    | Segmented
    | LogProbs
    | BlockEnded
    | UsageSeen
    | Finished
    | Failed
)
