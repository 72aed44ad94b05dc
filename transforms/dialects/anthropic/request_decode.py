"""Read a client's request.

`ext` is always there, even empty: it tells the encoder that the request came in this dialect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.anthropic.cache import decode_mark, leftovers
from plexus.transforms.dialects.anthropic.content_decode import decode_block, decode_text
from plexus.transforms.dialects.anthropic.identity import NAME, as_ext
from plexus.transforms.dialects.anthropic.reasoning import decode_reasoning
from plexus.transforms.dialects.anthropic.tools_decode import (
    decode_choice,
    decode_parallel,
    decode_tools,
)
from plexus.transforms.envelope import bound
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    NO_EXT,
    ChatRequest,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Sampling,
    Text,
)
from plexus.transforms.wire import (
    Json,
    JsonObject,
    bool_at,
    count_at,
    kind_of,
    number_at,
    object_at,
    rest,
    text_at,
)

type _Role = Literal["user", "assistant", "system"]
_ROLES: Final[Mapping[str, _Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
}
_TIERS: Final[Mapping[str, str]] = {"auto": "auto", "standard_only": "default"}

_ALWAYS_READ: Final = frozenset(
    {"model", "messages", "system", "tools", "max_tokens", "thinking", "cache_control"}
)
_NO_SAMPLING: Final = Sampling()
_SAMPLING: Final = frozenset({"temperature", "top_p", "top_k", "stop_sequences"})
_USER: Final = frozenset({"user_id"})
_MESSAGE: Final = frozenset({"role", "content"})
_FORMAT: Final = frozenset({"type", "schema"})
# Strings that a block of the type is nothing without.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text",),
    "tool_use": ("id", "name"),
    "tool_result": ("tool_use_id",),
}


def decode_request(match: Match, body: JsonObject) -> ChatRequest:
    """Read a request. Raise `GatewayError(BAD_REQUEST)` naming the field that is wrong."""
    model = text_at(body, "model") or match.model
    if model is None:
        raise _bad("model", "must be a string")
    config = object_at(body, "output_config") or {}
    left: JsonObject = {}
    request = ChatRequest(
        model=model,
        messages=_messages(body.get("messages")),
        system=_system(body.get("system")),
        tools=decode_tools(body.get("tools")),
        tool_choice=decode_choice(body.get("tool_choice")),
        parallel_tools=decode_parallel(body.get("tool_choice")),
        stream=bool_at(body, "stream") is True,
        max_output=_max_tokens(match, body),
        sampling=_sampling(body),
        reasoning=decode_reasoning(body.get("thinking"), text_at(config, "effort")),
        output=_output(config.get("format")) or _output(body.get("output_format")),
        cache=decode_mark(body),
        tier=_TIERS.get(text_at(body, "service_tier") or ""),
        user=text_at(object_at(body, "metadata") or {}, "user_id"),
        ext={NAME: left},
    )
    left.update(_rest(body, request))
    return request


def _rest(body: JsonObject, request: ChatRequest) -> JsonObject:
    """Return what the body says beyond `request`, to be written back as it stood."""
    said = leftovers(body, _ALWAYS_READ)
    left: JsonObject = {key: value for key, value in said.items() if value is not None}
    if not left:
        return left
    sampling = request.sampling
    read: dict[str, bool] = {
        "temperature": sampling.temperature is not None,
        "top_p": sampling.top_p is not None,
        "top_k": sampling.top_k is not None,
        "stop_sequences": bool(sampling.stop),
        "tool_choice": request.tool_choice is not None,
        "service_tier": request.tier is not None,
        "stream": bool_at(body, "stream") is not None,
        "output_format": request.output is not None,
    }
    extra: JsonObject = {key: value for key, value in left.items() if not read.get(key)}
    config: set[str] = set()
    if request.reasoning is not None and request.reasoning.effort is not None:
        config.add("effort")
    if request.output is not None:
        config.add("format")
    _keep_rest(extra, "output_config", frozenset(config))
    _keep_rest(extra, "metadata", frozenset() if request.user is None else _USER)
    return extra


def _keep_rest(extra: JsonObject, key: str, read: frozenset[str]) -> None:
    """Reduce a field that was read in part to its rest, if there is any."""
    value = extra.get(key)
    if isinstance(value, dict):
        extra[key] = rest(value, read)
        if not extra[key]:
            del extra[key]


def _max_tokens(match: Match, body: JsonObject) -> int | None:
    limit = count_at(body, "max_tokens")
    if limit is None and match.operation is Operation.CHAT:
        raise _bad("max_tokens", "must be a whole number; this format requires it")
    return limit


def _sampling(body: JsonObject) -> Sampling:
    if _SAMPLING.isdisjoint(body):
        return _NO_SAMPLING
    stops = body.get("stop_sequences")
    listed = stops if isinstance(stops, list) else []
    return Sampling(
        temperature=number_at(body, "temperature"),
        top_p=number_at(body, "top_p"),
        top_k=number_at(body, "top_k"),
        stop=tuple(item for item in listed if isinstance(item, str)),
    )


def _output(value: Json) -> OutputFormat | None:
    if not isinstance(value, dict) or value.get("type") != "json_schema":
        return None
    ext = as_ext(rest(value, _FORMAT))
    return OutputFormat(kind="schema", schema=value.get("schema"), ext=ext)


def _system(value: Json) -> tuple[Text, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (Text(text=value),)
    if not isinstance(value, list):
        raise _bad("system", f"must be a string or an array, not {kind_of(value)}")
    return tuple(_system_text(item, f"system[{number}]") for number, item in enumerate(value))


def _system_text(item: Json, where: str) -> Text:
    if isinstance(item, str):
        return Text(text=item)
    text = decode_text(item) if isinstance(item, dict) else None
    if text is None:
        raise _bad(where, "must be a text block")
    return text


def _messages(value: Json) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _bad("messages", "must be an array of at least one message")
    return tuple([_message(item, number) for number, item in enumerate(value)])


def _message(item: Json, number: int) -> Message:
    if not isinstance(item, dict):
        raise _bad(f"messages[{number}]", f"must be an object, not {kind_of(item)}")
    said = item.get("role")
    role = _ROLES.get(said) if isinstance(said, str) else None
    if role is None:
        raise _bad(f"messages[{number}].role", f"must be one of {', '.join(_ROLES)}")
    content = item.get("content")
    if isinstance(content, str):
        parts: tuple[Part, ...] = (Text(text=content, ext=NO_EXT),) if content else ()
    else:
        parts = _blocks(content, number)
        if role == "assistant" and len(parts) > 1:
            parts = bound(parts, NAME)
    ext = NO_EXT if len(item) == len(_MESSAGE) else as_ext(rest(item, _MESSAGE))
    return Message(role=role, parts=parts, ext=ext)


def _blocks(value: Json, number: int) -> tuple[Part, ...]:
    if not isinstance(value, list):
        where = f"messages[{number}].content"
        raise _bad(where, f"must be a string or an array of blocks, not {kind_of(value)}")
    return tuple([_block(item, number, place) for place, item in enumerate(value)])


def _block(item: Json, number: int, place: int) -> Part:
    if isinstance(item, dict):
        part = decode_block(item)
        if isinstance(part, Opaque):
            _check_opaque(item, f"messages[{number}].content[{place}]")
        return part
    if isinstance(item, str):
        return Text(text=item)
    where = f"messages[{number}].content[{place}]"
    raise _bad(where, f"must be a content block, not {kind_of(item)}")


def _check_opaque(item: JsonObject, where: str) -> None:
    """Raise `GatewayError(BAD_REQUEST)` for a block that is opaque only because it is wrong."""
    kind = text_at(item, "type")
    if kind is None:
        raise _bad(f"{where}.type", "must be a string")
    for key in _NEEDED.get(kind, ()):
        if text_at(item, key) is None:
            raise _bad(f"{where}.{key}", f"must be a string in a {kind} block")


def _bad(where: str, problem: str) -> GatewayError:
    return GatewayError(Kind.BAD_REQUEST, f"{where}: {problem}", where=where)
