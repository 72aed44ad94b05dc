"""Read what a provider's console exports: usage or cost, a line for each day, model and more.

OpenAI's and Anthropic's exports are known; columns are found by their names, so that others of the
same shape will do. Days are UTC's, as in those consoles.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

_SNAPSHOT: Final = re.compile(r"-(\d{4}-\d\d-\d\d|\d{8}|latest)$")
_NO_NAME: Final = re.compile(r"[^a-z0-9:/]+")

# The first column that is there counts; those of a sum are added up.
_DAYS: Final = (
    "usage_date_utc", "start_time_iso", "date", "day", "usage_date", "start_time", "timestamp",
)  # fmt: skip
_MODELS: Final = ("model", "model_version", "snapshot_id", "line_item", "model_name")
_KEYS: Final = ("api_key_id", "api_key", "api_key_name", "key")
_REQUESTS: Final = ("num_model_requests", "num_requests", "requests", "request_count", "n_requests")
_COSTS: Final = ("amount_value", "amount.value", "cost_usd", "cost", "amount", "total_cost")
_FRESH: Final = ("usage_input_tokens_no_cache", "uncached_input_tokens", "input_uncached_tokens")
_INPUT: Final = (
    "input_tokens", "prompt_tokens", "n_context_tokens_total", "context_tokens",
)  # fmt: skip
_CACHED: Final = (
    "usage_input_tokens_cache_read", "input_cached_tokens", "cached_input_tokens",
    "n_cached_context_tokens_total", "cache_read_input_tokens",
)  # fmt: skip
_WRITTEN: Final = (
    "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h",
    "cache_creation_input_tokens",
)  # fmt: skip
_OUTPUT: Final = (
    "usage_output_tokens", "output_tokens", "completion_tokens", "n_generated_tokens_total",
)  # fmt: skip


class InvoiceError(Exception):
    """A file that cannot be read as a provider's export; the text is for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What a provider says of one model on one day; `None`: it does not say. Cost in USD."""

    requests: int | None = None
    input: int | None = None  # uncached
    cached: int | None = None
    written: int | None = None
    output: int | None = None
    cost: Decimal | None = None
    names: frozenset[str] = frozenset()  # the model, as the lines spell it
    keys: frozenset[str] = frozenset()  # the provider's keys that it names

    def plus(self, other: Billed) -> Billed:
        """Return both together."""
        return Billed(
            requests=_plus(self.requests, other.requests),
            input=_plus(self.input, other.input),
            cached=_plus(self.cached, other.cached),
            written=_plus(self.written, other.written),
            output=_plus(self.output, other.output),
            cost=other.cost if self.cost is None else self.cost + (other.cost or 0),
            names=self.names | other.names,
            keys=self.keys | other.keys,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An export: what was billed by day and model (see `canonical`)."""

    billed: Mapping[tuple[date, str], Billed]
    skipped: int = 0  # lines without a day or a model

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        days = [day for day, _ in self.billed]
        return min(days), max(days)


@dataclass(frozen=True, slots=True)
class _Columns:
    names: Mapping[str, str] = field(default_factory=dict)  # as it is looked for → as it is written

    def first(self, wanted: Iterable[str]) -> str | None:
        return next((self.names[name] for name in wanted if name in self.names), None)

    def all(self, wanted: Iterable[str]) -> list[str]:
        return [self.names[name] for name in wanted if name in self.names]


def canonical(model: str) -> str:
    """Return how a model is called for matching: small letters, no date of a snapshot.

    Cost exports name a line `gpt-4o-2024-08-06, cached input` or `Claude Sonnet 4`.
    """
    bare = model.partition(",")[0].strip().lower()
    return _NO_NAME.sub("-", _SNAPSHOT.sub("", bare)).strip("-")


def read_invoice(text: str) -> Invoice:
    """Read an export; raise `InvoiceError` if it has no day, no model or nothing to compare."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    columns = _Columns({_bare(name): name for name in rows.fieldnames or () if name})
    day_at, model_at = columns.first(_DAYS), columns.first(_MODELS)
    if day_at is None or model_at is None:
        lacking = "day" if day_at is None else "model"
        raise InvoiceError(
            f"the file has no column for the {lacking}; known: "
            + ", ".join(_DAYS if day_at is None else _MODELS)
        )
    if not _measures(columns):
        raise InvoiceError("the file has neither tokens nor requests nor cost in it")
    found: dict[tuple[date, str], Billed] = {}
    skipped = 0
    for row in rows:
        day, model = _day(row.get(day_at) or ""), (row.get(model_at) or "").strip()
        if day is None or not model:
            skipped += 1
            continue
        billed = replace(_billed(row, columns), names=frozenset({model}))
        key = day, canonical(model)
        found[key] = found[key].plus(billed) if key in found else billed
    if not found:
        raise InvoiceError("the file has no line with a day and a model")
    return Invoice(billed=found, skipped=skipped)


def _bare(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _measures(columns: _Columns) -> list[str]:
    return columns.all((*_REQUESTS, *_COSTS, *_FRESH, *_INPUT, *_OUTPUT))


def _billed(row: Mapping[str, str], columns: _Columns) -> Billed:
    cached = _count(row, columns.first(_CACHED))
    fresh = _count(row, columns.first(_FRESH))
    if fresh is None and (whole := _count(row, columns.first(_INPUT))) is not None:
        fresh = max(0, whole - (cached or 0))  # OpenAI's input includes what was cached
    written = [_count(row, name) for name in columns.all(_WRITTEN)]
    key = columns.first(_KEYS)
    named = (row.get(key) or "").strip() if key is not None else ""
    return Billed(
        requests=_count(row, columns.first(_REQUESTS)),
        input=fresh,
        cached=cached,
        written=sum(count or 0 for count in written) if written else None,
        output=_count(row, columns.first(_OUTPUT)),
        cost=_number(row, columns.first(_COSTS)),
        keys=frozenset({named} if named else ()),
    )


def _count(row: Mapping[str, str], column: str | None) -> int | None:
    found = _number(row, column)
    return None if found is None else int(found)


def _number(row: Mapping[str, str], column: str | None) -> Decimal | None:
    if column is None:
        return None
    text = (row.get(column) or "").strip().lstrip("$").replace(",", "")
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _day(text: str) -> date | None:
    text = text.strip()
    if text.isdecimal() and len(text) in (10, 13):  # seconds or milliseconds since 1970
        return datetime.fromtimestamp(int(text[:10]), UTC).date()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo is not None else moment).date()


def _plus(a: int | None, b: int | None) -> int | None:
    return b if a is None else a + (b or 0)
