"""Plain values are found and rewritten, table by table, and none is missed."""

import pytest
from sqlalchemy import Table, text, true

from plexus.certs.sealer import Sealer, is_sealed
from plexus.store.reseal import has_plain, rewrite
from plexus.store.sealed import SEALED, seal_value
from plexus.store.store import Store
from plexus.store.tables import RESPONSES, unsealed
from tests.store.remembering import keep, response
from tests.store.sealed_rows import COLUMNS, fill, plain_of, stored

SEALER = Sealer(b"k" * 32)


def seal(value: str | bytes) -> str | bytes:
    return seal_value(SEALER, value)


@pytest.mark.parametrize("table", SEALED, ids=str)
async def test_plain_values_are_found_and_sealed_ones_are_not(
    store: Store, database_url: str, table: Table
) -> None:
    await fill(database_url)
    async with store.engine.begin() as connection:
        where = unsealed(table, connection.dialect.name)
        assert await connection.run_sync(has_plain, table)
        changed = await connection.run_sync(rewrite, table, seal, where=where)
        assert changed == len(SEALED[table])
        assert not await connection.run_sync(has_plain, table)
        assert await connection.run_sync(rewrite, table, seal, where=where) == 0


async def test_one_plain_value_beside_sealed_ones_is_found_and_the_others_stay(
    store: Store,
) -> None:
    sealed = str(seal("input"))
    await keep(store, response("resp_1", input=sealed, output="plain", body=str(seal("body"))))
    async with store.engine.begin() as connection:
        where = unsealed(RESPONSES, connection.dialect.name)
        assert await connection.run_sync(rewrite, RESPONSES, seal, where=where) == 1
    values = [value for value in await stored(store.engine) if isinstance(value, str)]
    assert sealed in values
    assert all(is_sealed(value) for value in values)


async def test_empty_values_are_nothing_to_seal(store: Store) -> None:
    await keep(store, response("resp_1", input="", output="", body=""))
    async with store.engine.connect() as connection:
        assert not await connection.run_sync(has_plain, RESPONSES)


async def test_a_rewrite_that_changes_nothing_counts_nothing(
    store: Store, database_url: str
) -> None:
    await fill(database_url)
    async with store.engine.begin() as connection:
        for table in SEALED:
            assert await connection.run_sync(rewrite, table, lambda v: v, where=true()) == 0
    assert await stored(store.engine) == [plain_of(column) for column in COLUMNS]


async def test_more_rows_than_are_held_at_once_are_all_rewritten(store: Store) -> None:
    await keep(store, *(response(f"resp_{number}") for number in range(67)))
    async with store.engine.begin() as connection:
        assert await connection.run_sync(rewrite, RESPONSES, seal, where=true()) == 3 * 67
    assert all(is_sealed(value) for value in await stored(store.engine))


@pytest.mark.parametrize("table", ["debug_logs", "responses", "conversation_turns"])
async def test_what_is_plain_in_a_large_table_is_looked_up_in_an_index(
    empty_sqlite: str, table: str
) -> None:
    store = await Store.open(empty_sqlite)
    (wanted,) = [one for one in SEALED if one.name == table]
    query = f"SELECT 1 FROM {table} WHERE {unsealed(wanted, 'sqlite')} LIMIT 1"
    async with store.engine.connect() as connection:
        plan = (
            await connection.execute(text(f"EXPLAIN QUERY PLAN {query}".replace(":", r"\:")))
        ).all()
    await store.close()
    assert f"ix_{table}_unsealed" in str(plan)
