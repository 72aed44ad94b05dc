"""Looking after a database from outside."""

from pathlib import Path

import pytest

from plexus.certs.sealer import Sealer
from plexus.store.errors import StoreError
from plexus.store.migrate import HEAD
from plexus.store.records import TraceRecord
from plexus.store.store import Store
from plexus.store.upkeep import change_key, look_over, shrink

OLD, NEW = Sealer(b"o" * 32), Sealer(b"n" * 32)


async def test_a_database_is_looked_over_without_its_key(database_url: str) -> None:
    await (await Store.open(database_url, sealer=OLD)).close()
    found = await look_over(database_url)
    assert (found.revision, found.is_encrypted) == (HEAD, True)
    await shrink(database_url)


@pytest.mark.parametrize("work", [look_over, shrink])
async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path, work: object) -> None:
    assert callable(work)
    with pytest.raises(StoreError, match="no database yet"):
        await work(f"sqlite://{tmp_path}/none.db")
    with pytest.raises(StoreError, match="no database yet"):
        await work(":memory:")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a test may look


async def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "plexus.db").write_text("this is a letter, not a database; " * 40)
    with pytest.raises(StoreError, match="not a database"):
        await look_over(f"sqlite://{tmp_path}/plexus.db")


async def test_a_running_gateway_keeps_the_key_from_being_changed(database_url: str) -> None:
    store = await Store.open(database_url, sealer=OLD)
    with pytest.raises(StoreError, match=rf"process {store.instances.here.pid} on .*stop them"):
        await change_key(database_url, old=OLD, new=NEW)
    await store.close()
    assert await change_key(database_url, old=OLD, new=NEW) == 0
    await (await Store.open(database_url, sealer=NEW)).close()


async def test_traces_can_be_read_under_the_new_key(database_url: str) -> None:
    trace = TraceRecord(request_id="r", created_at=1, content=b"{}")
    store = await Store.open(database_url, sealer=OLD)
    await store.traces.add([trace])
    await store.close()
    assert await change_key(database_url, old=OLD, new=NEW) == 1
    store = await Store.open(database_url, sealer=NEW)
    assert await store.traces.get("r") == trace
    await store.close()
