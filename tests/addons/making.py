"""Make what stands around the verbs: services on a ledger in memory, a scriptable way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mitmproxy import http
from mitmproxy.test import tflow

from plexus.addons.exchange import Exchange
from plexus.addons.routing.selector import Selector
from plexus.addons.services import Services
from plexus.addons.upstream.client import Response
from plexus.config.environment import Environment
from plexus.config.load import Inputs
from plexus.config.reload import ConfigHolder
from plexus.config.snapshot import Snapshot
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.registry import discover
from tests.addons.factories import DIALECTS, exchange, snapshot

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")

# What a reply consists of: bytes, a failure, or an event to wait for.
type Step = bytes | Exception | asyncio.Event


@dataclass(slots=True, kw_only=True)
class Replying:
    """A provider's reply whose head has arrived; its body follows a script."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    closed: int = 0  # how often

    async def read_all(self) -> bytes:
        """Everything."""
        found = b""
        while data := await self.read_some():
            found += data
        return found

    async def read_some(self) -> bytes:
        """The next step."""
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, bytes):
                return step
            if isinstance(step, Exception):
                raise step
            await step.wait()
        return b""

    def close(self) -> None:
        """Count."""
        self.closed += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request to a provider."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    call_id: str


class Scripted:
    """A way out that answers from a list: replies, failures, events to wait for."""

    def __init__(self, *replies: Replying | Exception | asyncio.Event) -> None:
        self.sent: list[Sent] = []
        self.arrived = asyncio.Event()  # the first request is here
        self.closed = False
        self._replies = list(replies)

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """Note the request and follow the script."""
        self.sent.append(Sent(url=url, headers=dict(headers), body=body, call_id=call_id))
        self.arrived.set()
        while True:
            reply = self._replies.pop(0)
            if isinstance(reply, asyncio.Event):
                await reply.wait()
                continue
            if isinstance(reply, Exception):
                raise reply
            return reply

    async def close(self) -> None:
        """Note it."""
        self.closed = True


def sse(*frames: bytes, **other: Any) -> Replying:
    """A streamed reply of these frames."""
    return Replying(
        **{"headers": {"content-type": "text/event-stream"}, "steps": list(frames), **other}
    )


def whole(body: bytes, **other: Any) -> Replying:
    """A JSON reply of known length."""
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    return Replying(**{"headers": headers, "steps": [body], **other})


def holder(current: Snapshot) -> ConfigHolder:
    """The keeper of a configuration that no file stands behind."""
    inputs = Inputs(path=None, environment=Environment(), env={})
    return ConfigHolder(inputs, current)


@asynccontextmanager
async def services(
    current: Snapshot | None = None, upstream: Scripted | None = None, **other: Any
) -> AsyncIterator[Services]:
    """Services whose ledger is in memory; nothing runs beside them."""
    store = await Store.open("sqlite://:memory:")
    made = Services(
        **{
            "environment": Environment(),
            "config": holder(snapshot() if current is None else current),
            "store": store,
            "upstream": Scripted() if upstream is None else upstream,
            "dialects": DIALECTS,
            "selectors": SELECTORS,
            "ca_dir": Path("ca"),
            "database": "SQLite in memory",
            "random": lambda: 0.0,
            **other,
        }
    )
    try:
        yield made
    finally:
        await made.tasks.stop()
        await store.close()


async def rows_of(services: Services) -> Sequence[UsageRecord]:
    """The rows in the ledger, oldest first."""
    await services.store.writer.flush()
    return (await services.store.usage.recent())[::-1]


def flow_of(call: Exchange, **request: Any) -> http.HTTPFlow:
    """A flow for a call, without a reply."""
    flow = tflow.tflow(req=http.Request.make("POST", "http://x.test/", **request))
    flow.id = call.id
    flow.client_conn.timestamp_end = None  # the client is still there
    return flow


def under_way(services: Services, **other: Any) -> tuple[http.HTTPFlow, Exchange]:
    """A call under way and its flow."""
    call = exchange(**other)
    services.exchanges.add(call)
    return flow_of(call), call


async def done(waiting: Awaitable[None] | None) -> None:
    """Wait for what a hook returned, if it wants to be waited for."""
    if waiting is not None:
        await waiting
