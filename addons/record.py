"""Record: leave the call's story behind, then forget the call. The last verb of the chain."""

from __future__ import annotations

import logging

from mitmproxy import http

from plexus.addons.border import outcome_stage
from plexus.addons.exchange import Exchange
from plexus.addons.keep_trace import taken_of
from plexus.addons.services import Services
from plexus.transforms.errors import Kind

log = logging.getLogger("plexus.call")

METADATA = "plexus"  # flow.metadata: what an inspector shows of the call


class Record:
    """Puts the story on the flow, if somebody watches, and one line into the log."""

    name = "plexus_record"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._is_watched = services.is_watched
        self._traces = services.traces

    @outcome_stage
    def response(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """The call is over."""
        self._close(flow, exchange)

    @outcome_stage
    def error(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        """The call is over."""
        self._close(flow, exchange)

    def _close(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        self.exchanges.drop(flow.id)
        if exchange.capture is not None:
            self._keep(flow, exchange)
        if self._is_watched():
            flow.metadata[METADATA] = story(exchange)
        if log.isEnabledFor(logging.INFO):
            log.info(_line(flow, exchange))
        exchange.reply = None  # a stream's knows its call: a circle that only the collector breaks

    def _keep(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        taken = taken_of(flow, exchange, {**story(exchange)})
        if taken is not None:
            self._traces.put(taken)


def story(exchange: Exchange) -> dict[str, str]:
    """Return what became of the call, as short texts without secrets."""
    plan, target, usage = exchange.plan, exchange.target, exchange.usage
    found = {
        "request id": exchange.id,
        "door": exchange.door,
        "format": exchange.dialect.name,
        "key": exchange.principal.name if exchange.principal else "",
        "model": exchange.model or "",
        "plan": "; ".join(f"{t.name} ({t.reason})" for t in plan.targets) if plan else "",
        "skipped": "; ".join(plan.skipped) if plan else "",
        "answered by": target.name if target else "",
        "receipt": "; ".join(str(note) for note in exchange.receipt),
        "usage": f"in {usage.input} out {usage.output}" if usage else "",
        "error": exchange.error.message if exchange.error else "",
        "timeline": ", ".join(f"{k} {v}" for k, v in exchange.timeline.as_json().items()),
    }
    return {name: text for name, text in found.items() if text}


def _line(flow: http.HTTPFlow, exchange: Exchange) -> str:
    usage, target, error = exchange.usage, exchange.target, exchange.error
    status = "cancelled" if exchange.cancelled else flow.response and flow.response.status_code
    parts = [
        f"call id={exchange.id}",
        f"door={exchange.door}",
        f"key={exchange.principal.name if exchange.principal else '-'}",
        f"model={exchange.model!r}",
        f"target={target.name if target else '-'}",
        f"status={status}",
        f"ms={exchange.timeline.elapsed_ms():.0f}",
    ]
    if usage is not None:
        parts.append(f"in={usage.input} out={usage.output}")
    if error is not None:
        parts.append(f"error={error.kind.value}: {error.message[:200]!r}")
        if error.kind is Kind.INTERNAL:
            parts.append("(see the traceback above)")
    return " ".join(parts)
