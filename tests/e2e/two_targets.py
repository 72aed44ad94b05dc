"""A gateway whose alias `m` has two targets, asked in order: what failed, who was asked next."""

from __future__ import annotations

import json
import textwrap
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from plexus.store.records import UsageRecord
from tests.e2e.processes import chat
from tests.e2e.running import Running, running
from tests.fakes.provider import Provider

SECOND = "the second one says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """The gateway and its providers; `second` echoes unless it is told otherwise."""

    gateway: Running
    first: Provider
    second: Provider

    async def ask(self, *, stream: bool = False, words: str = SECOND) -> httpx.Response:
        """Make a chat call."""
        return await chat(
            self.gateway.url, stream=stream, messages=[{"role": "user", "content": words}]
        )

    async def row(self) -> UsageRecord:
        """The row of the only call."""
        (row,) = await self.gateway.rows()
        return row

    async def history(self) -> list[tuple[str, str, int | None]]:
        """Provider, status and HTTP status of each attempt of the only call."""
        return [(one["provider"], one["status"], one["statusCode"]) for one in await self.told()]

    async def told(self) -> list[dict[str, Any]]:
        """The whole history of the only call; nothing, if there is none to tell."""
        row = await self.row()
        return list(json.loads(row.retry_history or "[]"))

    def resting(self) -> list[str]:
        """Which providers rest."""
        entries = self.gateway.gateway.services.health.cooldowns.entries()
        return [entry.place.provider for entry in entries]

    def slots(self) -> int:
        """How many calls are under way, by their count."""
        slots = self.gateway.gateway.services.health.slots
        return sum(slots.taken(name) for name in ("first", "second"))


@asynccontextmanager
async def two(
    tmp_path: Path,
    *,
    dialects: Sequence[str] = ("chat", "chat"),
    first: str = "",
    alias: str = "",
    more: str = "",
) -> AsyncIterator[Two]:
    """Run both until the block is left; `first`, `alias` and `more` are further YAML."""
    async with Provider() as one, Provider() as other:
        config = _configuration(one, other, dialects, first, alias) + textwrap.dedent(more)
        async with running(tmp_path, config) as gateway:
            yield Two(gateway=gateway, first=one, second=other)


def _configuration(
    one: Provider, other: Provider, dialects: Sequence[str], first: str, alias: str
) -> str:
    entries = _provider(one, dialects[0]) + first, _provider(other, dialects[1])
    return (
        "adminKey: admin-secret-for-tests\n"
        f"providers:\n  first: {{{entries[0]}}}\n  second: {{{entries[1]}}}\n"
        "keys: {app: {secret: sk-plexus-app}}\n"
        "models:\n  m:\n    selector: in_order\n"
        "    targets: [{provider: first, model: big}, {provider: second, model: big}]\n"
        f"    {alias}\n"
    )


def _provider(provider: Provider, dialect: str) -> str:
    base = provider.url + ("" if dialect == "gemini" else "/v1")
    return f'api_base_url: {{{dialect}: "{base}"}}, api_key: none, models: [big], maxConcurrency: 9'


def words_of(reply: httpx.Response) -> str:
    """What a chat client reads from a reply, whole or streamed."""
    if not reply.headers["content-type"].startswith("text/event-stream"):
        return str(reply.json()["choices"][0]["message"]["content"])
    return "".join(
        choice["delta"].get("content") or ""
        for event in events_of(reply)
        for choice in event.get("choices", ())
    )


def events_of(reply: httpx.Response) -> list[dict[str, Any]]:
    """The events of a chat stream."""
    data = [line[6:] for line in reply.text.splitlines() if line.startswith("data: {")]
    return [dict(json.loads(one)) for one in data]
