"""What an ended call counts for in quotas: what was used, also if it did not end well (§9.4).

A call that nobody answered counts nothing. One that broke off counts for what had come by then:
hanging up early must not make an answer free.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from plexus.addons.exchange import Buffered, Exchange
from plexus.addons.metering.estimate import completed, generated_parts
from plexus.addons.metering.quota import Unit
from plexus.addons.metering.quota_estimate import Rate
from plexus.store.metered import ANSWERED
from plexus.store.records import UsageRecord
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import parse_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one call used."""

    tokens: float
    cost: float  # USD; an unknown price counts nothing

    def of(self, unit: Unit) -> float:
        """Return it in the unit of a quota."""
        match unit:
            case "requests":
                return 1.0
            case "tokens":
                return self.tokens
            case "cost":
                return self.cost


def used(exchange: Exchange, row: UsageRecord, rate: Rate) -> Used | None:
    """Return what the call with this row used, `None` if it does not count."""
    is_known = row.tokens_input is not None or row.tokens_output is not None
    if row.response_status not in ANSWERED and not is_known:
        return None
    if not is_known and row.cost_total is None:
        return _estimated(exchange, rate)
    parts = (row.tokens_input, row.tokens_output, row.tokens_cached, row.tokens_cache_write)
    return Used(tokens=float(sum(part or 0 for part in parts)), cost=_finite(row.cost_total))


def _estimated(exchange: Exchange, rate: Rate) -> Used:
    # An answer is not free because its provider says nothing of usage.
    usage = completed(None, exchange.body, _generated(exchange))
    cost = None if exchange.target is None else rate(exchange.target, usage)
    return Used(tokens=float((usage.input or 0) + (usage.output or 0)), cost=_finite(cost))


def _generated(exchange: Exchange) -> int:
    if not isinstance(exchange.reply, Buffered):
        return exchange.seen.output_tokens(exchange.spoken)
    try:
        answer = exchange.dialect.chat.decode_response(parse_object(exchange.reply.body))
    except GatewayError:
        return 0
    return generated_parts(answer.parts).output


def _finite(cost: float | None) -> float:
    return cost if cost is not None and math.isfinite(cost) else 0.0
