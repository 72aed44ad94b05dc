"""Keep what was captured of calls: compressed, sealed, apart from the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import zstandard
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store.records import TraceRecord
from plexus.store.tables import DEBUG_LOGS
from plexus.store.upsert import upsert

_ROWS: Final = DEBUG_LOGS.c
_LEVEL: Final = 3  # zstd: 300 MB a second; requests repeat in what is sent on, so it pays anyway
_COLUMNS: Final = ("request_id", "created_at", "api_key", "response_status", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLog:
    """The rows of `debug_logs`."""

    engine: AsyncEngine
    sealer: Sealer

    async def add(self, traces: Sequence[TraceRecord]) -> None:
        """Insert or replace, in one transaction; raise one of `errors.TROUBLE`.

        Compressing and sealing happen in a thread: a trace may have megabytes.
        """
        rows = await asyncio.to_thread(lambda: [asdict(self._packed(one)) for one in traces])
        statement = upsert(self.engine.dialect.name, DEBUG_LOGS, key="request_id", columns=_COLUMNS)
        async with self.engine.begin() as connection:
            await connection.execute(statement, rows)

    async def get(self, request_id: str) -> TraceRecord | None:
        """Return one trace; raise `SealError` if it cannot be opened."""
        query = select(DEBUG_LOGS).where(_ROWS.request_id == request_id)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        found = TraceRecord(**row)
        return await asyncio.to_thread(self._unpacked, found)

    def _packed(self, trace: TraceRecord) -> TraceRecord:
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(trace.content)
        return replace(trace, content=self.sealer.seal_bytes(packed))

    def _unpacked(self, trace: TraceRecord) -> TraceRecord:
        packed = self.sealer.open_bytes(trace.content)
        return replace(trace, content=zstandard.ZstdDecompressor().decompress(packed))
