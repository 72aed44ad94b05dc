"""How much a model may think: OpenAI's `reasoning_effort`, OpenRouter's `reasoning` object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import Json, JsonObject, bool_at, count_at, object_at, text_at

from .fields import NAME, own

_OFF: Final = frozenset({"none", "off", "disabled"})
_EFFORTS: Final[Mapping[str, str]] = {
    **{word: word for word in ("minimal", "low", "medium", "high", "xhigh", "max")},
    "maximum": "max",
}
# dataplane.md §5.8.4
_BUDGETS: Final = (("minimal", 1024), ("low", 2048), ("medium", 8192), ("high", 16384))
_FIELDS: Final = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")


def decode_reasoning(left: JsonObject) -> Reasoning | None:
    """Take what a request says about thinking, in whichever of the four ways it says it."""
    raw = {key: left[key] for key in _FIELDS if left.get(key) is not None}
    reasoning = _read(raw)
    if reasoning is not None:
        for key in raw:
            del left[key]
    return reasoning


def _read(raw: JsonObject) -> Reasoning | None:
    options = object_at(raw, "reasoning") or {}
    word = text_at(raw, "reasoning_effort") or text_at(options, "effort") or ""
    budget = count_at(options, "max_tokens")
    switch = _switch(raw, options)
    exclude = bool_at(options, "exclude")
    effort = _EFFORTS.get(word.lower())
    if not (word or options or switch is not None):
        return None
    off = word.lower() in _OFF or switch is False
    on = switch is True or effort is not None or budget is not None
    return Reasoning(
        mode="off" if off else "on" if on else None,
        effort=effort,
        budget=budget,
        summary=text_at(options, "summary"),
        show=None if exclude is None else not exclude,
        ext={NAME: raw},
    )


def _switch(raw: JsonObject, options: JsonObject) -> bool | None:
    kind = text_at(object_at(raw, "thinking") or {}, "type")  # DeepSeek, Z.ai
    for flag in (bool_at(options, "enabled"), bool_at(raw, "enable_thinking")):  # Qwen
        if flag is not None:
            return flag
    return None if kind is None else kind not in _OFF


def encode_reasoning(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> JsonObject:
    """Write the request fields about thinking, in the way that `traits.effort` names."""
    raw = own(reasoning.ext)
    spoken = [key for key in ("reasoning_effort", "reasoning") if key in raw]
    if raw and traits.effort is not None and (not spoken or traits.effort in spoken):
        return dict(raw)
    switches: JsonObject = {key: value for key, value in raw.items() if key not in spoken}
    if traits.effort is None:
        if not switches:
            receipt.dropped("reasoning", "this model cannot be told how much to think")
        return switches
    if traits.effort == "reasoning":
        return {**switches, **_as_object(reasoning)}
    return {**switches, **_as_effort(reasoning, traits, receipt)}


def _as_object(reasoning: Reasoning) -> JsonObject:
    body: JsonObject = {}
    if reasoning.mode == "off":
        body["enabled"] = False
    elif reasoning.budget is not None:
        body["max_tokens"] = reasoning.budget
    elif reasoning.effort is not None:
        body["effort"] = reasoning.effort
    elif reasoning.mode is not None:
        body["enabled"] = True
    if reasoning.show is False:
        body["exclude"] = True
    return {"reasoning": body} if body else {}


def _as_effort(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> JsonObject:
    word: Json = reasoning.effort
    if reasoning.mode == "off":
        word = "none"
    elif word is None and reasoning.budget is not None:
        word = effort_of(reasoning.budget)
        receipt.coerced("reasoning.budget", f"{reasoning.budget} tokens as effort {word}")
    elif word is None and reasoning.mode == "on":
        word = "medium"
        receipt.coerced("reasoning.mode", "thinking on as effort medium")
    elif word == "max" and not traits.official:
        word = "xhigh"
        receipt.coerced("reasoning.effort", "max as xhigh")
    return {} if word is None else {"reasoning_effort": word}


def effort_of(budget: int) -> str:
    """Return the effort that stands for a budget of thinking tokens."""
    if budget <= 0:
        return "none"
    return next((word for word, most in _BUDGETS if budget <= most), "xhigh")
