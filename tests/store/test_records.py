"""The records and the tables are the same thing twice."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import Table

from plexus.store.records import CooldownRecord, Instance, UsageRecord
from plexus.store.tables import COOLDOWNS, INSTANCES, REQUEST_USAGE


@pytest.mark.parametrize(
    ("record", "table", "extra"),
    [
        (UsageRecord, REQUEST_USAGE, ["id"]),
        (Instance, INSTANCES, []),
        (CooldownRecord, COOLDOWNS, []),
    ],
)
def test_a_record_has_the_columns_of_its_table(
    record: type[UsageRecord | Instance | CooldownRecord], table: Table, extra: list[str]
) -> None:
    assert [*extra, *(one.name for one in fields(record))] == table.c.keys()


def test_what_a_call_always_has_is_never_null() -> None:
    unfilled = UsageRecord(request_id="r1", start_time=0)
    stamped = {"instance", "created_at"}
    required = {one.name for one in REQUEST_USAGE.c if not one.nullable} - {"id"} - stamped
    known = {one.name for one in fields(unfilled) if getattr(unfilled, one.name) is not None}
    assert known == required
