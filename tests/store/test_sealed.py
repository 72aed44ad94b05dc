"""The sealed columns: which they are, and that their values are found and rewritten."""

from dataclasses import replace

import pytest
from sqlalchemy import Column

from plexus.certs.sealer import Sealer, is_sealed
from plexus.store.records import ConversationRecord, TurnRecord
from plexus.store.sealed import SEALED, open_value, seal_value
from plexus.store.store import Store
from plexus.store.tables import METADATA
from tests.store.remembering import keep, response
from tests.store.sealed_rows import COLUMNS, plain_of, stored, unmarked

SEALER = Sealer(b"k" * 32)

# Columns that hold what people or programs said, or credentials.
_TELLING = ("content", "secret", "token", "password", "header", "items", "input", "output", "body")
_COUNTS = ("tokens_", "cost_")


def test_every_column_that_is_marked_secret_is_sealed() -> None:
    marked = {
        column
        for table in METADATA.tables.values()
        for column in table.columns
        if column.info.get("secret")
    }
    assert set(COLUMNS) == marked
    assert set(SEALED) == {column.table for column in marked}
    assert COLUMNS


def test_every_column_that_sounds_secret_is_marked() -> None:
    missing = {
        name
        for name in unmarked(METADATA, _TELLING)
        if not name.partition(".")[2].startswith(_COUNTS)
    }
    assert not missing, "mark these with info=SECRET and seal them, or say why they are harmless"


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_value_of_every_sealed_column_comes_back(column: Column[str | bytes]) -> None:
    sealed = seal_value(SEALER, plain_of(column))
    assert is_sealed(sealed)
    assert open_value(SEALER, sealed) == plain_of(column)


async def test_what_repositories_store_is_sealed_and_reads_as_it_was(database_url: str) -> None:
    store = await Store.open(database_url, sealer=SEALER)
    said = "what was said"
    answer = replace(
        response("resp_1"), input=f'["{said}"]', output=f'["{said}"]', body=f'"{said}"'
    )
    talk = ConversationRecord(
        key="app/c", id="c", owner="app", created_at=1, updated_at=1, metadata=f'{{"a": "{said}"}}'
    )
    turn = TurnRecord(key="t", conversation_key="app/c", created_at=1, size=1, items=f'["{said}"]')
    await keep(store, answer)
    await store.conversations.create(talk, turn)
    await store.conversations.add(replace(turn, key="u"))
    values = [value for value in await stored(store.engine) if isinstance(value, str)]
    found = await store.responses.get("app/resp_1", since=0)
    (link,) = await store.responses.chain("app/resp_1", since=0, depth=9, size=10**6)
    first, second = await store.conversations.said("app/c", since=0, size=10**6) or []
    assert await store.conversations.rewrite(first, '["other"]')
    assert not await store.conversations.rewrite(first, '["third"]')
    await store.conversations.describe("app/c", '{"b": 1}', now=2)
    again = await store.conversations.get("app/c", since=0)
    await store.close()
    assert len(values) == 6
    assert all(is_sealed(value) for value in values)
    assert found is not None
    assert again is not None
    assert (found.input, found.output, found.body) == (answer.input, answer.output, answer.body)
    assert (link.input, link.output) == (answer.input, answer.output)
    assert (first.items, second.items, again.metadata) == (turn.items, turn.items, '{"b": 1}')
