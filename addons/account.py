"""Account: one row in the ledger for each call, exactly once, however the call ended."""

from __future__ import annotations

import asyncio

from mitmproxy import http

from plexus.addons.border import outcome_stage
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.metering.row import pending_row, row_of
from plexus.addons.services import Services

PENDING_AFTER_MS = 100.0
_LOOK_EVERY_S = 0.25


class Account:
    """Writes the row when the call ends, and a pending one for calls that take their time."""

    name = "plexus_account"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._writer = services.store.writer
        self._prices = services.prices
        self._quotas = services.quotas

    @outcome_stage
    def response(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """The client has its whole reply."""
        self._close(exchange, _status(flow), None)

    @outcome_stage
    def error(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """The client or the provider is gone."""
        exchange.cancelled = exchange.cancelled or is_disconnect(flow)
        self._close(exchange, _status(flow), flow.error.msg if flow.error else None)

    def cut_off(self) -> None:
        """Close the rows of calls that the end of the gateway cuts off."""
        for exchange in self.exchanges.open():
            exchange.cancelled = True
            self._close(exchange, None, None)

    def _close(self, exchange: Exchange, status: int | None, failure: str | None) -> None:
        if exchange.closed:
            return
        exchange.closed = True
        exchange.timeline.mark("done")
        if isinstance(exchange.reply, Streamed):
            exchange.reply.close()  # nobody may have come for it: the flow was killed, or answered
            exchange.absorb(exchange.reply.pipe)
        if exchange.principal is None:
            return  # refused before it was anybody's: a 401 makes no row (dataplane.md §8.7)
        row = row_of(exchange, status, failure, self._prices.current)
        self._quotas.settle(exchange, row)
        self._writer.put(row)

    async def watch(self) -> None:
        """Enter a pending row for every call that has run for a while: a crash leaves its trace.

        Short calls never cost a second row.
        """
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.enter_pending()
            self._quotas.expire()

    def enter_pending(self) -> None:
        """Enter the pending rows that are due."""
        for exchange in self.exchanges.open():
            due = exchange.timeline.elapsed_ms() > PENDING_AFTER_MS
            if due and not exchange.pending_written and not exchange.closed and exchange.principal:
                exchange.pending_written = True
                self._writer.put(pending_row(exchange))


def _status(flow: http.HTTPFlow) -> int | None:
    return flow.response.status_code if flow.response is not None else None


def is_disconnect(flow: http.HTTPFlow) -> bool:
    """Whether the flow's error is the client's leaving, in mitmproxy's or the listener's words."""
    return flow.error is not None and "client disconnect" in flow.error.msg.lower()
