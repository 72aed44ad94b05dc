"""Read and write the tool calls of an assistant's chat message."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Seal, ToolCall
from plexus.transforms.wire import Json, JsonObject, dump_text, object_at, text_at, try_parse

from .fields import (
    NAME,
    cache_control,
    is_own,
    marker,
    overlay,
    rest,
    take_cache,
    take_object,
    take_text,
)
from .seals import google_content, google_seal, restored

_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")
_NINE: Final = re.compile(r"[A-Za-z0-9]{9}")
_LONGEST_ID: Final = 40
_SKIP_SIGNATURE: Final = "skip_thought_signature_validator"


def minted_id(source: str, ordinal: int) -> str:
    """Return the id of a call that came without one: the same for a retry and a stream."""
    return f"call_{_digest(f'{source}\0{ordinal}')[:24]}"


def wire_id(id_: str, traits: Traits) -> str:
    """Return a call's id as a provider takes it; the same for the call and its result."""
    if traits.tool_id == "nine":  # Mistral
        return id_ if _NINE.fullmatch(id_) else _digest(id_)[:9]
    if (traits.tool_id == "any" and not traits.official) or _SAFE_ID.fullmatch(id_):
        return id_
    return f"{_UNSAFE.sub('_', id_)[: _LONGEST_ID - 9]}_{_digest(id_)[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def arguments_text(arguments: Json) -> str:
    """Return a call's arguments as text; some servers send the object itself."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else dump_text(arguments)


def decode_call(
    raw: JsonObject, fallback_id: str, sealed: Mapping[str, tuple[Seal, JsonObject]]
) -> ToolCall | None:
    """Read one of `tool_calls`; `None` if its type is unknown.

    `sealed` holds the seals that `reasoning_details` gave, by call id.
    """
    left = dict(raw)
    is_custom = left.get("type") == "custom"
    inner = dict(take_object(left, "custom" if is_custom else "function") or {})
    name = take_text(inner, "name")
    if name is None:
        return None
    arguments = arguments_text(inner.pop("input" if is_custom else "arguments", None))
    id_ = take_text(left, "id") or fallback_id
    left.pop("id", None)
    left.pop("type", None)
    seal, detail = sealed.get(id_, (google_seal(left), None))
    return ToolCall(
        id=id_,
        name=name,
        arguments=arguments,
        kind="custom" if is_custom else "function",
        seal=seal,
        cache=take_cache(left),
        ext={NAME: {"rest": left, "inner": inner, "detail": detail}},
    )


def decode_function_call(raw: JsonObject, id_: str) -> ToolCall | None:
    """Read the one call of the `function_call` of old."""
    name = text_at(raw, "name")
    if not name:
        return None
    return ToolCall(
        id=id_,
        name=name,
        arguments=arguments_text(raw.get("arguments")),
        ext={NAME: {"rest": {}, "legacy": True}},
    )


def is_legacy(call: ToolCall) -> bool:
    """Whether a call was made through `function_call`."""
    return marker(call.ext, "legacy") is True


def detail_of(call: ToolCall) -> list[tuple[int, JsonObject]]:
    """Return the `reasoning_details` entry that held a call's seal, with its place."""
    item = marker(call.ext, "detail")
    if not isinstance(item, dict) or call.seal is None:
        return []
    bones, place = object_at(item, "rest") or {}, item.get("at")
    at = place if isinstance(place, int) else 0
    return [(at, restored(bones, "", call.seal))]


def encode_call(call: ToolCall, *, id_: str, cache: bool) -> JsonObject:
    """Write a call, with its cache mark where the provider takes one."""
    inner: JsonObject = {"name": call.name}
    if call.kind == "custom":
        inner["input"] = call.arguments
    else:
        # Blank arguments are no JSON: clients and servers that parse them fail (wire-formats.md
        # §10, case 67).
        inner["arguments"] = call.arguments if call.arguments.strip() else "{}"
    known: JsonObject = {"id": id_, "type": call.kind, call.kind: inner}
    if cache and call.cache is not None:
        known["cache_control"] = cache_control(call.cache)
    if NAME not in call.ext:
        return known
    known[call.kind] = overlay(inner, object_at(call.ext[NAME], "inner") or {})
    return overlay(known, rest(call.ext))


def encode_function_call(call: ToolCall) -> JsonObject:
    """Write a call as `function_call`."""
    return {"name": call.name, "arguments": call.arguments or "{}"}


def client_seal(call: ToolCall) -> JsonObject:
    """Return what carries a foreign call's seal to a client: only Gemini seals calls."""
    if is_own(call.ext) or call.seal is None or call.seal.dialect != "gemini":
        return {}
    return {"extra_content": google_content(call.seal)}


def with_signature(first: JsonObject, traits: Traits, receipt: Receipt) -> JsonObject:
    """Return a turn's first call with a thought signature, where the provider demands one.

    Without its own it gets Google's documented word for a call that another model made
    (wire-formats.md §4.8).
    """
    demanded = traits.call_seals and traits.thought_signatures
    if not demanded or google_seal(first) is not None:
        return first
    receipt.invented("extra_content.google", "the call was not made by this model")
    skip = Seal(dialect="gemini", kind="thought", data=_SKIP_SIGNATURE)
    return {**first, "extra_content": google_content(skip)}


def as_function(call: ToolCall) -> ToolCall:
    """Return a custom call the way a provider without custom tools knows it (§7.4)."""
    wrapped = dump_text({"input": call.arguments})
    return ToolCall(id=call.id, name=call.name, arguments=wrapped, seal=call.seal, cache=call.cache)


def as_custom(call: ToolCall) -> ToolCall:
    """Undo `as_function`."""
    return ToolCall(
        id=call.id, name=call.name, arguments=unwrapped(call.arguments), kind="custom",
        seal=call.seal, cache=call.cache,
    )  # fmt: skip


def unwrapped(arguments: str) -> str:
    """Return the text of a custom call from its JSON wrapping; anything else stays as it is."""
    value = try_parse(arguments)
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else arguments
