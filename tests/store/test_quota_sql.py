"""The statements: what they lock, and that they stay single; what they do is in test_quotas.py."""

import re
from dataclasses import asdict

import pytest

from plexus.store.quota_sql import release, statements
from plexus.store.tables import USER_QUOTAS

PARAMETERS = {
    "owner", "quota", "limit_type", "period", "window_start", "leak", "amount", "most", "used",
    "whole", "blocks", "required", "now", "instance",
}  # fmt: skip


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_each_is_one_statement_without_values_in_it(dialect: str) -> None:
    found = asdict(statements(dialect, 2))
    for text in (*found.values(), release(dialect)):
        names = {name.rstrip("_01") for name in re.findall(r"(?<!:):(\w+)", text)}
        assert ";" not in text
        assert names <= PARAMETERS


def test_each_row_has_parameters_of_its_own() -> None:
    assert ":owner_2" in statements("sqlite", 3).create
    assert ":owner_1" not in statements("sqlite", 1).reserve


def test_on_postgresql_the_rows_are_locked_in_the_order_of_their_key() -> None:
    found = statements("postgresql", 2)
    for text in (found.reserve, found.settle, release("postgresql")):
        assert "ORDER BY q.owner, q.quota FOR UPDATE OF q" in text
    assert "FOR UPDATE" not in statements("sqlite", 2).reserve


def test_what_is_returned_is_the_whole_row() -> None:
    returned = statements("sqlite", 1).reserve.rpartition("RETURNING")[2]
    names = [name.strip().removeprefix("user_quotas.") for name in returned.split(",")]
    assert names == [column.name for column in USER_QUOTAS.c]
