"""Where errors become replies: every hook of a verb runs inside this guard, and fails closed.

mitmproxy logs an addon's exception and carries on with the next addon, so a crash in `authenticate`
would let `dispatch` serve the call. Here it becomes the client's own kind of error instead.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Final, Protocol

from mitmproxy import http

from plexus.addons.exchange import Buffered, Exchange, Exchanges
from plexus.addons.messages import response_of
from plexus.addons.routing.shown import HEADER, plan_header
from plexus.transforms.codec import Dialect
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump

log = logging.getLogger(__name__)

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")  # clients choose the names that notes repeat


class HasExchanges(Protocol):
    """What a verb must have for its hooks to be guarded."""

    @property
    def exchanges(self) -> Exchanges:
        """The calls under way."""
        ...


type _Outcome[A] = Callable[[A, http.HTTPFlow, Exchange], None]
type _Hook[A] = Callable[[A, http.HTTPFlow, Exchange], Awaitable[None] | None]


def stage[A: HasExchanges](
    hook: _Hook[A],
) -> Callable[[A, http.HTTPFlow], Awaitable[None] | None]:
    """Guard a hook on the way in: it runs for our calls that have no reply yet.

    A hook returns what is to be waited for, or nothing: most calls wait for few of their hooks, and
    a coroutine for each would cost more than what most of them do.
    """

    @wraps(hook)
    def guarded(addon: A, flow: http.HTTPFlow) -> Awaitable[None] | None:
        exchange = addon.exchanges.get(flow.id)
        if exchange is None or flow.response or exchange.reply is not None or flow.error:
            return None
        try:
            waiting = hook(addon, flow, exchange)
        except Exception as error:  # fail closed, whatever it is
            refuse(flow, exchange, as_gateway_error(error, exchange.id))
            return None
        return None if waiting is None else _closed(waiting, flow, exchange)

    return guarded


async def _closed(waiting: Awaitable[None], flow: http.HTTPFlow, exchange: Exchange) -> None:
    try:
        await waiting
    except Exception as error:  # fail closed, whatever it is
        refuse(flow, exchange, as_gateway_error(error, exchange.id))


def outcome_stage[A: HasExchanges](hook: _Outcome[A]) -> Callable[[A, http.HTTPFlow], None]:
    """Guard a hook on the way out: it runs for every call of ours, and must not break the reply."""

    @wraps(hook)
    def guarded(addon: A, flow: http.HTTPFlow) -> None:
        exchange = addon.exchanges.get(flow.id)
        if exchange is None:
            return
        try:
            hook(addon, flow, exchange)
        except Exception:  # the reply stands; what is lost is said
            log.exception("outcome.failed id=%s stage=%s", exchange.id, hook.__qualname__)

    return guarded


def fail_closed[A](
    hook: Callable[[A, http.HTTPFlow], None],
) -> Callable[[A, http.HTTPFlow], None]:
    """Guard a hook that runs for every flow: if it crashes, the flow goes nowhere."""

    @wraps(hook)
    def guarded(addon: A, flow: http.HTTPFlow) -> None:
        try:
            hook(addon, flow)
        except Exception as error:  # fail closed, whatever it is
            failure = as_gateway_error(error, flow.id)
            message: JsonObject = {"message": failure.message, "type": "api_error"}
            flow.response = response_of(
                failure.status, dump({"error": message}), {"content-type": "application/json"}
            )

    return guarded


def as_gateway_error(error: Exception, request_id: str) -> GatewayError:
    """Turn any exception into what a client may be told; a bug is logged with its traceback."""
    if isinstance(error, GatewayError):
        return error
    log.error("call.crashed id=%s", request_id, exc_info=error)
    return GatewayError(
        Kind.INTERNAL, f"Plexus failed on this request; its log has the cause under {request_id}"
    )


def refuse(flow: http.HTTPFlow, exchange: Exchange, error: GatewayError) -> None:
    """Answer with an error in the client's own shape."""
    exchange.error = error
    exchange.reply = error_reply(exchange.dialect, error, exchange.id)
    respond(flow, exchange, exchange.reply)


def error_reply(dialect: Dialect, error: GatewayError, request_id: str) -> Buffered:
    """Render an error in a dialect (dataplane.md §1.7)."""
    headers = {"content-type": "application/json"}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after)))
    body = dump(dialect.encode_error(error, request_id))
    return Buffered(status=dialect.status(error), body=body, headers=headers)


def respond(flow: http.HTTPFlow, exchange: Exchange, reply: Buffered) -> None:
    """Put a whole reply on the flow."""
    flow.response = response_of(reply.status, reply.body, reply_headers(exchange, reply.headers))


def reply_headers(exchange: Exchange, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that every reply of ours bears, over those given."""
    merged = dict(headers)
    merged["x-request-id"] = exchange.id
    merged["request-id"] = exchange.id  # where Anthropic's SDKs look for it
    if exchange.client_request_id is not None:
        merged["x-client-request-id"] = exchange.client_request_id
    if exchange.receipt:
        merged["x-plexus-dropped"] = receipt_header(exchange)
    merged.update(exchange.quota_headers)
    if exchange.shows_plan and exchange.plan is not None:
        merged[HEADER] = plan_header(exchange.plan)
    return merged


def receipt_header(exchange: Exchange) -> str:
    """The fidelity receipt as one header line of at most 2,000 characters."""
    text = "; ".join(str(note) for note in exchange.receipt)
    text = _CONTROL.sub(" ", text.encode("ascii", "replace").decode())
    return text if len(text) <= 2000 else text[:1990] + " and more"
