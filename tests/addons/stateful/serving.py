"""Serve the pages of the Responses API over services on a ledger in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from aiohttp import web

from plexus.addons.pages import make_pages
from plexus.addons.services import Services
from plexus.store.store import Store
from tests.addons.factories import alias, key, snapshot
from tests.addons.making import services

KEYS = (key("app", "sk-app"), key("other", "sk-other"))
NOW = 4_000_000_000_000  # ms since 1970: nothing from then has expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The pages, and two clients with keys of their own."""

    made: Services
    store: Store
    client: httpx.AsyncClient
    other: httpx.AsyncClient


@asynccontextmanager
async def serving() -> AsyncIterator[Serving]:
    """Serve until the block is left."""
    current = snapshot(alias("m", "acme/x"), keys=KEYS, admin_key="admin-secret")
    async with services(current) as made:
        runner = web.AppRunner(make_pages(made), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        mine, theirs = ({"authorization": f"Bearer sk-{name}"} for name in ("app", "other"))
        try:
            async with (
                httpx.AsyncClient(base_url=url, headers=mine) as client,
                httpx.AsyncClient(base_url=url, headers=theirs) as other,
            ):
                yield Serving(made=made, store=made.store, client=client, other=other)
        finally:
            await runner.cleanup()
