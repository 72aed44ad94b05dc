"""The intermediate representation: what a chat call says, in no vendor's format.

Facts that only one dialect can express ride along in `ext[dialect]`; whole blocks that only one
dialect understands become `Opaque`. `None` means "not said", which is never the same as zero or
empty. Field by field: ../docs/dialects.md.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from plexus.transforms.value import quickly_made
from plexus.transforms.wire import Json, JsonObject

type Ext = Mapping[str, JsonObject]  # vendor-only fields, by dialect
type Role = Literal["system", "developer", "user", "assistant"]

NO_EXT: Ext = {}


class Stop(enum.StrEnum):
    """Why a model stopped (wire-formats.md §7.9)."""

    END = "end"
    LENGTH = "length"
    TOOL = "tool"
    SEQUENCE = "sequence"
    FILTER = "filter"
    REFUSAL = "refusal"
    PAUSE = "pause"  # Anthropic pause_turn: the client sends the turn back to go on
    CONTEXT = "context"  # the context window is full
    MALFORMED = "malformed"  # the model wrote a tool call that nobody can read
    OTHER = "other"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class CacheMark:
    """A prompt-cache breakpoint after the block that carries it."""

    ttl: str | None = None  # "5m", "1h"; None: the provider's default


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Opaque reasoning state, readable only by the provider family that minted it."""

    dialect: str
    kind: Literal["signature", "redacted", "encrypted", "thought"]
    data: str
    id: str | None = None  # the Responses item id it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source of a stretch of text; offsets count characters of the block's text."""

    url: str | None = None
    title: str | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Plain text."""

    text: str
    citations: tuple[Citation, ...] = ()
    cache: CacheMark | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image, sound, document or video: one of `data`, `url`, `file_id`, `text` is set."""

    kind: Literal["image", "audio", "document", "video"]
    mime: str | None = None
    data: str | None = None  # base64, as it stood on the wire
    url: str | None = None  # left for the upstream to fetch
    file_id: str | None = None  # an upload at one provider; cannot cross to another
    text: str | None = None  # a document given as plain text
    name: str | None = None
    detail: str | None = None
    cache: CacheMark | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """Reasoning shown by the model, with the seal that lets its provider take it back."""

    text: str = ""
    seal: Seal | None = None
    segments: tuple[str, ...] = ()  # summary parts, when the dialect keeps them apart
    raw: bool = False  # the chain itself, not a summary of it (Responses reasoning_text)
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a client's tool; `arguments` is the very text that the model wrote."""

    id: str
    name: str
    arguments: str = ""  # JSON text for a function, free text for a custom tool
    kind: Literal["function", "custom"] = "function"
    seal: Seal | None = None  # Gemini's thought signature
    cache: CacheMark | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a client's tool returned for the call `call_id`."""

    call_id: str
    parts: tuple[Text | Media | Opaque, ...] = ()
    name: str | None = None
    is_error: bool = False
    kind: Literal["function", "custom"] = "function"
    cache: CacheMark | None = None
    ext: Ext = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The model's words for declining."""

    text: str
    ext: Ext = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A block that only `dialect` understands: server tools and their results, compaction, …"""

    dialect: str
    raw: Json


type Part = Text | Media | Thinking | ToolCall | ToolResult | Refusal | Opaque


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn, or a part of one: two neighbours may bear the same role."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool that the client runs."""

    name: str
    description: str | None = None
    schema: Json = None  # JSON Schema of the arguments; None: none given
    strict: bool | None = None
    kind: Literal["function", "custom"] = "function"
    format: JsonObject | None = None  # of a custom tool's text: {type: text | grammar, syntax, …}
    cache: CacheMark | None = None
    ext: Ext = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTool:
    """A tool that the provider runs; `purpose` names the ones that other providers have too."""

    dialect: str
    raw: JsonObject
    purpose: Literal["web_search", "code_execution", "url_context", "mcp", "other"] = "other"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """Which tools the model may or must call."""

    mode: Literal["auto", "none", "required", "named", "allowed"]
    names: tuple[str, ...] = ()  # the one of "named", the several of "allowed"
    required: bool = False  # "allowed" only: one of them must be called
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn; `logprobs`: how many alternatives to report, 0: the chosen only."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: JsonObject | None = None
    logprobs: int | None = None
    n: int | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """How much the model may think and how much of it is shown (dataplane.md §5.8.4)."""

    mode: Literal["off", "on", "adaptive"] | None = None
    effort: str | None = None  # minimal low medium high xhigh max
    budget: int | None = None  # tokens
    summary: str | None = None  # auto concise detailed
    show: bool | None = None  # whether the client wants to see thoughts at all
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFormat:
    """The shape that the answer's text must have."""

    kind: Literal["text", "json", "schema"]
    schema: Json = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One chat call. Prompts outside the turns are in `system`, others keep their position."""

    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[ToolSpec | ServerTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tools: bool | None = None
    stream: bool = False
    include_usage: bool = True  # False: a chat client that did not ask for a usage frame
    max_output: int | None = None
    sampling: Sampling = Sampling()
    reasoning: Reasoning | None = None
    output: OutputFormat | None = None
    verbosity: str | None = None
    cache: CacheMark | None = None  # mark the last cacheable block, wherever that is
    cache_key: str | None = None
    tier: str | None = None
    user: str | None = None
    metadata: JsonObject | None = None
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call in four disjoint classes; `None`: not reported (dataplane.md §5.8.7)."""

    input: int | None = None  # uncached prompt tokens only
    output: int | None = None  # everything generated, reasoning included
    cache_read: int | None = None
    cache_write: int | None = None  # all cache writes, whatever their lifetime
    cache_write_1h: int | None = None  # the part of cache_write that lives an hour
    reasoning: int | None = None  # the part of output that is reasoning
    cost: float | None = None  # USD, as the provider reported it
    provisional: bool = False  # counted in mid-stream: a later report may correct it downwards
    ext: Ext = field(default_factory=dict)

    def merged(self, later: Usage) -> Usage:
        """Return the union of two reports of one call: counts only grow, a later cost wins.

        A provisional report holds only until the next one (Gemini's first chunks guess).
        """
        if self.input is None and self == Usage():
            return later
        pick = _latest if self.provisional else _larger
        return Usage(
            input=pick(self.input, later.input),
            output=pick(self.output, later.output),
            cache_read=pick(self.cache_read, later.cache_read),
            cache_write=pick(self.cache_write, later.cache_write),
            cache_write_1h=pick(self.cache_write_1h, later.cache_write_1h),
            reasoning=pick(self.reasoning, later.reasoning),
            cost=self.cost if later.cost is None else later.cost,
            provisional=self.provisional and later.provisional,
            ext={
                dialect: {**self.ext.get(dialect, {}), **later.ext.get(dialect, {})}
                for dialect in (*self.ext, *later.ext)
            },
        )


def _latest(a: int | None, b: int | None) -> int | None:
    return a if b is None else b


def _larger(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to a call; nearly always the only one."""

    parts: tuple[Part, ...] = ()
    stop: Stop = Stop.END
    stop_sequence: str | None = None
    stop_detail: str | None = None  # the vendor's own words for an unusual stop
    logprobs: Json = None  # OpenAI's shape: [{token, logprob, bytes, top_logprobs}]
    ext: Ext = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """A whole answer."""

    id: str
    model: str
    choices: tuple[Choice, ...] = (Choice(),)
    usage: Usage | None = None
    created: int | None = None  # seconds since 1970
    ext: Ext = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the first choice."""
        return self.choices[0].parts if self.choices else ()

    @property
    def stop(self) -> Stop:
        """Why the first choice stopped."""
        return self.choices[0].stop if self.choices else Stop.OTHER
