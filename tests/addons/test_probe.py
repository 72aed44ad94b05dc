"""A small call to a target, to measure it."""

import asyncio

import pytest

from plexus.addons.probe import probe
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import parse_object
from tests.addons.factories import provider, snapshot, target
from tests.addons.making import Replying, Scripted, rows_of, services, sse, whole

SNAPSHOT = snapshot(providers=(provider("acme", api_key="sk-x"),))
ACME = target("acme/fast", provider=SNAPSHOT.providers["acme"])
STREAM = (
    b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"1 2 3"}}]}\n\n',
    b'data: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":6}}\n\n',
    b"data: [DONE]\n\n",
)


async def test_a_probe_measures_and_stands_in_the_ledger() -> None:
    upstream = Scripted(sse(*STREAM))
    async with services(SNAPSHOT, upstream) as made:
        await probe(made, ACME)
        (row,) = await rows_of(made)
        measured = made.health.measures.of("acme", "fast")
    body = parse_object(upstream.sent[0].body)
    assert (body["model"], body["stream"]) == ("fast", True)
    assert (measured.samples, measured.ttft_s.count) == (1, 1)
    assert (row.api_key, row.attribution, row.response_status) == ("probe", "background", "success")
    assert (row.incoming_model_alias, row.provider) == ("direct/acme/fast", "acme")
    assert (row.tokens_input, row.tokens_output) == (9, 6)


async def test_a_probe_that_fails_puts_its_target_to_rest_and_is_in_the_ledger_too() -> None:
    upstream = Scripted(Replying(status=500, steps=[b'{"error":{"message":"no"}}']))
    async with services(SNAPSHOT, upstream) as made:
        with pytest.raises(GatewayError):
            await probe(made, ACME)
        (row,) = await rows_of(made)
        assert made.health.cooldowns.blocked(ACME) is not None
    assert (row.response_status, row.attempt_count) == ("error", 1)


async def test_a_stream_that_breaks_is_a_failure() -> None:
    broken = GatewayError(Kind.UPSTREAM_DOWN, "the connection broke")
    async with services(SNAPSHOT, Scripted(sse(STREAM[0], broken))) as made:
        with pytest.raises(GatewayError, match="broke"):
            await probe(made, ACME)
        (row,) = await rows_of(made)
        assert made.health.measures.of("acme", "fast").samples == 0
    assert row.response_status == "error"


async def test_a_provider_that_does_not_stream_is_measured_too() -> None:
    body = b'{"id":"1","choices":[{"index":0,"message":{"content":"1 2"},"finish_reason":"stop"}]}'
    async with services(SNAPSHOT, Scripted(whole(body))) as made:
        await probe(made, ACME)
        (row,) = await rows_of(made)
    assert row.response_status == "success"


async def test_a_probe_does_not_wait_for_ever() -> None:
    async with services(SNAPSHOT, Scripted(sse(STREAM[0], asyncio.Event()))) as made:
        with pytest.raises(GatewayError, match="took longer than") as caught:
            await probe(made, ACME, limit_s=0.02)
        (row,) = await rows_of(made)
    assert (caught.value.kind, row.response_status) == (Kind.UPSTREAM_TIMEOUT, "timeout")


async def test_a_probe_that_is_cut_off_is_no_failure_of_its_target() -> None:
    upstream = Scripted(asyncio.Event())
    async with services(SNAPSHOT, upstream) as made:
        task = asyncio.ensure_future(probe(made, ACME))
        await upstream.arrived.wait()
        task.cancel()
        await asyncio.wait([task])
        (row,) = await rows_of(made)
        assert made.health.cooldowns.blocked(ACME) is None
    assert row.response_status == "cancelled"
