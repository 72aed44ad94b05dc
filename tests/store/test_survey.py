"""The survey tells what is in a database; a vacuum makes it smaller."""

from plexus.certs.sealer import Sealer
from plexus.store.engine import open_engine
from plexus.store.migrate import HEAD
from plexus.store.records import TraceRecord
from plexus.store.store import Store
from plexus.store.survey import survey, vacuum
from plexus.store.tables import METADATA
from plexus.store.url import parse_url


def trace(number: int, content: bytes = b"{}") -> TraceRecord:
    return TraceRecord(request_id=f"r{number}", created_at=1_000 + number, content=content)


async def test_every_table_is_told_with_its_rows_and_their_age(
    store: Store, database_url: str
) -> None:
    await store.traces.add([trace(1), trace(5), trace(3)])
    found = await survey(store.engine, parse_url(database_url))
    tables = {table.name: table for table in found.tables}
    assert set(tables) == set(METADATA.tables)
    traces = tables["debug_logs"]
    assert (traces.rows, traces.oldest, traces.newest) == (3, 1_001, 1_005)
    empty = tables["request_usage"]
    assert (empty.rows, empty.oldest, empty.newest) == (0, None, None)
    assert (tables["sealing"].oldest, found.is_encrypted) == (None, False)
    assert (found.revision, found.head) == (HEAD, HEAD)
    assert found.size is not None
    assert found.size > 0


async def test_a_sqlite_file_tells_its_log_and_whether_it_is_in_order(empty_sqlite: str) -> None:
    store = await Store.open(empty_sqlite, sealer=Sealer(b"k" * 32))
    await store.traces.add([trace(1)])
    found = await survey(store.engine, parse_url(empty_sqlite))
    await store.close()
    assert found.integrity == "ok"
    assert found.is_encrypted
    assert found.log_size is not None
    assert found.log_size > 0
    assert found.engine.startswith("SQLite 3.")


async def test_a_vacuum_gives_space_back(empty_sqlite: str) -> None:
    url = parse_url(empty_sqlite)
    store = await Store.open(empty_sqlite, sealer=Sealer(b"k" * 32))
    noise = bytes(range(256)) * 4000
    await store.traces.add([trace(n, noise[n:]) for n in range(3)])
    async with store.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM debug_logs")
    await vacuum(store.engine, url)
    after = await survey(store.engine, url)
    await store.close()
    assert after.free == 0
    assert after.log_size == 0
    assert after.size is not None
    assert after.size < len(noise)


async def test_every_engine_can_be_vacuumed(database_url: str) -> None:
    store = await Store.open(database_url)
    await store.traces.add([trace(1)])
    await vacuum(store.engine, parse_url(database_url))
    assert await store.traces.get("r1") is not None
    await store.close()


async def test_a_database_without_tables_is_told_as_such(database_url: str) -> None:
    engine = await open_engine(parse_url(database_url))
    found = await survey(engine, parse_url(database_url))
    await engine.dispose()
    assert (found.revision, found.tables) == (None, ())
