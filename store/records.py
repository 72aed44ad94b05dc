"""What goes into and comes out of the store: plain records, one per table row."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class UsageRecord:
    """One call (dataplane.md §8.1). Times in ms since 1970, costs in USD; `None`: unknown."""

    request_id: str
    start_time: int
    response_status: str = "pending"
    client_request_id: str | None = None
    source_ip: str | None = None
    api_key: str | None = None  # the key's name, never its secret
    attribution: str | None = None
    door: str | None = None  # gateway, observe, route
    request_method: str | None = None
    request_path: str | None = None
    incoming_api_type: str | None = None
    incoming_model_alias: str | None = None
    canonical_model_name: str | None = None
    outgoing_api_type: str | None = None
    provider: str | None = None
    selected_model_name: str | None = None
    final_attempt_provider: str | None = None
    final_attempt_model: str | None = None
    all_attempted_providers: str | None = None  # JSON array of "provider/model"
    attempt_count: int = 0
    retry_history: str | None = None  # JSON
    is_streamed: bool = False
    is_passthrough: bool = False
    is_raw: bool = False
    tokens_input: int | None = None
    tokens_output: int | None = None
    tokens_reasoning: int | None = None
    tokens_cached: int | None = None
    tokens_cache_write: int | None = None
    tokens_estimated: bool = False
    cost_input: float | None = None
    cost_output: float | None = None
    cost_cached: float | None = None
    cost_cache_write: float | None = None
    cost_total: float | None = None
    cost_source: str | None = None
    cost_metadata: str | None = None  # JSON: rates and discount used
    provider_reported_cost: float | None = None
    duration_ms: float | None = None
    ttft_ms: float | None = None
    tokens_per_sec: float | None = None
    http_status: int | None = None  # what the client got
    finish_reason: str | None = None
    error_message: str | None = None
    tools_defined: int | None = None
    message_count: int | None = None
    tool_calls_count: int | None = None
    parallel_tool_calls_enabled: bool | None = None
    timeline: str | None = None  # JSON: mark -> ms after start_time
    routing: str | None = None  # JSON: the plan, with the reason for each target
    is_vision_fallthrough: bool = False
    is_descriptor_request: bool = False
    vision_fallthrough_model: str | None = None
    kwh_used: float | None = None
    instance: str | None = None  # which gateway process took the call; the writer fills it
    created_at: int | None = None  # ms, when the row was first queued; the writer fills it


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Sums over calls; an unknown value adds nothing, `unpriced` says how many had no cost."""

    requests: int
    failed: int  # neither success nor pending
    pending: int
    tokens_input: int
    tokens_output: int
    tokens_reasoning: int
    tokens_cached: int
    tokens_cache_write: int
    cost_total: float  # USD
    unpriced: int  # finished calls whose cost is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One gateway process as the others see it. Times in ms since 1970."""

    id: str
    host: str
    pid: int
    pid_space: str  # which table of process numbers `pid` is in; "" where unknown
    pid_start: int | None  # when the process began, in a unit only its own host understands
    started_at: int
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedSample:
    """How fast one successful call was."""

    provider: str
    model: str
    start_time: int  # ms since 1970
    is_streamed: bool
    duration_ms: float
    ttft_ms: float | None
    tokens_output: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyRequests:
    """How many calls one provider's model got in one hour."""

    provider: str
    model: str
    hour: int  # since 1970
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownRecord:
    """The rest of a target; with neither failures nor an expiry, the end of one (dataplane.md §4).

    Times in ms since 1970. `model` "" is the whole provider, `credential` "" every key.
    """

    provider: str
    model: str
    credential: str
    expires_at: int = 0
    failures: int = 0
    last_error: str | None = None
    credential_problem: bool = False  # the provider refused our key
    updated_at: int  # grows with every change of the row, whoever makes it
    set_by: str = ""  # the gateway process; the store fills it


@dataclass(slots=True, kw_only=True)
class ResponseRecord:
    """A Responses answer as its client was given it (dataplane.md §6.2). Times in ms since 1970."""

    key: str  # `owner/id`
    id: str
    owner: str  # the key's name
    request_id: str
    created_at: int
    completed_at: int | None = None
    status: str = "completed"
    model: str | None = None  # as it was asked for
    provider: str | None = None
    target_model: str | None = None
    api_type: str | None = None  # the format spoken to the provider
    canonical_model: str | None = None
    previous_key: str | None = None
    conversation_key: str | None = None
    size: int = 0  # characters of input and output
    input: str = "[]"  # JSON: the items of this turn only
    output: str = "[]"  # JSON: items
    body: str = "{}"  # JSON: the rest of the response object
    instance: str = ""
    stored_at: int = 0


@dataclass(slots=True, kw_only=True)
class ConversationRecord:
    """A conversation; its items are in its turns."""

    key: str  # `owner/id`
    id: str
    owner: str
    created_at: int
    updated_at: int
    metadata: str = "{}"  # JSON


@dataclass(slots=True, kw_only=True)
class TurnRecord:
    """What was added to a conversation at once."""

    key: str  # the call's request id, or one of its own
    conversation_key: str
    created_at: int
    size: int = 0  # characters of the items
    items: str = "[]"  # JSON
    instance: str = ""
    stored_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """What was captured of one call."""

    request_id: str
    created_at: int  # ms since 1970, when the call began
    api_key: str | None = None  # the key's name, never its secret
    response_status: int | None = None  # what the client got
    content: bytes = field(repr=False)  # JSON
