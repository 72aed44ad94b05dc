"""What is booked for a call: what its provider reported, or else what can be told from outside."""

from __future__ import annotations

from dataclasses import replace

from plexus.addons.exchange import Buffered, Exchange
from plexus.addons.metering.estimate import (
    Generated,
    completed,
    generated_parts,
    input_tokens,
)
from plexus.addons.metering.prompt import prompt_tokens
from plexus.transforms.codec import Operation
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import Usage
from plexus.transforms.wire import parse_object


def booked_usage(exchange: Exchange, status: str) -> tuple[Usage | None, bool]:
    """Return the usage of an ended call, and whether it is an estimate (dataplane.md §8.5)."""
    reported = exchange.usage
    if status == "success" or not exchange.stream or exchange.stop is not None:
        is_estimated = status == "success" and _is_silent(reported) and _is_wanted(exchange)
        whole = _made(exchange) if is_estimated else None
        if whole is None:
            return reported, False
        return _completed(exchange, reported, whole), True
    # A stream that was cut has no final report, but its tokens were generated and are paid for.
    made = exchange.seen.generated(exchange.spoken)
    if reported is None and made.output == 0:
        return None, False
    return _completed(exchange, reported, made), True


def _is_silent(reported: Usage | None) -> bool:
    return reported is None or (reported.input is None and reported.output is None)


def _is_wanted(exchange: Exchange) -> bool:
    target = exchange.target
    if target is None or not target.provider.estimate_tokens:
        return False
    return exchange.match.operation is Operation.CHAT


def _made(exchange: Exchange) -> Generated | None:
    if not isinstance(exchange.reply, Buffered):
        return exchange.seen.generated(exchange.spoken)
    try:
        answer = exchange.dialect.chat.decode_response(parse_object(exchange.reply.body))
    except GatewayError:
        return None
    return generated_parts(answer.parts)


def _completed(exchange: Exchange, reported: Usage | None, made: Generated) -> Usage:
    known = reported if reported is not None else Usage()
    if known.input is None:
        known = replace(known, input=_prompt(exchange))
    if known.reasoning is None and made.reasoning:
        known = replace(known, reasoning=made.reasoning)
    return completed(known, exchange.body, made.output)


def _prompt(exchange: Exchange) -> int:
    body = exchange.body if exchange.body is not None else {}
    try:
        request = exchange.dialect.chat.decode_request(exchange.match, exchange.whole_body)
    except GatewayError:
        return input_tokens(body)
    return prompt_tokens(request, exchange.spoken.name)
