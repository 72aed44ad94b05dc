"""The statements behind `quotas.py`, in the words of either engine.

Each is one statement, so it is atomic on SQLite by itself. On PostgreSQL its rows are locked first,
in the order of their key, and everything is worked out from the locked rows: those hold what other
processes have written while we waited, which the statement's own view of the table does not.

What processes have reserved stands in the row itself, by process: were it in rows of its own, a
process that waited for a lock would not see the newest of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# A row's time may be ahead of ours by this much, as the clocks of nodes differ; in ms.
SKEW_MS: Final = 3_600_000
_DUST: Final = "1e-9"  # what sums of floats leave over


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """SQL with the parameters `asked` (a JSON array), `now` (ms since 1970), `instance`."""

    reserve: str
    settle: str
    create: str
    release: str  # what processes hold that are not registered


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    asked: str  # the parameter as rows
    lock: str
    greater: str  # the larger of two values
    total: str  # the sum of `held`
    own: str  # this process's part of `held`, 0 if none
    put: str  # `held` with the value `part` for this process
    drop: str  # `held` without this process
    registered: str  # `held` of the registered processes only


_FIELDS: Final = (
    ("owner", "text"), ("quota", "text"), ("limit_type", "text"), ("period", "text"),
    ("window_start", "bigint"), ("leak", "double precision"), ("most", "double precision"),
    ("amount", "double precision"), ("used", "double precision"), ("whole", "int"),
    ("blocks", "int"), ("required", "int"),
)  # fmt: skip

_PATH: Final = "'$.\"' || :instance || '\"'"

_SQLITE: Final = _Words(
    asked="SELECT "
    + ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in _FIELDS)
    + " FROM json_each(:asked)",
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
    asked="SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS rows("
    + ", ".join(f"{name} {kind}" for name, kind in _FIELDS)
    + ")",
    lock="FOR UPDATE OF q",
    greater="greatest",
    total="(SELECT coalesce(sum(CAST(value AS double precision)), 0)"
    " FROM jsonb_each_text(CAST(held AS jsonb)))",
    own="coalesce(CAST(CAST(held AS jsonb) ->> CAST(:instance AS text) AS double precision), 0)",
    put="CAST(CAST(held AS jsonb) || jsonb_build_object(CAST(:instance AS text), part) AS text)",
    drop="CAST(CAST(held AS jsonb) - CAST(:instance AS text) AS text)",
    registered="(SELECT CAST(coalesce(jsonb_object_agg(key, value), '{}') AS text)"
    " FROM jsonb_each(CAST(held AS jsonb)) WHERE key IN (SELECT id FROM instances))",
)


def statements(dialect: str) -> Statements:
    """Return the statements for `sqlite` or `postgresql`."""
    words = _SQLITE if dialect == "sqlite" else _POSTGRES
    current = _current(words)
    return Statements(
        reserve=_reserve(words, current),
        settle=_settle(words, current),
        create=_create(words),
        release=f"UPDATE user_quotas SET held = {words.registered} WHERE held <> '{{}}'",
    )


def _current(words: _Words) -> str:
    """Write the CTEs up to `current`: the rows as they are now, leaked or begun anew."""
    same = "q.limit_type = a.limit_type AND q.period = a.period"
    ahead = f"CAST(:now AS bigint) + {SKEW_MS}"
    return f"""
    WITH asked AS ({words.asked}),
    found AS (
        SELECT q.* FROM user_quotas q JOIN asked a ON q.owner = a.owner AND q.quota = a.quota
        ORDER BY q.owner, q.quota {words.lock}
    ),
    current AS (
        SELECT a.owner, a.quota, a.limit_type, a.period, a.most, a.amount, a.used,
            a.whole, a.blocks, a.required,
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
    summed AS (SELECT *, {words.total} AS reserved, {words.own} + amount AS part FROM current),
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


def _create(words: _Words) -> str:
    return f"""
    INSERT INTO user_quotas
        (owner, quota, limit_type, period, usage, held, window_start, updated_at)
    SELECT owner, quota, limit_type, period, 0.0, '{{}}', window_start, CAST(:now AS bigint)
    FROM ({words.asked}) AS a WHERE true
    ON CONFLICT (owner, quota) DO NOTHING"""


def _columns() -> str:
    names = ("owner", "quota", "limit_type", "period", "usage", "held", "window_start")
    return ", ".join(f"user_quotas.{name}" for name in (*names, "updated_at"))
