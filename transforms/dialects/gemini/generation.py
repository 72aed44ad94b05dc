"""Translate generationConfig: sampling, limits and the shape of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.keys import mark, own
from plexus.transforms.ir import ChatRequest, OutputFormat, Sampling
from plexus.transforms.schema import for_gemini, lowercase_types
from plexus.transforms.wire import (
    Json,
    JsonObject,
    bool_at,
    count_at,
    number_at,
    text_at,
    texts_at,
)

_MAX_STOPS: Final = 5
_INT32: Final = 0x7FFF_FFFF
_JSON: Final = "application/json"
_SHAPE: Final = ("responseMimeType", "responseJsonSchema", "responseSchema")
_SCHEMAS: Final = ("responseJsonSchema", "responseSchema")

_NUMBERS: Final = frozenset(
    {
        "temperature",
        "topP",
        "topK",
        "seed",
        "frequencyPenalty",
        "presencePenalty",
    }
)
_COUNTS: Final = frozenset({"candidateCount", "maxOutputTokens"})
_ELSEWHERE: Final = frozenset({"thinkingConfig", "stopSequences", *_SHAPE})


def leftovers(config: JsonObject) -> JsonObject:
    """Return what no other function of this file reads from a generationConfig (camelCase)."""
    ask_probabilities = _logprobs(config) is not None
    return {
        key: value
        for key, value in config.items()
        if value is not None
        and key not in _ELSEWHERE
        and not (key in _NUMBERS and number_at(config, key) is not None)
        and not (key in _COUNTS and count_at(config, key) is not None)
        and not (key in {"responseLogprobs", "logprobs"} and ask_probabilities)
    }


def decode_sampling(config: JsonObject) -> Sampling:
    """Read how tokens are drawn from a generationConfig (camelCase)."""
    return Sampling(
        temperature=number_at(config, "temperature"),
        top_p=number_at(config, "topP"),
        top_k=number_at(config, "topK"),
        seed=_integer(config, "seed"),
        stop=tuple(texts_at(config, "stopSequences")),
        frequency_penalty=number_at(config, "frequencyPenalty"),
        presence_penalty=number_at(config, "presencePenalty"),
        logprobs=_logprobs(config),
        n=count_at(config, "candidateCount"),
    )


def _integer(config: JsonObject, key: str) -> int | None:
    value = number_at(config, key)
    return None if value is None else int(value)


def _logprobs(config: JsonObject) -> int | None:
    if bool_at(config, "responseLogprobs") is not True:
        return None
    return count_at(config, "logprobs") or 0


def decode_output(config: JsonObject) -> OutputFormat | None:
    """Read the answer's shape; an enum as bare text (text/x.enum) stays Gemini's own affair."""
    mime = text_at(config, "responseMimeType")
    given = [key for key in _SCHEMAS if config.get(key) is not None]
    if mime is None and not given:
        return None
    ext = mark({key: config[key] for key in _SHAPE if key in config})
    if mime not in {None, _JSON}:
        return OutputFormat(kind="text", ext=ext)
    if not given:
        return OutputFormat(kind="json", ext=ext)
    return OutputFormat(kind="schema", schema=lowercase_types(config[given[0]]), ext=ext)


def encode_generation(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    """Write a generationConfig without its thinkingConfig; noted is what Gemini cannot do."""
    sampling = _allowed(request.sampling, traits, receipt)
    values: Mapping[str, Json] = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "candidateCount": sampling.n,
        "maxOutputTokens": request.max_output,
        "stopSequences": _stops(sampling.stop, receipt),
        "seed": _seed(sampling.seed, receipt),
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "responseLogprobs": None if sampling.logprobs is None else True,
        "logprobs": sampling.logprobs or None,
    }
    if sampling.logit_bias:
        receipt.dropped("sampling.logit_bias", "Gemini has none")
    config = {key: value for key, value in values.items() if value is not None}
    return config | _shape(request.output, traits, receipt)


def _allowed(sampling: Sampling, traits: Traits, receipt: Receipt) -> Sampling:
    drawn = (sampling.temperature, sampling.top_p, sampling.top_k)
    if traits.sampling or drawn == (None, None, None):
        return sampling
    receipt.dropped("sampling", "this model draws its tokens as it likes")
    return replace(sampling, temperature=None, top_p=None, top_k=None)


def _stops(stop: tuple[str, ...], receipt: Receipt) -> list[Json] | None:
    sequences = [text for text in stop if text]
    if len(sequences) > _MAX_STOPS:
        receipt.dropped("sampling.stop", f"Gemini takes {_MAX_STOPS}, not {len(sequences)}")
    return [*sequences[:_MAX_STOPS]] or None


def _seed(seed: int | None, receipt: Receipt) -> int | None:
    if seed is None or -_INT32 <= seed <= _INT32:
        return seed
    receipt.coerced("sampling.seed", "folded to 31 bits")
    return seed & _INT32


def _shape(output: OutputFormat | None, traits: Traits, receipt: Receipt) -> JsonObject:
    if output is None:
        return {}
    kept = {key: value for key, value in own(output.ext).items() if key in _SHAPE}
    if not traits.json_schema:
        kept.pop("responseJsonSchema", None)
    match output.kind:
        case "text":
            return kept
        case "json":
            return {"responseMimeType": _JSON} | kept
        case "schema" if any(key in kept for key in _SCHEMAS):
            return kept
        case "schema" if not traits.structured_output:
            receipt.dropped("output.schema", "this model takes no schema: the answer is any JSON")
            return {"responseMimeType": _JSON}
        case "schema":
            for name in ("name", "description"):
                if getattr(output, name) is not None:
                    receipt.coerced(f"output.{name}", "the schema stands without it")
            return {"responseMimeType": _JSON, **_schema(output, traits, receipt)}


def _schema(output: OutputFormat, traits: Traits, receipt: Receipt) -> JsonObject:
    if traits.json_schema:
        return {"responseJsonSchema": output.schema}
    return {"responseSchema": for_gemini(output.schema, receipt, "output.schema")}
