"""The Gemini dialect: everything the gateway asks of a wire format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from plexus.transforms.codec import Aim, ChatCodec, Dialect, Head, Match, Traits
from plexus.transforms.dialects.gemini import errors, paths
from plexus.transforms.dialects.gemini.codec import GeminiChat
from plexus.transforms.dialects.gemini.replayed import holds_unsigned
from plexus.transforms.dialects.gemini.sniff import sniff
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import Event
from plexus.transforms.wire import Json, JsonObject, dump


class Gemini:
    """The Generative Language API, and Vertex AI's Google models."""

    name: ClassVar[str] = "gemini"
    markers: ClassVar[tuple[bytes, ...]] = (
        b'"usageMetadata"',
        b'"finishReason"',
        b'"promptFeedback"',
        b'"error"',
    )
    keepalive: ClassVar[bytes] = b": keep-alive\n\n"  # between SSE frames; not in a JSON array
    asks_for_usage: ClassVar[bool] = False
    own_headers: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.chat: ChatCodec = GeminiChat()

    def aim(self, model: str, *, stream: bool) -> Aim:
        """Return where a chat call for `model` goes: the model stands in the path only."""
        return Aim(paths.chat_path(model, stream=stream), {})

    def must_rewrite(self, body: Mapping[str, Json], traits: Traits) -> bool:
        """Whether the history holds unsigned calls and the model refuses them."""
        return traits.thought_signatures and holds_unsigned(body)

    def credentials(self, api_key: str | None) -> dict[str, str]:
        """Return the header that carries our key."""
        return {} if api_key is None else {"x-goog-api-key": api_key}

    def status(self, error: GatewayError) -> int:
        """Return the HTTP status of an error, which `error.code` repeats."""
        return error.status

    def match(self, head: Head) -> Match | None:
        """Say what a request asks for, or `None` if it is not of this format."""
        return paths.match(head)

    def decode_error(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
        """Read a provider's error reply, however malformed."""
        return errors.decode_error(status, headers, body)

    def encode_error(self, error: GatewayError, request_id: str) -> JsonObject:
        """Write the body of an error reply."""
        return errors.encode_error(error, request_id)

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        """Write the frame that ends a passed-through SSE stream with an error."""
        return b"data: " + dump(errors.encode_error(error, request_id)) + b"\r\n\r\n"

    def sniff(self, data: bytes) -> list[Event]:
        """Return the `UsageSeen`, `Finished` and `Failed` of one chunk or a whole reply."""
        return sniff(data)

    def wants_usage(self, body: Mapping[str, Json]) -> bool:
        """Whether the client wants usage in its stream: Gemini's always do."""
        return True


DIALECT: Dialect = Gemini()
