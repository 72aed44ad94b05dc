"""What a killed gateway leaves behind, and what a changed configuration changes."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx

from plexus.config.reload import Rejected
from plexus.store.usage import INTERRUPTED
from tests.e2e.processes import PATIENCE_S, Served, chat, chat_body, served
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider

AUTH = {"authorization": "Bearer sk-plexus-app"}
FRAMES = native.stream(["first ", "second"])

# DESIGN.md §6 promises 50 ms; a machine that runs other tests too may need longer.
FLUSHED_S = 1.0
CLIENTS = 8


class Load:
    """Clients that call without a pause, and remember which replies they got, and when."""

    def __init__(self, gateway: Served) -> None:
        self.replies: dict[str, float] = {}
        self._gateway = gateway

    async def run(self, number: int) -> None:
        """Call until the gateway is gone; every other call is a stream."""
        url = f"{self._gateway.url}/v1/chat/completions"
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            while True:
                body = chat_body(stream=number % 2 == 0)
                try:
                    reply = await client.post(url, headers=AUTH, json=body)
                except httpx.TransportError:
                    return
                assert reply.status_code == 200
                self.replies[reply.headers["x-request-id"]] = now()

    async def until_older_than(self, seconds: float) -> None:
        """Wait until the load has gone on for so long after its first reply."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.replies or now() - min(self.replies.values()) < seconds:
                await chat(self._gateway.url)


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def hanging(gateway: Served, provider: Provider) -> AsyncIterator[str]:
    """A stream that never ends; yields its id once it is entered as pending."""
    provider.script(script.gated(FRAMES, asyncio.Event(), after=2))
    url = f"{gateway.url}/v1/chat/completions"
    async with (
        httpx.AsyncClient(timeout=PATIENCE_S) as client,
        client.stream("POST", url, headers=AUTH, json=chat_body(stream=True)) as reply,
    ):
        identity = reply.headers["x-request-id"]
        async with asyncio.timeout(PATIENCE_S):
            while status_of(gateway.data, identity) != "pending":
                await chat(gateway.url)
        yield identity


def status_of(data: Path, identity: str) -> str | None:
    """What the ledger's file says of a call, read as a stranger."""
    with closing(sqlite3.connect(f"file:{data}/plexus.db?mode=ro", uri=True)) as ledger:
        found = ledger.execute(
            "SELECT response_status FROM request_usage WHERE request_id = ?", (identity,)
        ).fetchone()
    return None if found is None else str(found[0])


async def test_a_gateway_that_is_killed_loses_no_row_that_was_flushed_and_opens_again(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        async with hanging(gateway, provider) as cut:
            load = Load(gateway)
            clients = [asyncio.ensure_future(load.run(number)) for number in range(CLIENTS)]
            await load.until_older_than(2 * FLUSHED_S)
            killed_at = now()
            gateway.signal(signal.SIGKILL)
            await asyncio.gather(*clients)
        assert await gateway.ended() == -signal.SIGKILL
    async with served(tmp_path, one_provider(provider)) as again:
        assert (await chat(again.url)).status_code == 200
        again.signal(signal.SIGTERM)
        assert await again.ended() == 0
        rows = {row.request_id: row for row in await again.rows()}
    expected = {call for call, at in load.replies.items() if at < killed_at - FLUSHED_S}
    assert len(expected) > CLIENTS
    assert expected <= set(rows)
    assert {rows[call].response_status for call in expected} == {"success"}
    assert "pending" not in {row.response_status for row in rows.values()}
    assert (rows[cut].response_status, rows[cut].error_message) == ("error", INTERRUPTED)


async def test_a_stream_goes_on_with_the_configuration_it_began_with(
    tmp_path: Path, provider: Provider
) -> None:
    gate = asyncio.Event()
    async with Provider() as other, running(tmp_path, one_provider(provider)) as gateway:
        provider.script(script.gated(FRAMES, gate, after=2))
        async with opened(gateway) as reply:
            pieces = reply.aiter_bytes()
            seen = await anext(pieces)
            changed = asyncio.Event()
            gateway.gateway.services.config.on_change(lambda old, new: changed.set())
            gateway.config.write_text(one_provider(other).replace("acme", "newer"))
            async with asyncio.timeout(PATIENCE_S):
                await changed.wait()
            after = await chat(gateway.url)
            gate.set()
            async for piece in pieces:
                seen += piece
        stream_row, after_row = await gateway.rows(2)
    assert b"second" in seen and seen.endswith(b"data: [DONE]\n\n")
    assert after.status_code == 200
    assert (len(provider.requests), len(other.requests)) == (1, 1)
    assert (stream_row.provider, stream_row.response_status) == ("acme", "success")
    assert (after_row.provider, after_row.response_status) == ("newer", "success")


async def test_a_broken_file_keeps_what_was_in_force_and_is_followed_all_the_same(
    tmp_path: Path, provider: Provider
) -> None:
    good = one_provider(provider)
    async with running(tmp_path, good) as gateway:
        holder = gateway.gateway.services.config
        before = holder.current
        for broken in ("providers: [", "providers: 7\n", "keys: {app: {}}\n"):
            gateway.config.write_text(broken)
            assert isinstance(holder.reload(), Rejected)
            assert holder.current is before
            assert (await chat(gateway.url)).status_code == 200
        changed = asyncio.Event()
        holder.on_change(lambda old, new: changed.set())
        gateway.config.write_text(good.replace("  m:", "  renamed:"))
        async with asyncio.timeout(PATIENCE_S):
            await changed.wait()
        assert (await chat(gateway.url, model="renamed")).status_code == 200
        assert (await chat(gateway.url, model="m")).status_code == 404


async def test_a_key_that_is_taken_away_is_refused_from_then_on(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        assert (await chat(gateway.url)).status_code == 200
        text = gateway.config.read_text()
        gateway.config.write_text(text.replace("sk-plexus-app", "sk-plexus-new"))
        gateway.gateway.services.config.reload()
        assert (await chat(gateway.url)).status_code == 401
        assert (await chat(gateway.url, key="sk-plexus-new")).status_code == 200


@asynccontextmanager
async def opened(gateway: Running) -> AsyncIterator[httpx.Response]:
    """A stream of a small call."""
    url = f"{gateway.url}/v1/chat/completions"
    async with (
        httpx.AsyncClient(timeout=PATIENCE_S) as client,
        client.stream("POST", url, headers=AUTH, json=chat_body(stream=True)) as reply,
    ):
        yield reply
