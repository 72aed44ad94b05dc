"""Work out from the rows of calls how much of a quota was used: the same calls as are debited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Double, and_, cast, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.tables import REQUEST_USAGE

# Calls that count whatever is known of them; others count for what they used (dataplane.md §9.4).
ANSWERED: Final = frozenset({"success", "empty"})

_USAGE: Final = REQUEST_USAGE.c
_COUNTS: Final = or_(
    _USAGE.response_status.in_(ANSWERED),
    and_(
        _USAGE.response_status != "pending",
        or_(_USAGE.tokens_input.is_not(None), _USAGE.tokens_output.is_not(None)),
    ),
)
# To count tokens is free, and observed calls are bound by no quota.
_FREE_PATHS: Final = ("%/count_tokens", "%/input_tokens", "%:countTokens")
_IS_METERED: Final = and_(
    _USAGE.door != "observe",
    *(
        or_(_USAGE.request_path.is_(None), not_(_USAGE.request_path.like(path)))
        for path in _FREE_PATHS
    ),
)
_AMOUNTS: Final[Mapping[str, ColumnElement[float]]] = {
    "requests": cast(func.count(), Double),
    "tokens": cast(
        func.coalesce(
            func.sum(
                func.coalesce(_USAGE.tokens_input, 0)
                + func.coalesce(_USAGE.tokens_output, 0)
                + func.coalesce(_USAGE.tokens_cached, 0)
                + func.coalesce(_USAGE.tokens_cache_write, 0)
            ),
            0,
        ),
        Double,
    ),
    "cost": cast(func.coalesce(func.sum(_USAGE.cost_total), 0), Double),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which calls a quota is about: the keys', since when (ms), where they were answered.

    An empty list of what is allowed allows everything.
    """

    keys: Sequence[str]
    since: int
    allowed_providers: frozenset[str] = frozenset()
    excluded_providers: frozenset[str] = frozenset()
    allowed_models: frozenset[str] = frozenset()
    excluded_models: frozenset[str] = frozenset()


async def metered(engine: AsyncEngine, unit: str, scope: Scope) -> float:
    """Return how many `requests`, `tokens` or USD (`cost`) the calls that ended in scope used."""
    ended_at = _USAGE.start_time + func.coalesce(_USAGE.duration_ms, 0)
    query = select(_AMOUNTS[unit]).where(
        _USAGE.api_key.in_(scope.keys),
        ended_at >= scope.since,
        _COUNTS,
        _IS_METERED,
        *_within(_USAGE.final_attempt_provider, scope.allowed_providers, scope.excluded_providers),
        *_within(_USAGE.final_attempt_model, scope.allowed_models, scope.excluded_models),
    )
    async with engine.connect() as connection:
        return float((await connection.execute(query)).scalar_one())


def _within(
    column: ColumnElement[str | None], allowed: frozenset[str], excluded: frozenset[str]
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if excluded:
        found.append(column.not_in(excluded))
    if allowed:
        found.append(column.in_(allowed))
    return found
