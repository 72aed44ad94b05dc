"""OpenAI Responses: what the rest of Plexus sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from plexus.transforms.codec import (
    Aim,
    ChatCodec,
    Encoded,
    Head,
    Match,
    Operation,
    Receipt,
    StreamDecoder,
    StreamEncoder,
    Traits,
)
from plexus.transforms.dialects.openai_responses import errors
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.dialects.openai_responses.replayed import holds_foreign
from plexus.transforms.dialects.openai_responses.request_decode import decode_request
from plexus.transforms.dialects.openai_responses.request_encode import PATH, encode_request
from plexus.transforms.dialects.openai_responses.response_decode import decode_response
from plexus.transforms.dialects.openai_responses.response_encode import encode_response
from plexus.transforms.dialects.openai_responses.sniff import MARKERS, sniff
from plexus.transforms.dialects.openai_responses.stream_decode import ResponsesStreamDecoder
from plexus.transforms.dialects.openai_responses.stream_encode import ResponsesStreamEncoder
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.wire import Json, JsonObject

_OPERATIONS: Final[Mapping[str, Operation]] = {
    "/v1/responses": Operation.CHAT,
    "/responses": Operation.CHAT,
    "/v1/codex/responses": Operation.CHAT,
    "/backend-api/codex/responses": Operation.CHAT,
    "/v1/responses/input_tokens": Operation.COUNT_TOKENS,
}


class ResponsesChat:
    """Requests, answers and streams of this format."""

    def decode_request(self, match: Match, body: JsonObject) -> ChatRequest:
        """Read a client's request; raise `GatewayError(BAD_REQUEST)` naming the field."""
        return decode_request(match, body)

    def encode_request(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
        """Write a request for a provider that bears `traits`."""
        return encode_request(request, traits, receipt)

    def decode_response(self, body: JsonObject) -> ChatResponse:
        """Read a whole answer; raise `GatewayError(UPSTREAM_INVALID)` if it is none."""
        return decode_response(body)

    def encode_response(
        self, response: ChatResponse, request: ChatRequest | None, receipt: Receipt
    ) -> JsonObject:
        """Write a whole answer, which repeats what `request` asked."""
        return encode_response(response, request, receipt)

    def stream_decoder(self) -> StreamDecoder:
        """Return a decoder for one stream."""
        return ResponsesStreamDecoder()

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder for one stream; its events repeat what `request` asked."""
        return ResponsesStreamEncoder(request, receipt)


class Responses:
    """The dialect."""

    name: ClassVar[str] = NAME
    chat: ChatCodec = ResponsesChat()
    markers: ClassVar[tuple[bytes, ...]] = MARKERS
    keepalive: ClassVar[bytes] = b": keep-alive\n\n"
    asks_for_usage: ClassVar[bool] = False
    own_headers: ClassVar[tuple[str, ...]] = (
        "openai-beta",
        "x-openai-internal-codex-responses-lite",
    )

    def match(self, head: Head) -> Match | None:
        """Say what a request asks for, or `None` if it is not of this format."""
        operation = _OPERATIONS.get(head.path) if head.method == "POST" else None
        return None if operation is None else Match(operation)

    def aim(self, model: str, *, stream: bool) -> Aim:
        """Return where a passed-through call goes."""
        return Aim(PATH, {"model": model})

    def must_rewrite(self, body: Mapping[str, Json], traits: Traits) -> bool:
        """Whether the input holds items that OpenAI did not make."""
        return holds_foreign(body)

    def credentials(self, api_key: str | None) -> dict[str, str]:
        """Return the header that carries our key."""
        return {"authorization": f"Bearer {api_key}"} if api_key else {}

    def status(self, error: GatewayError) -> int:
        """Return the HTTP status of an error reply."""
        return error.status

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
        """Read a provider's error reply, however malformed."""
        return errors.decode_error(status, headers, body)

    def encode_error(self, error: GatewayError, request_id: str) -> JsonObject:
        """Write the body of an error reply; OpenAI's tells the request id in a header alone."""
        return errors.encode_error(error)

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        """Write the frames that end a passed-through stream with an error."""
        return errors.encode_stream_error(error, request_id)

    def sniff(self, data: bytes) -> list[Event]:
        """Return the `UsageSeen`, `Finished` and `Failed` of one frame's data or a whole reply."""
        return sniff(data)

    def wants_usage(self, body: Mapping[str, Json]) -> bool:
        """Whether this client wants usage: always, it stands in the last event."""
        return True
