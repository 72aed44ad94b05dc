"""What is known about one call while it is under way; each verb writes its own fields once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Final, Literal

from plexus.addons.inspection.capture import Capture
from plexus.addons.metering.estimate import Seen
from plexus.addons.stateful.given import Given
from plexus.addons.upstream.seal_keeper import SealKeeper
from plexus.config.snapshot import InterceptHost, Key, Model, Provider, Snapshot
from plexus.transforms.codec import Dialect, Head, Match, Note, Receipt
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.lazy_object import whole
from plexus.transforms.transcode import Pipe
from plexus.transforms.value import quickly_made
from plexus.transforms.wire import Json, JsonObject

if TYPE_CHECKING:
    from plexus.addons.upstream.approach import Approach

type Door = Literal["gateway", "observe", "route"]


@lru_cache(maxsize=4096)
def _fingerprint(api_key: str) -> str:
    return hashlib.blake2b(api_key.encode(), digest_size=6).hexdigest()


class Timeline:
    """Monotonic marks of one call, in the order in which they were set."""

    __slots__ = ("_marks", "started", "started_ms")

    def __init__(self) -> None:
        self.started = monotonic()
        self.started_ms = time_ns() // 1_000_000  # since 1970
        self._marks: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Set a mark; the first time counts, so that a retry does not hide the first try."""
        self._marks.setdefault(name, monotonic())

    def ms(self, name: str) -> float | None:
        """Milliseconds from the start of the call to the mark, if it was set."""
        at = self._marks.get(name)
        return None if at is None else (at - self.started) * 1000

    def elapsed_ms(self) -> float:
        """Milliseconds since the start of the call."""
        return (monotonic() - self.started) * 1000

    def as_json(self) -> JsonObject:
        """The waterfall: mark → ms since the start, rounded to microseconds."""
        # `round` costs several times as much.
        began = self.started
        return {name: int((at - began) * 1e6 + 0.5) / 1000 for name, at in self._marks.items()}


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """On whose behalf a call is made. `key` is `None` where no key is required."""

    key: Key | None
    name: str  # as the ledger has it
    label: str | None = None  # what stood behind the colon of the secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place to send a call to, and why it stands where it stands in the plan."""

    provider: Provider
    model: Model
    reason: str
    api_key: str | None = field(default=None, repr=False)  # None: none is sent
    # How clients of each dialect get there; a target with another reason works it out anew.
    approaches: dict[str, Approach] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def credential(self) -> str:
        """A fingerprint of the key, to tell several keys of one provider apart; "" without one."""
        return "" if self.api_key is None else _fingerprint(self.api_key)

    @property
    def name(self) -> str:
        """`provider/model`, as histories and errors spell it."""
        return f"{self.provider.name}/{self.model.name}"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a call may go, best first. `skipped` says why others may not."""

    requested: str
    canonical: str | None  # the alias it resolved to; None: direct
    targets: tuple[Target, ...]
    skipped: tuple[str, ...] = ()
    lossless: bool = False
    sticky: bool = False
    continue_stream: bool = False
    extra_body: JsonObject = field(default_factory=dict)
    # The plan as the ledger writes it, by column: calls share a plan. A changed one starts anew.
    texts: dict[str, str] = field(init=False, default_factory=dict, repr=False, compare=False)


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try at one target, or why there was none."""

    target: Target
    dialect: Dialect | None = None  # the wire format spoken to the provider
    passthrough: bool = False  # the client's own bytes, but for the model name
    started: float = 0.0  # monotonic
    ended: float | None = None
    status: int | None = None  # HTTP status of the provider
    first_event: float | None = None  # monotonic; of a stream
    error: GatewayError | None = None
    retryable: bool = False  # whether the next target was, or would have been, asked
    skipped: str | None = None  # why the target was passed over
    repairs: list[str] = field(default_factory=list)  # what was mended for another try

    def as_json(self) -> JsonObject:
        """The attempt for the history: everything but secrets."""
        return {
            "provider": self.target.provider.name,
            "model": self.target.model.name,
            "apiType": self.dialect.name if self.dialect else None,
            "status": "skipped" if self.skipped else "failed" if self.error else "success",
            "reason": self.skipped or (self.error.message if self.error else self.target.reason),
            "statusCode": self.status,
            "retryable": self.retryable,
            "repairs": list(self.repairs),
            "ms": None if self.ended is None else round((self.ended - self.started) * 1000, 3),
        }


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Buffered:
    """A whole reply."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_empty: bool | None = None  # an answer that says nothing; None: not looked into


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another provider's stream that goes on with an answer, and the format it is in."""

    reply: Streamed
    dialect: Dialect


@dataclass(slots=True, kw_only=True)
class Streamed:
    """A reply under way: bytes that were read already, and how to get the rest."""

    first: bytes
    read: Callable[[], Awaitable[bytes]]  # b"" at the end; raises GatewayError
    close: Callable[[], None]  # drops the provider's connection unless it was read to its end
    pipe: Pipe
    # Is told, once, how the provider ended the stream; never if it was the client who left.
    settle: Callable[[GatewayError | None], None] = lambda _: None
    # Returns the rest of the answer from elsewhere after a break, `None` if there is none.
    elsewhere: Callable[[], Awaitable[Elsewhere | None]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    receipt: Receipt = field(default_factory=Receipt)  # grows while the answer is translated


type Reply = Buffered | Streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """What the client itself said, where its history was added to the body (dataplane.md §6.2)."""

    raw: bytes
    body: Mapping[str, Json]
    previous: str | None = None  # the id of the response that it goes on from
    conversation: str | None = None
    ancestors: frozenset[str] = frozenset()  # ids of the responses that the history is made of


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One call from its first header to its row in the ledger."""

    id: str  # UUID, also the flow's id
    door: Door
    snapshot: Snapshot
    head: Head
    dialect: Dialect
    match: Match
    timeline: Timeline = field(default_factory=Timeline)
    host: InterceptHost | None = None  # the intercepted host, if any
    client_request_id: str | None = None
    source_ip: str | None = None
    principal: Principal | None = None
    raw: bytes = b""
    body: Mapping[str, Json] | None = None
    model: str | None = None
    stream: bool = False
    plan: Plan | None = None
    shows_plan: bool = False  # to the client, an administrator
    attempts: list[Attempt] = field(default_factory=list)
    reply: Reply | None = None
    receipt: tuple[Note, ...] = ()
    quota_headers: Mapping[str, str] = field(default_factory=dict)
    usage: Usage | None = None
    stop: Stop | None = None
    so_far: str = ""  # the text of a broken answer that another target is to continue
    response_id: str | None = None  # of a Responses answer, as the client knows it
    continued: Continued | None = None  # its body holds what was said before, too
    given: Given | None = None  # watches a Responses answer that is to be stored
    error: GatewayError | None = None
    cancelled: bool = False
    seals: SealKeeper | None = None  # remembers reasoning for the conversation's next turn
    seen: Seen = field(default_factory=Seen)  # of the provider's stream
    capture: Capture | None = None  # None: nothing of it is kept for looking at later
    pending_written: bool = False
    closed: bool = False  # its row is written

    def absorb(self, pipe: Pipe) -> None:
        """Take over what a stream's pipe saw: usage, stop, failure."""
        self.usage = pipe.usage
        self.stop = pipe.stop
        self.error = self.error or pipe.failed

    @property
    def whole_body(self) -> JsonObject:
        """The body as a `dict`, `{}` if there is none. Raise `GatewayError` if it is too deep."""
        return {} if self.body is None else whole(self.body)

    @property
    def tried(self) -> list[Attempt]:
        """The attempts that were made, without the targets that were passed over."""
        return [attempt for attempt in self.attempts if attempt.skipped is None]

    @property
    def answer_id(self) -> str | None:
        """The id of a Responses answer that we write; a provider's own may not be unique."""
        return f"resp_{self.id.replace('-', '')}" if self.dialect.name == "responses" else None

    @property
    def target(self) -> Target | None:
        """The target that was asked last."""
        last = self._last_tried
        return None if last is None else last.target

    @property
    def spoken(self) -> Dialect:
        """The format of the provider's reply."""
        last = self._last_tried
        return (None if last is None else last.dialect) or self.dialect

    @property
    def _last_tried(self) -> Attempt | None:
        return next((a for a in reversed(self.attempts) if a.skipped is None), None)


class Exchanges:
    """The calls under way, by flow id. Dropped by `record`, so the size is the concurrency."""

    def __init__(self) -> None:
        self._open: dict[str, Exchange] = {}
        # The call of a flow, if it is one of ours. Every verb asks, so nothing stands between.
        self.get: Final = self._open.get
        self._empty = asyncio.Event()
        self._empty.set()

    def add(self, exchange: Exchange) -> None:
        """Take a call in."""
        self._open[exchange.id] = exchange
        self._empty.clear()

    def drop(self, flow_id: str) -> None:
        """Forget a call."""
        self._open.pop(flow_id, None)
        if not self._open:
            self._empty.set()

    async def wait_empty(self) -> None:
        """Return once no call is under way."""
        await self._empty.wait()

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> list[Exchange]:
        """The calls under way, oldest first."""
        return list(self._open.values())
