"""The Messages dialect: what the rest of Plexus sees of this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from plexus.transforms.codec import Aim, ChatCodec, Encoded, Head, Match, Operation, Receipt, Traits
from plexus.transforms.dialects.anthropic import errors
from plexus.transforms.dialects.anthropic.identity import NAME
from plexus.transforms.dialects.anthropic.replayed import holds_foreign
from plexus.transforms.dialects.anthropic.request_decode import decode_request
from plexus.transforms.dialects.anthropic.request_encode import PATH, VERSION, encode_request
from plexus.transforms.dialects.anthropic.response import decode_response, encode_response
from plexus.transforms.dialects.anthropic.sniff import sniff
from plexus.transforms.dialects.anthropic.stream_decode import StreamDecoder
from plexus.transforms.dialects.anthropic.stream_encode import StreamEncoder
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.wire import Json, JsonObject

_OPERATIONS: Final[Mapping[str, Operation]] = {
    "/messages": Operation.CHAT,
    "/messages/count_tokens": Operation.COUNT_TOKENS,
}


class MessagesChat:
    """Chat over `POST /v1/messages`."""

    def decode_request(self, match: Match, body: JsonObject) -> ChatRequest:
        """Read a client's request; raise `GatewayError(BAD_REQUEST)` naming the field."""
        return decode_request(match, body)

    def encode_request(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
        """Write a request for a provider that bears `traits`."""
        return encode_request(request, traits, receipt)

    def decode_response(self, body: JsonObject) -> ChatResponse:
        """Read a provider's whole answer; raise `GatewayError(UPSTREAM_INVALID)` if it is none."""
        return decode_response(body)

    def encode_response(
        self, response: ChatResponse, request: ChatRequest | None, receipt: Receipt
    ) -> JsonObject:
        """Write a whole answer for a client; of `request` it has only the tools' names."""
        return encode_response(response, request, receipt)

    def stream_decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        return StreamDecoder()

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder for one stream."""
        return StreamEncoder(request, receipt)


class Messages:
    """Anthropic's Messages API (wire-formats.md §3)."""

    name: ClassVar[str] = NAME
    chat: ChatCodec = MessagesChat()
    markers: ClassVar[tuple[bytes, ...]] = (
        b'"message_start"',
        b'"message_delta"',
        b'"stop_reason"',
        b'"error"',
    )
    keepalive: ClassVar[bytes] = b'event: ping\ndata: {"type": "ping"}\n\n'
    asks_for_usage: ClassVar[bool] = False
    own_headers: ClassVar[tuple[str, ...]] = ("anthropic-beta", "anthropic-version")

    def match(self, head: Head) -> Match | None:
        """Recognise `POST /v1/messages` and its `/count_tokens`, with or without `/v1`."""
        if head.method != "POST":
            return None
        path = head.path.rstrip("/").removeprefix("/v1")
        operation = _OPERATIONS.get(path)
        return None if operation is None else Match(operation)

    def aim(self, model: str, *, stream: bool) -> Aim:
        """Return where a passed-through call for `model` goes; the body says whether it streams."""
        del stream
        return Aim(PATH, {"model": model})

    def must_rewrite(self, body: Mapping[str, Json], traits: Traits) -> bool:
        """Whether the history holds thinking that Anthropic did not sign."""
        del traits
        return holds_foreign(body)

    def credentials(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that carry our key, and the version, to a provider."""
        key = {} if api_key is None else {"x-api-key": api_key}
        return {**VERSION, **key}

    def status(self, error: GatewayError) -> int:
        """Return the HTTP status for a client: Anthropic's own 529 for overload."""
        return errors.status_of(error)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
        """Read a provider's error reply, however malformed."""
        return errors.decode_error(status, headers, body)

    def encode_error(self, error: GatewayError, request_id: str) -> JsonObject:
        """Write the body of an error reply."""
        return errors.encode_error(error, request_id)

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        """Write the `error` event that ends a stream."""
        return errors.encode_stream_error(error, request_id)

    def sniff(self, data: bytes) -> list[Event]:
        """Return the `UsageSeen`, `Finished` and `Failed` of one frame's data or a whole reply."""
        return sniff(data)

    def wants_usage(self, body: Mapping[str, Json]) -> bool:
        """Whether the client asks for usage: this format always tells it."""
        del body
        return True
