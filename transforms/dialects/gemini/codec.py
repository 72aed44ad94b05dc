"""Chat in Google's Gemini format: the codec put together from its parts."""

from __future__ import annotations

from plexus.transforms.codec import Encoded, Match, Receipt, StreamDecoder, StreamEncoder, Traits
from plexus.transforms.dialects.gemini import (
    request_decode,
    request_encode,
    response_decode,
    response_encode,
)
from plexus.transforms.dialects.gemini.keys import own
from plexus.transforms.dialects.gemini.stream_decode import Decoder
from plexus.transforms.dialects.gemini.stream_encode import Encoder
from plexus.transforms.ir import ChatRequest, ChatResponse
from plexus.transforms.wire import JsonObject


class GeminiChat:
    """`generateContent` and `streamGenerateContent`."""

    def decode_request(self, match: Match, body: JsonObject) -> ChatRequest:
        """Read a client's request; raise `GatewayError(BAD_REQUEST)` naming the field."""
        return request_decode.decode_request(match, body)

    def encode_request(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
        """Write a request for a provider that bears `traits`."""
        return request_encode.encode_request(request, traits, receipt)

    def decode_response(self, body: JsonObject) -> ChatResponse:
        """Read a provider's whole answer; raise `GatewayError` if it is none."""
        return response_decode.decode_response(body)

    def encode_response(
        self, response: ChatResponse, request: ChatRequest | None, receipt: Receipt
    ) -> JsonObject:
        """Write a whole answer; tool names come back as `request` has them."""
        return response_encode.encode_response(response, request, receipt)

    def stream_decoder(self) -> StreamDecoder:
        """Return a decoder for one stream of either framing."""
        return Decoder()

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder in the framing that `request` came with: SSE, or a JSON array."""
        if request is not None and own(request.ext).get("framing") == "array":
            return self.array_stream_encoder(request, receipt)
        return Encoder(request, receipt)

    def array_stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> StreamEncoder:
        """Return an encoder whose stream is one JSON array, as without `alt=sse`."""
        return Encoder(request, receipt, "array")
