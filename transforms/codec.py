"""What a wire format must be able to do: the protocols that each dialect implements.

Codecs are sans-IO: bytes or values in, bytes or values out, no clock, no socket. A decoder raises
`GatewayError` and nothing else; an encoder appends to the receipt whatever it could not say.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Protocol, override

from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.value import quickly_made
from plexus.transforms.wire import Json, JsonObject


class Operation(enum.StrEnum):
    """What a client asks for, whatever its format."""

    CHAT = "chat"
    COUNT_TOKENS = "count_tokens"
    EMBED = "embed"
    SPEECH = "speech"
    TRANSCRIBE = "transcribe"
    IMAGE = "image"


@quickly_made
@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request; `path` has no query, header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@quickly_made
@dataclass(frozen=True, slots=True)
class Match:
    """What the head of a request tells: `None` where only the body can tell."""

    operation: Operation
    model: str | None = None
    stream: bool | None = None
    framing: Literal["sse", "array"] = "sse"  # Gemini streams a JSON array unless alt=sse


# How a call is kept, cached, billed and reported: the model reads none of it. (`include` asks for
# details of hosted tools and log probabilities, which are noted by themselves.)
_BESIDE_THE_TALK: Final = frozenset(
    {
        "cache",
        "cache_key",
        "client_metadata",
        "include",
        "labels",
        "metadata",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "store",
        "stream_options",
        "tier",
        "user",
    }
)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of the fidelity receipt: what became of a field or block on its way."""

    path: str  # where it stood in the source, e.g. "sampling.seed", "messages[3].parts[0]"
    action: Literal["dropped", "coerced", "invented"]
    detail: str = ""

    @property
    def is_loss(self) -> bool:
        """Whether something of the conversation is gone: of what is said, asked or allowed."""
        names = self.path.split(".")
        return self.action == "dropped" and _BESIDE_THE_TALK.isdisjoint((names[0], names[-1]))

    @override
    def __str__(self) -> str:
        return f"{self.action} {self.path}" + (f" ({self.detail})" if self.detail else "")


class Receipt:
    """Collects notes while something is encoded; keeps order, drops repetitions."""

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: dict[Note, None] = {}

    def dropped(self, path: str, detail: str = "") -> None:
        """Note that the target cannot say this at all."""
        self._notes[Note(path=path, action="dropped", detail=detail)] = None

    def coerced(self, path: str, detail: str = "") -> None:
        """Note that the target says something near it."""
        self._notes[Note(path=path, action="coerced", detail=detail)] = None

    def invented(self, path: str, detail: str = "") -> None:
        """Note that the target wants a value which the source did not give."""
        self._notes[Note(path=path, action="invented", detail=detail)] = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes so far, in order."""
        return tuple(self._notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """How a provider's model deviates from its dialect's standard; set by quirks and config."""

    official: bool = False  # the vendor that owns the dialect, not a compatible server
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    developer_role: bool = False  # knows "developer"; else such messages go as "system"
    # Takes system messages between turns. Many compatible servers answer 400 to such a history for
    # good, so it takes a quirk to say that they may stand there.
    inline_system: bool = False
    image_urls: bool = True  # fetches http(s) images itself
    # Where past thoughts are sent back; "content": as parts of the turn's content.
    reasoning_field: Literal["reasoning_content", "reasoning", "content"] | None = None
    reasoning_turns: Literal["all", "calls"] = "all"  # on which turns; calls: those with tool calls
    reasoning_required: bool = False  # those turns must bear thoughts, were it a blank
    # Which request field says how much to think; None: none does.
    effort: Literal[
        "reasoning_effort",
        "reasoning",
        "thinking",
        "enable_thinking",
        "chat_template_kwargs",
        None,
    ] = "reasoning_effort"
    efforts: tuple[str, ...] | None = None  # its words, weakest first; empty: on and off is all
    thinking: Literal["budget", "adaptive", "level", None] = "budget"
    structured_output: bool = True  # has a native JSON-schema answer format
    sampling: bool = True  # takes temperature, top_p and top_k; newer reasoning models do not
    tool_id: Literal["any", "safe", "nine"] = "any"  # nine: Mistral's nine alphanumerics
    max_output: int | None = None  # tokens; what to ask for when the dialect insists on a number
    forced_tools: Literal["always", "at_rest", "never"] = "always"  # at_rest: not while it thinks
    stream_usage: bool = True  # takes stream_options.include_usage; else it reports usage unasked
    prefill: bool = True  # goes on with a last turn of the assistant
    call_seals: bool = False  # takes Gemini's thought signatures in a call's extra_content
    cache_marks: bool = False  # takes cache_control where its dialect has none (OpenRouter)
    json_schema: bool = True  # Gemini: takes JSON Schema, not only its own subset of it
    thought_signatures: bool = False  # Gemini 3: refuses a replayed call without a signature
    result_media: bool = False  # Gemini 3: takes media inside a tool's result
    mixed_tools: bool = False  # Gemini 3: takes built-in tools beside functions


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A request ready for a provider: `path` goes behind the provider's base URL."""

    path: str
    body: JsonObject
    headers: Mapping[str, str] = field(default_factory=dict)


class StreamDecoder(Protocol):
    """Turns a provider's stream into events."""

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes at any split, even inside a UTF-8 sequence; hold at most one frame."""
        ...

    def close(self) -> list[Event]:
        """Take the end of the stream; yields `Failed` if it was cut short."""
        ...


class StreamEncoder(Protocol):
    """Turns events into a client's stream."""

    def encode(self, event: Event) -> bytes:
        """Return the bytes to send now, possibly none."""
        ...

    def close(self) -> bytes:
        """Return what makes the stream well-formed, whatever events came before."""
        ...


class ChatCodec(Protocol):
    """Chat in one dialect."""

    def decode_request(self, match: Match, body: JsonObject) -> ChatRequest:
        """Read a client's request; raise `GatewayError(BAD_REQUEST)` naming the field."""
        ...

    def encode_request(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
        """Write a request for a provider that bears `traits`."""
        ...

    def decode_response(self, body: JsonObject) -> ChatResponse:
        """Read a provider's whole answer; raise `GatewayError(UPSTREAM_INVALID)` if it is none."""
        ...

    def encode_response(
        self, response: ChatResponse, request: ChatRequest | None, receipt: Receipt
    ) -> JsonObject:
        """Write a whole answer for a client; some formats echo what `request` asked."""
        ...

    def stream_decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        ...

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder for one stream; `request` says e.g. whether a usage frame is wanted."""
        ...


@quickly_made
@dataclass(frozen=True, slots=True)
class Aim:
    """Where a passed-through call goes: behind the base URL, with these top-level body changes."""

    path: str
    changes: JsonObject


class Dialect(Protocol):
    """A wire format."""

    name: ClassVar[str]  # as in configuration: chat, messages, gemini, responses
    chat: ChatCodec
    markers: ClassVar[tuple[bytes, ...]]  # a stream frame without any of these tells nothing
    keepalive: ClassVar[bytes]  # what an idle stream may send; empty: nothing
    asks_for_usage: ClassVar[bool]  # streams report usage only if asked to (chat: stream_options)
    own_headers: ClassVar[tuple[str, ...]]  # client headers for providers of this dialect

    def aim(self, model: str, *, stream: bool) -> Aim:
        """Return where a chat call for `model` goes when its body is passed through.

        chat: `("/chat/completions", {"model": model})`; Gemini: the model stands in the path, and
        nothing in the body changes.
        """
        ...

    def must_rewrite(self, body: Mapping[str, Json], traits: Traits) -> bool:
        """Whether a client's body of this format would be refused if it were passed through.

        It would where its history repeats what only Plexus can have written into it: the answers
        of other providers, as this format shows them. `traits` are the provider's.
        """
        ...

    def credentials(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that carry our key to a provider (dataplane.md §5.0)."""
        ...

    def status(self, error: GatewayError) -> int:
        """Return the HTTP status with which a client of this format gets `error`."""
        ...

    def match(self, head: Head) -> Match | None:
        """Say what a request asks for, or `None` if it is not of this format."""
        ...

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
        """Read a provider's error reply, however malformed."""
        ...

    def encode_error(self, error: GatewayError, request_id: str) -> JsonObject:
        """Write the body of an error reply."""
        ...

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        """Write the frame (or frames) that end a passed-through stream with an error."""
        ...

    def sniff(self, data: bytes) -> list[Event]:
        """Return the `UsageSeen`, `Finished` and `Failed` of one frame's data or a whole reply."""
        ...

    def wants_usage(self, body: Mapping[str, Json]) -> bool:
        """Whether this client's streamed request asks for usage frames."""
        ...


def as_json_object(value: Json) -> JsonObject:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
