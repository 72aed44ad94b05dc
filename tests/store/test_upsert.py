"""How records become rows, and what a repeated row changes."""

from __future__ import annotations

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite.aiosqlite import dialect as sqlite

from plexus.store.upsert import RESPONSE, TURN, USAGE, Recipe, compile_recipe
from tests.store.calls import finished
from tests.store.remembering import conversation, response, turn


@pytest.mark.parametrize("dialect", [sqlite(), postgresql()])
def test_a_row_has_the_columns_of_the_statement_in_its_order(dialect: Dialect) -> None:
    upsert = compile_recipe(USAGE, dialect)
    record = finished("r7", instance="ignored", created_at=1)
    row = dict(zip(upsert.columns, (*upsert.read(record), "here", 2), strict=True))
    assert upsert.columns[0] == "request_id"
    assert row == {name: getattr(record, name) for name in upsert.columns} | {
        "instance": "here",
        "created_at": 2,
    }
    assert f"INSERT INTO request_usage ({', '.join(upsert.columns)}) VALUES" in upsert.statement


def test_an_update_leaves_the_key_and_what_is_kept() -> None:
    upsert = compile_recipe(USAGE, sqlite())
    _, _, update = upsert.statement.partition("ON CONFLICT (request_id) DO UPDATE SET ")
    changed = {assignment.partition(" = ")[0] for assignment in update.split(", ")}
    assert changed == set(upsert.columns) - {"request_id", "created_at"}


@pytest.mark.parametrize("dialect", [sqlite(), postgresql()])
@pytest.mark.parametrize(
    ("recipe", "record"),
    [(RESPONSE, response("resp_1")), (TURN, turn(0, conversation("conv_1")))],
    ids=["response", "turn"],
)
def test_what_is_remembered_is_stamped_and_replaced_whole(
    dialect: Dialect, recipe: Recipe, record: object
) -> None:
    upsert = compile_recipe(recipe, dialect)
    row = dict(zip(upsert.columns, (*upsert.read(record), "here", 2), strict=True))  # type: ignore[arg-type]  # of this recipe
    assert upsert.columns[0] == "key"
    assert row == {name: getattr(record, name) for name in upsert.columns} | {
        "instance": "here",
        "stored_at": 2,
    }
    statement = upsert.statement.replace('"', "")  # KEY is a word of SQLite's own
    _, _, update = statement.partition("ON CONFLICT (key) DO UPDATE SET ")
    changed = {assignment.partition(" = ")[0] for assignment in update.split(", ")}
    assert changed == set(upsert.columns) - {"key"}
