"""How tokens are drawn: what Anthropic takes of it."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Sampling
from plexus.transforms.wire import JsonObject

HOTTEST: Final = 1.0  # temperature; other formats go up to 2
_LEAST_TOP_P: Final = 0.95  # with thinking on (Anthropic docs, extended thinking)


def encode_sampling(
    sampling: Sampling, traits: Traits, receipt: Receipt, *, native: bool, thinking: bool
) -> JsonObject:
    """Write the sampling fields; those of a native request stay as they are."""
    written: JsonObject = {}
    if sampling.temperature is not None:
        written["temperature"] = sampling.temperature
    if sampling.top_p is not None:
        written["top_p"] = sampling.top_p
    if sampling.top_k is not None:
        written["top_k"] = sampling.top_k
    if not native:
        _adapt(written, receipt, thinking=thinking)
    if not traits.sampling:
        _drop_all(written, receipt)
    stops = [stop for stop in sampling.stop if stop.strip()]
    if len(stops) < len(sampling.stop):
        receipt.dropped("sampling.stop", "Anthropic takes no blank stop sequences")
    if stops:
        written["stop_sequences"] = [*stops]
    _note_unknown(sampling, receipt)
    return written


def _adapt(written: JsonObject, receipt: Receipt, *, thinking: bool) -> None:
    temperature = written.get("temperature")
    if isinstance(temperature, int | float) and temperature > HOTTEST:
        receipt.coerced("sampling.temperature", f"{temperature} becomes {HOTTEST}")
        written["temperature"] = HOTTEST
    if thinking:
        _drop(written, "top_k", "not with thinking on", receipt)
        if written.get("temperature") != HOTTEST:
            _drop(written, "temperature", "not with thinking on", receipt)
    top_p = written.get("top_p")
    if thinking and isinstance(top_p, int | float) and top_p < _LEAST_TOP_P:
        _drop(written, "top_p", f"below {_LEAST_TOP_P} not with thinking on", receipt)
    if "temperature" in written:
        _drop(written, "top_p", "current models take one of temperature and top_p", receipt)


def _drop_all(written: JsonObject, receipt: Receipt) -> None:
    for field in list(written):
        _drop(written, field, "the model takes no sampling parameters", receipt)


def _drop(written: JsonObject, field: str, why: str, receipt: Receipt) -> None:
    if written.pop(field, None) is not None:
        receipt.dropped(f"sampling.{field}", why)


def _note_unknown(sampling: Sampling, receipt: Receipt) -> None:
    unknown = {
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "logit_bias": sampling.logit_bias,
        "logprobs": sampling.logprobs,
    }
    for field, value in unknown.items():
        if value is not None:
            receipt.dropped(f"sampling.{field}", "Anthropic has no such parameter")
    if sampling.n is not None and sampling.n > 1:
        receipt.dropped("sampling.n", "Anthropic gives one answer per call")
