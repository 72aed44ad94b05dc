"""Money, end to end of the codecs: what providers report, on every path, and what it costs.

The expected sums are written by hand, from the vendors' own rules for their `usage`. Prices are
such that each kind of token can be told from the sum: USD per million, 1 for the prompt, 10 for
output, 0.1 for what was cached, 2 for what was written to a cache, 4 if it lives an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from plexus.addons.exchange import Attempt, Buffered, Exchange
from plexus.addons.metering.pricing import price
from plexus.addons.metering.row import row_of
from plexus.addons.upstream.outgoing import Outgoing
from plexus.addons.upstream.whole import whole_reply
from plexus.config.snapshot import Model, PriceStep, Pricing, Rates
from plexus.store.records import UsageRecord
from plexus.transforms.codec import Dialect, Receipt, as_json_object
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event, UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.transcode import Passthrough, Transcoder
from plexus.transforms.wire import JsonObject, count_at, dump, number_at, object_at, parse_object
from tests.addons.factories import DIALECTS, exchange, plan, principal, provider, target
from tests.wire_files import Recording, each_recording

RATES = Rates(input=1.0, output=10.0, cached=0.1, cache_write=2.0, cache_write_1h=4.0)
PRICED = Pricing(source="simple", rates=RATES)
TIERS = Pricing(
    source="defined",
    steps=(
        PriceStep(lower=0, upper=200_000, rates=RATES),
        PriceStep(lower=200_001, upper=None, rates=Rates(input=2.0, output=20.0, cached=0.2)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a provider reports, in which format, and what it costs."""

    dialect: str
    usage: JsonObject
    cost: float
    pricing: Pricing = PRICED
    source: str = "simple"


CASES: Mapping[str, Case] = {
    "openai chat: the prompt includes what was cached, output what was thought": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 1000, "completion_tokens": 300, "total_tokens": 1300,
            "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 200},
        },
        cost=0.0006 + 0.00004 + 0.003,
    ),
    "deepseek: hits are counted beside the prompt, which includes them": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110,
            "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36,
        },
        cost=0.000036 + 0.0000064 + 0.0001,
    ),
    "xai: what was thought stands beside the completion, and the cost in ticks": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
            "completion_tokens_details": {"reasoning_tokens": 94},
            "cost_in_usd_ticks": 5_000_000,
        },
        cost=0.0005,
        source="provider_reported",
    ),
    "xai without ticks: thoughts are paid as output": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
            "completion_tokens_details": {"reasoning_tokens": 94},
        },
        cost=0.000032 + 0.00103,
    ),
    "openrouter: the cost that it took": Case(
        dialect="chat",
        usage={"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "cost": 0.00125},
        cost=0.00125,
        source="provider_reported",
    ),
    "openrouter with one's own key: what the provider behind it takes": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "cost": 0,
            "cost_details": {"upstream_inference_cost": 0.002},
        },
        cost=0.002,
        source="provider_reported",
    ),
    "cost_details: the total beats everything beside it": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20, "cost": 1.0,
            "cost_details": {"total_cost": 0.003},
        },
        cost=0.003,
        source="provider_reported",
    ),
    "deepinfra: an estimated cost": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20,
            "estimated_cost": 0.0000042,
        },
        cost=0.0000042,
        source="provider_reported",
    ),
    "responses: details of both sides": Case(
        dialect="responses",
        usage={
            "input_tokens": 2000, "output_tokens": 500, "total_tokens": 2500,
            "input_tokens_details": {"cached_tokens": 1500},
            "output_tokens_details": {"reasoning_tokens": 450},
        },
        cost=0.0005 + 0.00015 + 0.005,
    ),
    "responses: ticks": Case(
        dialect="responses",
        usage={
            "input_tokens": 2, "output_tokens": 5, "total_tokens": 7,
            "cost_in_usd_ticks": 20_000_000_000,
        },
        cost=2.0,
        source="provider_reported",
    ),
    "anthropic: the prompt excludes what was cached, and an hour costs more": Case(
        dialect="messages",
        usage={
            "input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 10_000,
            "cache_creation_input_tokens": 3000,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 2000, "ephemeral_1h_input_tokens": 1000,
            },
        },
        cost=0.0001 + 0.0005 + 0.001 + 0.004 + 0.004,
    ),
    "anthropic: a long prompt that is mostly cached is a long prompt": Case(
        dialect="messages",
        usage={
            "input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 200_000,
            "cache_creation_input_tokens": 0,
        },
        pricing=TIERS,
        source="defined",
        cost=0.002 + 0.002 + 0.04,
    ),
    "gemini: the prompt includes what was cached, the answer excludes its thoughts": Case(
        dialect="gemini",
        usage={
            "promptTokenCount": 5000, "cachedContentTokenCount": 4000,
            "candidatesTokenCount": 100, "thoughtsTokenCount": 900, "totalTokenCount": 6000,
        },
        cost=0.001 + 0.0004 + 0.01,
    ),
    "gemini: what tools read is part of the prompt": Case(
        dialect="gemini",
        usage={
            "promptTokenCount": 200_001, "toolUsePromptTokenCount": 99,
            "candidatesTokenCount": 100, "totalTokenCount": 200_200,
        },
        pricing=TIERS,
        source="defined",
        cost=0.4002 + 0.002,
    ),
    "a flat price takes no heed of tokens": Case(
        dialect="chat",
        usage={"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
        pricing=Pricing(source="per_request", amount=0.04),
        source="per_request",
        cost=0.04,
    ),
    "a discount takes its part off everything": Case(
        dialect="chat",
        usage={
            "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
            "prompt_tokens_details": {"cached_tokens": 500},
        },
        pricing=Pricing(source="simple", rates=RATES, discount=0.5),
        cost=(0.0005 + 0.00005 + 0.001) / 2,
    ),
}  # fmt: skip


def whole(dialect: str, usage: JsonObject) -> bytes:
    """Return a provider's whole answer with this usage."""
    text: dict[str, JsonObject] = {
        "chat": {
            "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "hello"},
            }],
        },
        "responses": {
            "id": "resp_1", "object": "response", "created_at": 1, "model": "m",
            "status": "completed", "usage": usage,
            "output": [{
                "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "hello", "annotations": []}],
            }],
        },
        "messages": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "hello"}], "stop_reason": "end_turn",
            "stop_sequence": None, "usage": usage,
        },
        "gemini": {
            "candidates": [{
                "content": {"role": "model", "parts": [{"text": "hello"}]},
                "finishReason": "STOP", "index": 0,
            }],
            "usageMetadata": usage, "modelVersion": "m", "responseId": "r",
        },
    }  # fmt: skip
    return dump(text[dialect])


def stream(dialect: str, usage: JsonObject, *, told: bytes = b"") -> list[bytes]:
    """Return a provider's stream with this usage, and `told` before its end."""
    if dialect == "chat":
        head: JsonObject = {
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        }  # fmt: skip
        said = {"index": 0, "delta": {"role": "assistant", "content": "hello"}}
        ended = {"index": 0, "delta": {}, "finish_reason": "stop"}
        frames: list[JsonObject] = [
            {**head, "choices": [said]},
            {**head, "choices": [ended]},
            {**head, "choices": [], "usage": usage},
        ]
        return [*(b"data: " + dump(f) + b"\n\n" for f in frames), told, b"data: [DONE]\n\n"]
    if dialect == "gemini":
        return [b"data: " + whole("gemini", usage) + b"\n\n"]
    if dialect == "responses":
        return _responses_stream(usage, told)
    return _messages_stream(usage, told)


def _named(frames: list[JsonObject]) -> list[bytes]:
    return [
        b"event: " + str(frame["type"]).encode() + b"\ndata: " + dump(frame) + b"\n\n"
        for frame in frames
    ]


def _responses_stream(usage: JsonObject, told: bytes) -> list[bytes]:
    done = whole("responses", usage)
    response = parse_object(done)
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    return [
        *_named([{"type": "response.created", "sequence_number": 0, "response": begun}]),
        told,
        *_named([{"type": "response.completed", "sequence_number": 1, "response": response}]),
    ]


def _messages_stream(usage: JsonObject, told: bytes) -> list[bytes]:
    first = {**usage, "output_tokens": 1}
    message: JsonObject = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": first,
    }  # fmt: skip
    text = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    }
    said = {"type": "text_delta", "text": "hello"}
    return [
        *_named([
            {"type": "message_start", "message": message},
            text,
            {"type": "content_block_delta", "index": 0, "delta": said},
            {"type": "content_block_stop", "index": 0},
        ]),
        told,
        *_named([
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": usage.get("output_tokens")},
            },
            {"type": "message_stop"},
        ]),
    ]  # fmt: skip


def called(case: Case, client: str, *, streamed: bool) -> Exchange:
    """Return a call to a model that is priced so, by a client of a format."""
    model = Model(name="m", pricing=case.pricing)
    where = target(provider=provider(models={"m": model}), model=model)
    return exchange(
        dialect=DIALECTS[client],
        principal=principal(name="app"),
        plan=plan(where),
        model="m",
        body={"model": "m", "messages": []},
        stream=streamed,
        attempts=[Attempt(target=where, dialect=DIALECTS[case.dialect])],
    )


def booked(call: Exchange, status: int = 200, failure: str | None = None) -> UsageRecord:
    call.timeline.mark("done")
    return row_of(call, status, failure)


def unary(case: Case, client: str) -> UsageRecord:
    call = called(case, client, streamed=False)
    outgoing = Outgoing(
        url="http://acme.test/v1", headers={}, body=b"", dialect=DIALECTS[case.dialect],
        passthrough=client == case.dialect, receipt=Receipt(),
    )  # fmt: skip
    reply = whole_reply(call, outgoing, {}, whole(case.dialect, case.usage))
    assert isinstance(reply, Buffered)
    call.reply = reply
    return booked(call)


def streamed(case: Case, client: str, told: bytes = b"") -> UsageRecord:
    call = called(case, client, streamed=True)
    source, spoken = DIALECTS[case.dialect], DIALECTS[client]
    pipe = (
        Passthrough(source, "id")
        if source is spoken
        else Transcoder(source, spoken, None, Receipt())
    )
    for frame in stream(case.dialect, case.usage, told=told):
        call.seen.add(frame)
        pipe.feed(frame)
    pipe.close()
    call.absorb(pipe)
    return booked(call)


PATHS: Mapping[str, Callable[[Case, str], UsageRecord]] = {"unary": unary, "stream": streamed}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("client", ["chat", "responses", "messages", "gemini"])
@pytest.mark.parametrize("name", CASES)
def test_a_call_costs_the_same_on_every_path(name: str, client: str, path: str) -> None:
    case = CASES[name]
    row = PATHS[path](case, client)
    assert row.response_status == "success", row.error_message
    assert row.cost_total == pytest.approx(case.cost, abs=1e-8)
    assert (row.cost_source, row.tokens_estimated) == (case.source, False)


@pytest.mark.parametrize("client", ["chat", "responses", "messages", "gemini"])
@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_a_cost_in_a_comment_counts_translated_or_not(dialect: str, client: str) -> None:
    counts: JsonObject = {"input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
    if dialect == "chat":
        counts = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
    case = Case(dialect=dialect, usage=counts, cost=0.0125)
    row = streamed(case, client, b': cost {"request_cost_usd": 0.0125}\n\n')
    assert (row.cost_total, row.cost_source) == (0.0125, "provider_reported")
    assert row.cost_input == pytest.approx(0.0125 * 10 / 110, abs=1e-8)
    assert row.tokens_input == 10


@pytest.mark.parametrize("client", ["messages", "chat"])
def test_a_cancelled_call_is_charged_for_its_prompt_and_what_had_come(client: str) -> None:
    case = CASES["anthropic: the prompt excludes what was cached, and an hour costs more"]
    call = called(case, client, streamed=True)
    source, spoken = DIALECTS["messages"], DIALECTS[client]
    pipe = (
        Passthrough(source, "id")
        if source is spoken
        else Transcoder(source, spoken, None, Receipt())
    )
    for frame in stream("messages", case.usage)[:3]:  # up to its one word
        call.seen.add(frame)
        pipe.feed(frame)
    call.absorb(pipe)
    call.cancelled = True
    row = booked(call, failure="Client disconnected.")
    assert (row.response_status, row.tokens_estimated) == ("cancelled", True)
    # All of the prompt was reported at the start; of the answer there is one token.
    assert row.cost_total == pytest.approx(0.0001 + 0.001 + 0.004 + 0.004 + 0.00001, abs=1e-8)


COMPATIBLE = "other-openai-compatible:"
DIALECT_OF = {
    "openai-chat": "chat",
    "openai-responses": "responses",
    "anthropic-messages": "messages",
    "gemini": "gemini",
}


def dialect_of(recording: Recording) -> Dialect:
    return DIALECTS[DIALECT_OF.get(recording.format, "chat")]


def passed(recording: Recording) -> Usage | None:
    """What is seen of an answer that passes through."""
    dialect = dialect_of(recording)
    if recording.stream:
        pipe = Passthrough(dialect, "id")
        pipe.feed(recording.stream_bytes())
        pipe.close()
        return pipe.usage
    return last_usage(dialect.sniff(dump(recording.response_body())))


def decoded(recording: Recording) -> Usage | None:
    """What is seen of an answer that is translated. Raise `GatewayError`."""
    codec = dialect_of(recording).chat
    if not recording.stream:
        return codec.decode_response(as_json_object(recording.response_body())).usage
    decoder = codec.stream_decoder()
    return last_usage([*decoder.feed(recording.stream_bytes()), *decoder.close()])


def last_usage(events: list[Event]) -> Usage | None:
    found: Usage | None = None
    for event in events:
        if isinstance(event, UsageSeen):
            found = event.usage if found is None else found.merged(event.usage)
    return found


def bill(usage: Usage | None) -> tuple[object, ...]:
    cost = price(usage if usage is not None else Usage(), PRICED)
    return cost.input, cost.output, cost.cached, cost.cache_write, cost.total, cost.source


def is_one_answer(recording: Recording) -> bool:
    """Whether a recorded stream is that of one call: some hold several, one after the other."""
    starts = (b'"type":"message_start"', b'"type":"response.created"')
    return not recording.stream or all(recording.stream_bytes().count(s) <= 1 for s in starts)


@each_recording(*DIALECT_OF, COMPATIBLE, ok=True, where=is_one_answer)
def test_a_recorded_answer_costs_the_same_translated_or_not(recording: Recording) -> None:
    try:
        translated = decoded(recording)
    except GatewayError:
        return  # an answer that cannot be translated costs what is seen of it passing by
    assert bill(passed(recording)) == bill(translated)


def counts_add_up(raw: JsonObject) -> bool:
    """Whether a report's own parts make its total: some servers' totals leave parts out."""
    names = ("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens")
    for prompt_name, answer_name in names:
        prompt, answer = count_at(raw, prompt_name), count_at(raw, answer_name)
        if prompt is not None and answer is not None:
            details = object_at(raw, f"{prompt_name}_details") or {}
            cached = count_at(details, "cached_tokens") or 0
            # OpenRouter once counted the same tokens as read and as written.
            cached += count_at(details, "cache_write_tokens") or 0
            return prompt + answer <= (count_at(raw, "total_tokens") or 0) and cached <= prompt
    prompt, answer = count_at(raw, "promptTokenCount"), count_at(raw, "candidatesTokenCount")
    return prompt is not None and prompt + (answer or 0) <= (count_at(raw, "totalTokenCount") or 0)


@each_recording("openai-chat", "openai-responses", "gemini", COMPATIBLE, stream=False, ok=True)
def test_no_recorded_token_is_lost_or_counted_twice(recording: Recording) -> None:
    body = as_json_object(recording.response_body())
    raw = object_at(body, "usage") or object_at(body, "usageMetadata") or {}
    if not counts_add_up(raw):
        return
    found = passed(recording)
    assert found is not None
    parts = (found.input, found.output, found.cache_read, found.cache_write)
    total = count_at(raw, "total_tokens")
    total = count_at(raw, "totalTokenCount") if total is None else total
    assert sum(part or 0 for part in parts) == total


@each_recording(*DIALECT_OF, COMPATIBLE, stream=False, ok=True)
def test_a_recorded_cost_is_booked_as_it_was_reported(recording: Recording) -> None:
    raw = object_at(as_json_object(recording.response_body()), "usage") or {}
    said, ticks = number_at(raw, "cost"), number_at(raw, "cost_in_usd_ticks")
    if not said and ticks is None:
        return  # nothing reported; a caller's own key makes the router's own cost 0
    found = passed(recording)
    assert found is not None
    cost = price(found, PRICED)
    assert cost.source == "provider_reported"
    expected = said if said else (ticks or 0) / 10**10
    assert cost.total == pytest.approx(expected, abs=1e-8)
