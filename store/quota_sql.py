"""The statements behind `quotas.py`, in the words of either engine.

Each is one statement, so it is atomic on SQLite by itself. On PostgreSQL its rows are locked first,
in the order of their key, and everything is worked out from the locked rows: those hold what other
processes have written while we waited, which the statement's own view of the table does not.

What processes have reserved stands in the row itself, by process: were it in rows of its own, a
process that waited for a lock would not see the newest of them.
"""

# ruff: noqa: S608 - put together from constants of this file; values only go as parameters

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# A row's time may be ahead of ours by this much, as the clocks of nodes differ; in ms.
SKEW_MS: Final = 3_600_000
_DUST: Final = "1e-9"  # what sums of floats leave over


# The columns of what is asked, as parameters: `owner_0`, `owner_1`, …
_BUCKET: Final = {
    "owner": "text",
    "quota": "text",
    "limit_type": "text",
    "period": "text",
    "window_start": "bigint",
    "leak": "double precision",
}
_AMOUNT: Final = {"amount": "double precision"}
_ASK: Final = {
    **_BUCKET,
    **_AMOUNT,
    "most": "double precision",
    "whole": "int",
    "blocks": "int",
    "required": "int",
}
_DEBIT: Final = {**_BUCKET, **_AMOUNT, "used": "double precision"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """SQL about so many rows; `now` is ms since 1970, `instance` names this process."""

    reserve: str
    settle: str
    create: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    types: bool  # whether parameters need one
    lock: str
    greater: str  # the larger of two values
    total: str  # the sum of `held`
    own: str  # this process's part of `held`, 0 if none
    put: str  # `held` with the value `part` for this process
    drop: str  # `held` without this process
    registered: str  # `held` of the registered processes only


_PATH: Final = "'$.\"' || :instance || '\"'"

_SQLITE: Final = _Words(
    types=False,
    lock="",
    greater="max",
    total="(SELECT coalesce(sum(value), 0.0) FROM json_each(held))",
    own=f"coalesce(json_extract(held, {_PATH}), 0.0)",
    put=f"json_set(held, {_PATH}, part)",
    drop=f"json_remove(held, {_PATH})",
    registered="(SELECT json_group_object(key, value) FROM json_each(held)"
    " WHERE key IN (SELECT id FROM instances))",
)

_POSTGRES: Final = _Words(
    types=True,
    lock="ORDER BY q.owner, q.quota FOR UPDATE OF q",
    greater="greatest",
    total="(SELECT coalesce(sum(CAST(value AS double precision)), 0)"
    " FROM jsonb_each_text(CAST(held AS jsonb)))",
    own="coalesce(CAST(CAST(held AS jsonb) ->> CAST(:instance AS text) AS double precision), 0)",
    put="CAST(CAST(held AS jsonb) || jsonb_build_object(CAST(:instance AS text), part) AS text)",
    drop="CAST(CAST(held AS jsonb) - CAST(:instance AS text) AS text)",
    registered="(SELECT CAST(coalesce(jsonb_object_agg(key, value), '{}') AS text)"
    " FROM jsonb_each(CAST(held AS jsonb)) WHERE key IN (SELECT id FROM instances))",
)


@functools.lru_cache(maxsize=64)
def statements(dialect: str, rows: int) -> Statements:
    """Return the statements about so many rows, for `sqlite` or `postgresql`."""
    words = _words(dialect)
    return Statements(
        reserve=_reserve(words, _current(words, _ASK, rows)),
        settle=_settle(words, _current(words, _DEBIT, rows)),
        create=_create(words, rows),
    )


def release(dialect: str) -> str:
    """Return the statement that drops what processes hold that are not registered."""
    words = _words(dialect)
    return f"""
    WITH found AS (
        SELECT q.owner, q.quota FROM user_quotas q WHERE q.held <> '{{}}'
        {words.lock}
    )
    UPDATE user_quotas SET held = {words.registered}
    FROM found f WHERE user_quotas.owner = f.owner AND user_quotas.quota = f.quota"""


def _words(dialect: str) -> _Words:
    return _SQLITE if dialect == "sqlite" else _POSTGRES


def _asked(words: _Words, columns: Mapping[str, str], rows: int) -> str:
    """Write the CTE `asked`: the parameters as rows."""

    def one(name: str, kind: str, row: int) -> str:
        return f"CAST(:{name}_{row} AS {kind})" if words.types else f":{name}_{row}"

    lines = [
        f"({', '.join(one(name, kind, row) for name, kind in columns.items())})"
        for row in range(rows)
    ]
    return f"asked({', '.join(columns)}) AS (VALUES {', '.join(lines)})"


def _current(words: _Words, columns: Mapping[str, str], rows: int) -> str:
    """Write the CTEs up to `current`: the rows as they are now, leaked or begun anew."""
    same = "q.limit_type = a.limit_type AND q.period = a.period"
    ahead = f"CAST(:now AS bigint) + {SKEW_MS}"
    rest = ", ".join(f"a.{name}" for name in columns if name not in ("window_start", "leak"))
    return f"""
    WITH {_asked(words, columns, rows)},
    found AS (
        SELECT q.* FROM user_quotas q JOIN asked a ON q.owner = a.owner AND q.quota = a.quota
        {words.lock}
    ),
    current AS (
        SELECT {rest},
            CASE WHEN q.owner IS NULL THEN 0 ELSE 1 END AS is_there,
            CASE WHEN {same} THEN 1 ELSE 0 END AS is_same,
            CASE WHEN {same} AND q.window_start >= a.window_start
                THEN {words.greater}(0.0, q.usage - a.leak
                    * {words.greater}(0, CAST(:now AS bigint) - q.updated_at))
                ELSE 0.0 END AS usage,
            CASE WHEN {same} THEN q.held ELSE '{{}}' END AS held,
            CASE WHEN {same} AND q.window_start BETWEEN a.window_start AND {ahead}
                THEN q.window_start ELSE a.window_start END AS window_start,
            CASE WHEN q.updated_at BETWEEN CAST(:now AS bigint) AND {ahead}
                THEN q.updated_at ELSE CAST(:now AS bigint) END AS updated_at
        FROM asked a LEFT JOIN found q ON q.owner = a.owner AND q.quota = a.quota
    )"""


def _reserve(words: _Words, current: str) -> str:
    # The last CTE is materialized for PostgreSQL: should a row have changed while we waited for its
    # lock, the update looks at it again, but keeps what was joined to it.
    return f"""{current},
    summed AS MATERIALIZED (
        SELECT *, {words.total} AS reserved, {words.own} + amount AS part FROM current
    ),
    judged AS (
        SELECT *, CASE WHEN is_there = 1 AND (blocks = 0 OR (usage < most AND (
                (whole = 0 AND reserved <= {_DUST})
                OR usage + reserved + amount <= most * (1 + {_DUST}))))
            THEN 1 ELSE 0 END AS is_open
        FROM summed
    ),
    decided AS MATERIALIZED (
        SELECT owner, quota, limit_type, period, usage, window_start, updated_at, is_open,
            {words.put} AS new_held,
            min(CASE WHEN required = 1 THEN is_open ELSE 1 END) OVER () AS is_go
        FROM judged
    )
    UPDATE user_quotas SET limit_type = d.limit_type, period = d.period, usage = d.usage,
        held = d.new_held, window_start = d.window_start, updated_at = d.updated_at
    FROM decided d
    WHERE user_quotas.owner = d.owner AND user_quotas.quota = d.quota
        AND d.is_open = 1 AND d.is_go = 1
    RETURNING {_columns()}"""


def _settle(words: _Words, current: str) -> str:
    return f"""{current},
    summed AS (SELECT *, {words.own} - amount AS part FROM current WHERE is_same = 1),
    decided AS MATERIALIZED (
        SELECT owner, quota, usage + used AS new_usage, window_start, updated_at,
            CASE WHEN part > {_DUST} THEN {words.put} ELSE {words.drop} END AS new_held
        FROM summed
    )
    UPDATE user_quotas SET usage = d.new_usage, held = d.new_held,
        window_start = d.window_start, updated_at = d.updated_at
    FROM decided d
    WHERE user_quotas.owner = d.owner AND user_quotas.quota = d.quota"""


def _create(words: _Words, rows: int) -> str:
    return f"""
    WITH {_asked(words, _BUCKET, rows)}
    INSERT INTO user_quotas
        (owner, quota, limit_type, period, usage, held, window_start, updated_at)
    SELECT owner, quota, limit_type, period, 0.0, '{{}}', window_start, CAST(:now AS bigint)
    FROM asked WHERE true
    ON CONFLICT (owner, quota) DO NOTHING"""


def _columns() -> str:
    names = ("owner", "quota", "limit_type", "period", "usage", "held", "window_start")
    return ", ".join(f"user_quotas.{name}" for name in (*names, "updated_at"))
