"""How much a model may think, in the request field that its provider reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.effort import effort_of, nearest
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import JsonObject, bool_at, count_at, object_at, text_at

from .fields import NAME, own

_OFF: Final = frozenset({"none", "off", "disabled"})
_EFFORTS: Final[Mapping[str, str]] = {
    **{word: word for word in ("minimal", "low", "medium", "high", "xhigh", "max")},
    "maximum": "max",
}
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
    if traits.effort != "reasoning" and (reasoning.show or reasoning.summary):
        receipt.coerced("reasoning.summary", "the provider shows its thoughts or does not")
    return {**_WRITERS[traits.effort](reasoning, traits, receipt), **switches}


def can_rest(traits: Traits) -> bool:
    """Whether a model can be told not to think at all."""
    if traits.effort in (None, "reasoning_effort"):
        return traits.efforts is not None and "none" in traits.efforts
    return True


def _as_object(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> JsonObject:
    on = _is_wanted(reasoning)
    body: JsonObject = {}
    if not on or traits.efforts == ():
        body |= {} if on is None else {"enabled": on}
        _note_degrees(reasoning, receipt)
    elif reasoning.budget is not None:
        body["max_tokens"] = reasoning.budget
    elif reasoning.effort is not None:
        body["effort"] = _known(reasoning.effort, traits, receipt)
    else:
        body["enabled"] = True
    if reasoning.show is False:
        body["exclude"] = True
    return {"reasoning": body} if body else {}


def _as_word(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> JsonObject:
    word = _word(reasoning, traits, receipt)
    if word is None and reasoning.mode == "on":
        receipt.coerced("reasoning.mode", "thinking on as effort medium")
        word = _known("medium", traits, receipt)
    return {} if word is None else {"reasoning_effort": word}


def _as_thinking(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> JsonObject:
    on = _is_wanted(reasoning)
    if on is None:
        return {}
    body: JsonObject = {"thinking": {"type": "enabled" if on else "disabled"}}
    if not (on and traits.efforts):
        _note_degrees(reasoning, receipt)
    elif (word := _word(reasoning, traits, receipt)) is not None:
        body["reasoning_effort"] = word
    return body


def _as_flag(reasoning: Reasoning, _traits: Traits, receipt: Receipt) -> JsonObject:
    on = _is_wanted(reasoning)
    if on is None:
        return {}
    if on and reasoning.budget is not None:
        return {"enable_thinking": True, "thinking_budget": reasoning.budget}
    _note_degrees(reasoning, receipt)
    return {"enable_thinking": on}


def _as_template(reasoning: Reasoning, _traits: Traits, receipt: Receipt) -> JsonObject:
    on = _is_wanted(reasoning)
    _note_degrees(reasoning, receipt)
    # Chat templates read either word, and ignore what they do not read.
    return {} if on is None else {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}


_WRITERS: Final[Mapping[str, Callable[[Reasoning, Traits, Receipt], JsonObject]]] = {
    "reasoning_effort": _as_word,
    "reasoning": _as_object,
    "thinking": _as_thinking,
    "enable_thinking": _as_flag,
    "chat_template_kwargs": _as_template,
}


def _is_wanted(reasoning: Reasoning) -> bool | None:
    """Whether thinking is wanted; `None` if nothing is said."""
    if reasoning.mode == "off":
        return False
    said = (reasoning.mode, reasoning.effort, reasoning.budget)
    return True if any(word is not None for word in said) else None


def _note_degrees(reasoning: Reasoning, receipt: Receipt) -> None:
    if reasoning.mode == "off":
        return
    for field, value in (("effort", reasoning.effort), ("budget", reasoning.budget)):
        if value is not None:
            receipt.coerced(f"reasoning.{field}", "thinking on: this model knows no degrees")


def _word(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> str | None:
    if reasoning.mode == "off":
        return _known("none", traits, receipt)
    if reasoning.effort is not None:
        return _known(reasoning.effort, traits, receipt)
    if reasoning.budget is None:
        return None
    word = effort_of(reasoning.budget)
    receipt.coerced("reasoning.budget", f"{reasoning.budget} tokens as effort {word}")
    return _known(word, traits, receipt)


def _known(word: str, traits: Traits, receipt: Receipt) -> str:
    """Return the provider's word for an effort; not every compatible server knows `max`."""
    if traits.efforts:
        known = nearest(word, traits.efforts)
    elif word == "max" and traits.effort == "reasoning_effort" and not traits.official:
        known = "xhigh"
    else:
        known = word
    if known != word:
        receipt.coerced("reasoning.effort", f"{word} as {known}")
    return known
