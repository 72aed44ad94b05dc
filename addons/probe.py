"""Make a small call to a target, to measure it: what background exploration does (§2.5)."""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

from plexus.addons.exchange import Exchange, Plan, Principal, Streamed, Target
from plexus.addons.metering.row import row_of
from plexus.addons.services import Services
from plexus.addons.upstream.failover import Ways, first_success
from plexus.addons.upstream.relay import pump
from plexus.transforms.codec import Head, Match, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump

KEY_NAME: Final = "probe"  # as the ledger has it
LABEL: Final = "background"
LIMIT_S: Final = 60.0  # for the whole call
_TOKENS: Final = 200  # enough for a rate, and little money


async def probe(services: Services, target: Target, limit_s: float = LIMIT_S) -> None:
    """Ask the target for a short stream and read it to its end. Raise `GatewayError` if it fails.

    The call stands in the ledger, and what comes of it is booked as of any other call.
    """
    model = f"direct/{target.name}"
    plan = Plan(requested=model, canonical=None, targets=(target,))
    exchange = _exchange(services, model, plan)
    status = None
    try:
        async with asyncio.timeout(limit_s):
            status = await _call(exchange, plan, services)
    except GatewayError as error:
        exchange.error = error
        raise
    except TimeoutError as late:
        exchange.error = GatewayError(
            Kind.UPSTREAM_TIMEOUT, f"{target.name} took longer than {limit_s:g} s"
        )
        raise exchange.error from late
    except asyncio.CancelledError:  # the gateway ends
        exchange.cancelled = True
        raise
    finally:
        exchange.closed = True
        exchange.timeline.mark("done")
        services.store.writer.put(row_of(exchange, status, None))


async def _call(exchange: Exchange, plan: Plan, services: Services) -> int:
    ways = Ways(upstream=services.upstream, dialects=services.dialects, health=services.health)
    reply = await first_success(exchange, plan, ways)
    if isinstance(reply, Streamed):
        await pump(exchange, reply, _nowhere)
        if exchange.error is not None:
            raise exchange.error
    return reply.status


async def _nowhere(data: bytes) -> None:
    """Nobody reads it."""


def _exchange(services: Services, model: str, plan: Plan) -> Exchange:
    body: JsonObject = {
        "model": model,
        "messages": [{"role": "user", "content": "Count from 1 to 50."}],
        "max_tokens": _TOKENS,
        "stream": True,
    }
    return Exchange(
        id=str(uuid.uuid4()),
        door="gateway",
        snapshot=services.config.current,
        head=Head("POST", "/v1/chat/completions", "", {}),
        dialect=services.dialects["chat"],
        match=Match(Operation.CHAT),
        principal=Principal(key=None, name=KEY_NAME, label=LABEL),
        raw=dump(body),
        body=body,
        model=model,
        stream=True,
        plan=plan,
    )
