"""Whole replies: translated, checked, or turned into the stream that the client asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from plexus.addons.exchange import Buffered, Exchange, Streamed
from plexus.addons.upstream.client import origin
from plexus.addons.upstream.empty import is_empty
from plexus.addons.upstream.outgoing import Outgoing
from plexus.addons.upstream.relay import stream_headers
from plexus.transforms.assemble import collect, replay
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.ir import ChatRequest, ChatResponse, Stop, Usage
from plexus.transforms.wire import JsonObject, dump, parse, parse_object

_ENDS: Final = (b"{}", b"[]")  # the first and the last byte of an answer
_LONGEST_EMPTY: Final = 4000  # bytes; what is longer says something


def whole_reply(
    exchange: Exchange, outgoing: Outgoing, headers: Mapping[str, str], body: bytes
) -> Buffered:
    """Return the client's reply for a provider's whole answer. Raise `GatewayError`."""
    if outgoing.passthrough:
        _look(exchange, outgoing.dialect.sniff(_as_json(outgoing, body)))
        kind = headers.get("content-type", "application/json")
        return Buffered(status=200, body=body, headers={"content-type": kind})
    return _translated(
        exchange, outgoing, outgoing.dialect.chat.decode_response(_parsed(outgoing, body))
    )


def whole_of_stream(exchange: Exchange, outgoing: Outgoing, body: bytes) -> Buffered:
    """Return a whole reply though the provider insisted on streaming (dataplane.md §3.8)."""
    decoder = outgoing.dialect.chat.stream_decoder()
    return _translated(exchange, outgoing, collect([*decoder.feed(body), *decoder.close()]))


def stream_of_whole(exchange: Exchange, outgoing: Outgoing, body: bytes) -> Streamed:
    """Return a stream though the provider answered whole."""
    _raise_failed(outgoing.dialect.sniff(body))
    response = outgoing.dialect.chat.decode_response(_parsed(outgoing, body))
    response = _named(exchange, response)
    pipe = _Told(exchange, outgoing, response)
    return Streamed(
        first=pipe.text,
        read=_nothing,
        close=lambda: None,
        pipe=pipe,
        headers=stream_headers(exchange),
        receipt=outgoing.receipt,
    )


def says_nothing(exchange: Exchange, reply: Buffered) -> bool:
    """Whether a client's whole reply is an answer without any content (dataplane.md §3.5)."""
    if reply.is_empty is not None:
        return reply.is_empty
    if len(reply.body) > _LONGEST_EMPTY:
        return False
    try:
        body = parse_object(reply.body)
        return is_empty(exchange.dialect.chat.decode_response(body))
    except GatewayError:
        return False  # the provider's own words, whatever they are


def _translated(exchange: Exchange, outgoing: Outgoing, response: ChatResponse) -> Buffered:
    exchange.usage, exchange.stop = response.usage, response.stop
    response = _named(exchange, response)
    if exchange.seals is not None and outgoing.seals is not None:
        exchange.seals.keep(outgoing.seals, response.parts)
    request = _request(exchange, outgoing)
    body = exchange.dialect.chat.encode_response(response, request, outgoing.receipt)
    exchange.timeline.mark("response_transformed")
    return Buffered(
        status=200,
        body=dump(body),
        headers={"content-type": "application/json"},
        is_empty=is_empty(response),
    )


def _named(exchange: Exchange, response: ChatResponse) -> ChatResponse:
    created, answer_id = response.created, exchange.answer_id
    if created is not None and answer_id is None:
        return response
    if created is None:  # not every provider dates its answers
        created = exchange.timeline.started_ms // 1000
    return replace(response, created=created, id=response.id if answer_id is None else answer_id)


def _request(exchange: Exchange, outgoing: Outgoing) -> ChatRequest | None:
    # A body that passed through has not been read; how to write the answer may stand in it.
    if outgoing.request is not None or exchange.body is None:
        return outgoing.request
    try:
        return exchange.dialect.chat.decode_request(exchange.match, exchange.whole_body)
    except GatewayError:
        return None  # the provider understood it: what matters is to hand its answer on


def _look(exchange: Exchange, events: Sequence[Event]) -> None:
    _raise_failed(events)
    for event in events:
        if isinstance(event, UsageSeen):
            exchange.usage = event.usage
        elif isinstance(event, Finished):
            exchange.stop = event.stop


def _raise_failed(events: Sequence[Event]) -> None:
    for event in events:
        if isinstance(event, Failed):
            raise event.error


def _as_json(outgoing: Outgoing, body: bytes) -> bytes:
    ends = body[:1] + body[-1:]
    if ends not in _ENDS:  # there may be spaces around it
        text = body.strip()
        ends = text[:1] + text[-1:]
    if ends not in _ENDS:
        raise _unreadable(outgoing, body)
    return body


def _parsed(outgoing: Outgoing, body: bytes) -> JsonObject:
    try:
        value = parse(body, where="the provider's reply")
    except GatewayError as error:
        raise _unreadable(outgoing, body) from error
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise _unreadable(outgoing, body)
    return value


def _unreadable(outgoing: Outgoing, body: bytes) -> GatewayError:
    what = "an empty body" if not body.strip() else f"{len(body)} bytes that are not JSON"
    return GatewayError(
        Kind.UPSTREAM_INVALID,
        f"{origin(outgoing.url)} answered 200 with {what}",
        where=origin(outgoing.url),
    )


async def _nothing() -> bytes:
    return b""


class _Told:
    """A pipe whose whole text is known from the start."""

    def __init__(self, exchange: Exchange, outgoing: Outgoing, response: ChatResponse) -> None:
        self.usage: Usage | None = response.usage
        self.stop: Stop | None = response.stop
        self.failed: GatewayError | None = None
        request = _request(exchange, outgoing)
        encoder = exchange.dialect.chat.stream_encoder(request, outgoing.receipt)
        self.text = b"".join(encoder.encode(e) for e in replay(response)) + encoder.close()
        self._dialect = exchange.dialect
        self._request_id = exchange.id

    def feed(self, data: bytes) -> bytes:
        """Return the text as it is."""
        return data

    def close(self) -> bytes:
        """Everything has been said."""
        return b""

    def abort(self, error: GatewayError) -> bytes:
        """Return the client's in-band error."""
        self.failed = error
        return self._dialect.encode_stream_error(error, self._request_id)
