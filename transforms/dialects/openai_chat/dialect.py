"""The dialect `chat`: everything the gateway asks of this wire format, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from plexus.transforms.codec import (
    Aim,
    ChatCodec,
    Encoded,
    Head,
    Match,
    Receipt,
    StreamDecoder,
    StreamEncoder,
    Traits,
)
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.wire import Json, JsonObject

from . import errors, paths, request_decode, request_encode, response_decode, response_encode
from .fields import NAME
from .replayed import holds_foreign
from .sniff import MARKERS, sniff
from .stream_decode import ChatStreamDecoder
from .stream_encode import ChatStreamEncoder


class OpenAIChat:
    """Chat in this dialect."""

    def decode_request(self, match: Match, body: JsonObject) -> ChatRequest:
        """Read a client's request."""
        return request_decode.decode_request(match, body)

    def encode_request(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
        """Write a request for a provider."""
        return request_encode.encode_request(request, traits, receipt)

    def decode_response(self, body: JsonObject) -> ChatResponse:
        """Read a provider's whole answer."""
        return response_decode.decode_response(body)

    def encode_response(
        self, response: ChatResponse, request: ChatRequest | None, receipt: Receipt
    ) -> JsonObject:
        """Write a whole answer for a client."""
        return response_encode.encode_response(response, request, receipt)

    def stream_decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        return ChatStreamDecoder()

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder for one stream."""
        return ChatStreamEncoder(request, receipt)


class OpenAIChatDialect:
    """The wire format `chat`."""

    name: ClassVar[str] = NAME
    chat: ChatCodec = OpenAIChat()
    markers: ClassVar[tuple[bytes, ...]] = MARKERS
    keepalive: ClassVar[bytes] = b": keep-alive\n\n"
    asks_for_usage: ClassVar[bool] = True
    own_headers: ClassVar[tuple[str, ...]] = ()

    def aim(self, model: str, *, stream: bool) -> Aim:
        """Return where a passed-through chat call goes."""
        return Aim(paths.CHAT_PATH, {"model": model})

    def must_rewrite(self, body: Mapping[str, Json], traits: Traits) -> bool:
        """Whether the history holds reasoning and the provider is OpenAI, which refuses it."""
        return traits.official and holds_foreign(body)

    def credentials(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that carry our key."""
        return {} if api_key is None else {"authorization": f"Bearer {api_key}"}

    def status(self, error: GatewayError) -> int:
        """Return the HTTP status for an error: the one of its kind."""
        return error.status

    def match(self, head: Head) -> Match | None:
        """Say what a request asks for."""
        return paths.match(head)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
        """Read a provider's error reply."""
        return errors.decode_error(status, headers, body)

    def encode_error(self, error: GatewayError, request_id: str) -> JsonObject:
        """Write the body of an error reply; OpenAI's has no place for the request's id."""
        return errors.encode_error(error)

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        """Write the frames that end a stream with an error."""
        return errors.encode_stream_error(error)

    def sniff(self, data: bytes) -> list[Event]:
        """Return what a frame or a whole reply says about usage, stop and failure."""
        return sniff(data)

    def wants_usage(self, body: Mapping[str, Json]) -> bool:
        """Whether a streamed request asks for usage frames."""
        return request_decode.wants_usage(body)
