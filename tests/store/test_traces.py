"""Traces: what was added comes back, small on disk, sealed with a key."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from plexus.certs.sealer import Sealer, SealError, is_sealed
from plexus.store.records import TraceRecord
from plexus.store.store import Store
from plexus.store.tables import DEBUG_LOGS
from plexus.store.traces import TraceLog

BODY = b'{"request": "' + b"tell me " * 5000 + b'"}'


def trace(request_id: str = "r1", content: bytes = BODY) -> TraceRecord:
    return TraceRecord(
        request_id=request_id, created_at=1_000, api_key="app", response_status=200, content=content
    )


async def content_of(store: Store) -> bytes:
    async with store.engine.connect() as connection:
        found: bytes = (await connection.execute(select(DEBUG_LOGS.c.content))).scalar_one()
        return found


@pytest.fixture
async def sealed(database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url, sealer=Sealer(b"k" * 32))
    yield opened
    await opened.close()


async def test_a_trace_comes_back_as_it_was_and_takes_little_room(store: Store) -> None:
    await store.traces.add([trace()])
    assert await store.traces.get("r1") == trace()
    assert len(await content_of(store)) < len(BODY) / 50


async def test_an_unknown_call_has_none(store: Store) -> None:
    assert await store.traces.get("r1") is None


async def test_the_later_state_of_a_trace_replaces_the_earlier(store: Store) -> None:
    await store.traces.add([trace(content=b"{}"), trace("r2")])
    await store.traces.add([trace()])
    assert await store.traces.get("r1") == trace()
    assert await store.traces.get("r2") == trace("r2")


async def test_with_a_key_what_is_stored_is_sealed(sealed: Store) -> None:
    await sealed.traces.add([trace()])
    assert is_sealed(await content_of(sealed))
    assert await sealed.traces.get("r1") == trace()


async def test_another_key_cannot_read_a_trace(sealed: Store) -> None:
    await sealed.traces.add([trace()])
    other = TraceLog(engine=sealed.engine, sealer=Sealer(b"x" * 32))
    with pytest.raises(SealError, match="another ENCRYPTION_KEY"):
        await other.get("r1")


def test_a_trace_does_not_stand_in_its_repr() -> None:
    assert "tell me" not in repr(trace())
