"""Read and write sampling, the answer's shape and the hints that only some providers take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import ChatRequest, OutputFormat, Sampling
from plexus.transforms.wire import JsonObject, bool_at, object_at, text_at

from .fields import (
    NAME,
    is_own,
    marker,
    overlay,
    rest,
    take_bool,
    take_int,
    take_number,
    take_object,
    take_text,
)

_MOST_STOPS: Final = 4  # OpenAI refuses more
_TIERS: Final[Mapping[str, str]] = {
    **{tier: tier for tier in ("auto", "default", "flex", "priority", "scale", "fast")},
    "standard_only": "default",  # Anthropic
    "standard": "default",
}
_NO_SAMPLING: Final = Sampling()
_NO_HINTS: Final = (None, None, None, None)
_USUAL_TIERS: Final = (None, "auto", "default")  # what a provider does unasked


def decode_sampling(left: JsonObject) -> Sampling:
    """Take the sampling fields."""
    return Sampling(
        temperature=take_number(left, "temperature"),
        top_p=take_number(left, "top_p"),
        top_k=take_number(left, "top_k"),
        seed=take_int(left, "seed"),
        stop=_take_stop(left),
        frequency_penalty=take_number(left, "frequency_penalty"),
        presence_penalty=take_number(left, "presence_penalty"),
        logit_bias=take_object(left, "logit_bias"),
        logprobs=_take_logprobs(left),
        n=take_int(left, "n"),
    )


def _take_stop(left: JsonObject) -> tuple[str, ...]:
    value = left.get("stop")
    if isinstance(value, str):
        del left["stop"]
        return (value,)
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if not texts or not isinstance(value, list) or len(texts) != len(value):
        return ()
    del left["stop"]
    return tuple(texts)


def _take_logprobs(left: JsonObject) -> int | None:
    if bool_at(left, "logprobs") is not True:
        return None
    del left["logprobs"]
    return take_int(left, "top_logprobs") or 0


def encode_sampling(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    """Write the sampling fields."""
    sampling = request.sampling
    if sampling == _NO_SAMPLING:
        return {}
    body = _said(
        {
            "seed": sampling.seed,
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
            "logit_bias": sampling.logit_bias,
        }
    )
    body |= _randomness(request, traits, receipt)
    if sampling.n is not None and (sampling.n != 1 or is_own(request.ext)):
        body["n"] = sampling.n
    if sampling.stop:
        body["stop"] = list(_stops(sampling.stop, traits, receipt))
    if sampling.logprobs is not None:
        body["logprobs"] = True
        if sampling.logprobs:
            body["top_logprobs"] = sampling.logprobs
    return body


def _randomness(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    sampling = request.sampling
    fields = _said(
        {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,  # unknown to OpenAI; some others refuse it
        }
    )
    refused = set(fields) if not traits.sampling else {"top_k"}
    if traits.sampling and is_own(request.ext) and not traits.official:
        refused = set()
    for name in sorted(refused & fields.keys()):
        receipt.dropped(f"sampling.{name}")
        del fields[name]
    return fields


def _said(fields: JsonObject) -> JsonObject:
    return {key: value for key, value in fields.items() if value is not None}


def _stops(stops: tuple[str, ...], traits: Traits, receipt: Receipt) -> tuple[str, ...]:
    if not traits.official or len(stops) <= _MOST_STOPS:
        return stops
    receipt.dropped(f"sampling.stop[{_MOST_STOPS}:]", f"OpenAI takes {_MOST_STOPS}")
    return stops[:_MOST_STOPS]


def decode_output(left: JsonObject) -> OutputFormat | None:
    """Take `response_format`; one of an unknown type stays where it is."""
    raw = object_at(left, "response_format") or {}
    inner = dict(raw)
    match inner.pop("type", None):
        case "text":
            output = OutputFormat(kind="text", ext={NAME: {"rest": inner}})
        case "json_object":
            output = OutputFormat(kind="json", ext={NAME: {"rest": inner}})
        case "json_schema" if isinstance(inner.get("json_schema"), dict):
            output = _schema(inner)
        case _:
            return None
    del left["response_format"]
    return output


def _schema(outer: JsonObject) -> OutputFormat:
    inner = dict(take_object(outer, "json_schema") or {})
    schema = inner.get("schema")
    if schema is not None:
        del inner["schema"]
    return OutputFormat(
        kind="schema",
        schema=schema,
        name=take_text(inner, "name"),
        description=take_text(inner, "description"),
        strict=take_bool(inner, "strict"),
        ext={NAME: {"rest": outer, "inner": inner}},
    )


def encode_output(output: OutputFormat, traits: Traits, receipt: Receipt) -> JsonObject:
    """Write `response_format`. Without native schemas it is JSON mode: see `format_prompt`."""
    if output.kind == "text":
        body: JsonObject = {"type": "text"}
    elif output.kind == "json" or not traits.structured_output:
        body = {"type": "json_object"}
        if output.kind == "schema":
            receipt.coerced("output.schema", "JSON mode, with the schema in the prompt")
    else:
        body = {"type": "json_schema", "json_schema": _schema_body(output, receipt)}
    return {"response_format": overlay(body, rest(output.ext))}


def _schema_body(output: OutputFormat, receipt: Receipt) -> JsonObject:
    name = output.name
    if not name and not is_own(output.ext):
        name = "response_schema"
        receipt.invented("output.name", f"{name!r}; this format wants a name")
    body = _said(
        {
            "name": name or None,
            "description": output.description,
            "schema": output.schema,
            "strict": output.strict,
        }
    )
    inner = marker(output.ext, "inner")
    return overlay(body, inner if isinstance(inner, dict) else {})


def decode_user(left: JsonObject) -> str | None:
    """Take `user`; its successor `safety_identifier` is read but stays."""
    return take_text(left, "user") or text_at(left, "safety_identifier")


def encode_hints(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    """Write what OpenAI knows and its imitators may refuse: to it, or for a client of this dialect.

    A messages client's `user_id` is not forwarded: other providers refuse its form
    (wire-formats.md §10, case 75).
    """
    if (request.verbosity, request.cache_key, request.tier, request.user) == _NO_HINTS:
        return {}
    own = is_own(request.ext)
    body: JsonObject = {}
    for path, key, value, portable in _hints(request, own=own):
        if value is not None and (own or (traits.official and portable)):
            body[key] = value
        elif value is not None and key != "service_tier":
            receipt.dropped(path)
    if own and body.get("user") == request.ext[NAME].get("safety_identifier"):
        body.pop("user", None)
    if request.tier not in _USUAL_TIERS and "service_tier" not in body:
        receipt.dropped("tier", f"{request.tier}")
    return body


def _hints(request: ChatRequest, *, own: bool) -> tuple[tuple[str, str, str | None, bool], ...]:
    tier = request.tier if own else _TIERS.get((request.tier or "").lower())
    return (
        ("verbosity", "verbosity", request.verbosity, True),
        ("cache_key", "prompt_cache_key", request.cache_key, True),
        ("tier", "service_tier", tier, True),
        ("user", "user", request.user, "responses" in request.ext),
    )
