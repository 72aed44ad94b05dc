"""Count a prompt's tokens: ask the target if its format has a question for that, else estimate.

A count costs nothing and holds nothing up: whoever cannot give one is not waited for for long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from plexus.addons.exchange import Attempt, Buffered, Exchange, Target
from plexus.addons.metering.prompt import prompt_tokens
from plexus.addons.upstream.approach import choose_dialect
from plexus.addons.upstream.client import Upstream, origin
from plexus.addons.upstream.outgoing import Outgoing, prepare
from plexus.addons.upstream.redact import redact, secrets_of
from plexus.transforms import plugins
from plexus.transforms.codec import Dialect, Note, as_json_object
from plexus.transforms.counter import Counter
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import count_at, dump, parse_object, try_parse

log = logging.getLogger(__name__)

PATIENCE_S: Final = 10.0  # an estimate now is worth more than a count later

_JSON: Final = {"content-type": "application/json"}
# The request itself is wrong, and the client must hear of it as it would of a call.
_OWN_FAULT: Final = frozenset({Kind.BAD_REQUEST, Kind.TOO_LARGE})
_FINAL_STATUSES: Final = frozenset({400, 413, 422})


async def count_tokens(
    exchange: Exchange, target: Target, upstream: Upstream, dialects: Mapping[str, Dialect]
) -> Buffered:
    """Return the client's count. Raise `GatewayError` if its request is no good.

    An estimate is marked as such in the receipt (wire-formats.md §7.10).
    """
    dialect = choose_dialect(exchange.dialect.name, target, dialects)
    counter = plugins.counters().get(dialect.name)
    if counter is None:
        return _estimate(exchange, dialect, f"{target.name} is spoken to in {dialect.name}")
    try:
        return await _ask(exchange, counter, target, upstream, dialects)
    except GatewayError as error:
        if _is_clients_fault(error, translated=dialect is not exchange.dialect):
            raise
        log.info("count.estimated id=%s target=%s: %s", exchange.id, target.name, error.message)
        return _estimate(exchange, dialect, f"{target.name} gave no count")


def _is_clients_fault(error: GatewayError, *, translated: bool) -> bool:
    if error.upstream_status is not None:  # else we found it out ourselves
        return not translated and error.upstream_status in _FINAL_STATUSES
    return error.kind in _OWN_FAULT


def _estimate(exchange: Exchange, dialect: Dialect, why: str) -> Buffered:
    counter = plugins.counters()[exchange.dialect.name]
    request = exchange.dialect.chat.decode_request(exchange.match, exchange.whole_body)
    tokens = prompt_tokens(request, dialect.name)
    exchange.receipt = (Note(path=counter.total, action="invented", detail=f"estimated: {why}"),)
    return Buffered(status=200, body=dump(counter.answer(tokens)), headers=_JSON)


async def _ask(
    exchange: Exchange,
    counter: Counter,
    target: Target,
    upstream: Upstream,
    dialects: Mapping[str, Dialect],
) -> Buffered:
    attempt = Attempt(target=target, dialect=dialects[counter.name], started=time.monotonic())
    exchange.attempts.append(attempt)
    limit = min(PATIENCE_S, target.provider.timeout_s or exchange.snapshot.timeout_s)
    try:
        async with asyncio.timeout(limit):
            outgoing = _question(exchange, counter, target, dialects)
            attempt.passthrough = outgoing.passthrough
            return await _answer(exchange, counter, attempt, outgoing, upstream)
    except TimeoutError as error:
        attempt.error = GatewayError(
            Kind.UPSTREAM_TIMEOUT, f"{target.name} did not count within {limit:g} s"
        )
        raise attempt.error from error
    except GatewayError as error:
        redact(error, secrets_of(target.provider))
        attempt.error = error
        raise
    finally:
        attempt.ended = time.monotonic()


def _question(
    exchange: Exchange, counter: Counter, target: Target, dialects: Mapping[str, Dialect]
) -> Outgoing:
    chat = prepare(_call(exchange, counter), target, dialects)
    whole = parse_object(chat.body)
    own = exchange.whole_body if counter.name == exchange.dialect.name else None
    sent = counter.request(own, whole, chat.url)
    return replace(chat, url=counter.url(chat.url), body=chat.body if sent is whole else dump(sent))


def _call(exchange: Exchange, counter: Counter) -> Exchange:
    if exchange.body is None or counter.name != exchange.dialect.name:
        return exchange  # a decoder reads a question as the call that it asks about
    body = exchange.whole_body
    asked = counter.question(body)
    if asked is body:
        return exchange
    return replace(exchange, body=asked, raw=dump(asked))


async def _answer(
    exchange: Exchange, counter: Counter, attempt: Attempt, outgoing: Outgoing, upstream: Upstream
) -> Buffered:
    response = await upstream.send(outgoing.url, outgoing.headers, outgoing.body, exchange.id)
    attempt.status = response.status
    try:
        body = await response.read_all()
    finally:
        response.close()
    if not 200 <= response.status < 300:
        error = outgoing.dialect.decode_error(response.status, response.headers, body)
        error.upstream_status = response.status
        raise error
    tokens = count_at(as_json_object(try_parse(body)), counter.total)
    if tokens is None:
        raise GatewayError(
            Kind.UPSTREAM_INVALID, f"{origin(outgoing.url)} answered without {counter.total}"
        )
    exchange.receipt = outgoing.receipt.notes
    if outgoing.dialect is not exchange.dialect:
        body = dump(plugins.counters()[exchange.dialect.name].answer(tokens))
    return Buffered(status=200, body=body, headers=_JSON)
