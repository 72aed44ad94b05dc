"""Read a chat completions request."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.transforms.codec import Match
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest
from plexus.transforms.wire import Json, JsonObject, bool_at, object_at

from .effort import decode_reasoning
from .fields import NAME, take_bool, take_int, take_object, take_text
from .messages_decode import decode_messages
from .parameters import decode_output, decode_sampling, decode_user
from .tools_decode import decode_choice, decode_tools


def decode_request(match: Match, body: JsonObject) -> ChatRequest:
    """Read a client's request; raise `GatewayError(BAD_REQUEST)` naming the field.

    Every prompt is a message and keeps its place, so `system` stays empty.
    """
    left = dict(body)
    messages = decode_messages(left.pop("messages", None))
    model = match.model or take_text(left, "model")
    if model is None:
        raise GatewayError(Kind.BAD_REQUEST, "model must be a non-empty string", where="model")
    left.pop("model", None)
    stream = bool_at(body, "stream") is True
    if bool_at(body, "stream") is not None:  # false says what its absence says
        del left["stream"]
    include_usage = _take_include_usage(left)
    return ChatRequest(
        model=model,
        messages=messages,
        tools=decode_tools(left),
        tool_choice=decode_choice(left),
        parallel_tools=take_bool(left, "parallel_tool_calls"),
        stream=stream,
        include_usage=include_usage,
        max_output=_take_max_output(left),
        sampling=decode_sampling(left),
        reasoning=decode_reasoning(left),
        output=decode_output(left),
        verbosity=take_text(left, "verbosity"),
        cache_key=take_text(left, "prompt_cache_key"),
        tier=take_text(left, "service_tier"),
        user=decode_user(left),
        metadata=take_object(left, "metadata"),
        ext={NAME: left},
    )


def wants_usage(body: Mapping[str, Json]) -> bool:
    """Whether a streamed request asks for a usage frame."""
    return bool_at(object_at(body, "stream_options") or {}, "include_usage") is True


def _take_include_usage(left: JsonObject) -> bool:
    options = object_at(left, "stream_options")
    if options is None:
        return False
    others = {key: value for key, value in options.items() if key != "include_usage"}
    wanted = wants_usage(left)
    left["stream_options"] = others
    if not others:
        del left["stream_options"]
    return wanted


def _take_max_output(left: JsonObject) -> int | None:
    # The newer name outranks the older, which then stays behind (dataplane.md §5.3).
    newer = take_int(left, "max_completion_tokens")
    return take_int(left, "max_tokens") if newer is None else newer
