"""Translate how much a model may think: Gemini 2.5 has a budget, Gemini 3 a level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.keys import camel, is_own, mark, own
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import JsonObject, bool_at, number_at, text_at

_DYNAMIC: Final = -1  # thinkingBudget: as much as the model sees fit
_EFFORTS: Final = frozenset({"minimal", "low", "medium", "high", "xhigh"})

# wire-formats.md §7.5
_BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 512,
    "low": 1024,
    "medium": 8192,
    "high": 24_576,
    "xhigh": 32_768,
    "max": 32_768,
}
_LEVELS: Final[Mapping[str, str]] = {
    "minimal": "MINIMAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "xhigh": "HIGH",  # not every model knows XHIGH
    "max": "HIGH",
}
_EFFORT_OF_BUDGET: Final = ((1024, "minimal"), (4096, "low"), (12_000, "medium"))
_OFF: Final = frozenset({"none", "off", "disabled"})


@dataclass(frozen=True, slots=True)
class _Range:
    """What thinkingBudget may be, in tokens; `off`: whether 0 is taken too."""

    low: int
    high: int
    off: bool = True


# ai.google.dev, thinking: the ranges of 2.5 Pro, Flash-Lite and Flash.
_RANGES: Final = (
    ("-pro", _Range(128, 32_768, off=False)),
    ("-lite", _Range(512, 24_576)),
    ("", _Range(1, 24_576)),
)
# Levels that a family lacks, and the nearest that it has.
_MISSING_LEVELS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("gemini-3-pro", {"MINIMAL": "LOW", "MEDIUM": "HIGH"}),
    ("-pro", {"MINIMAL": "LOW"}),
    ("", {}),
)


def decode_thinking(config: JsonObject) -> Reasoning:
    """Read a thinkingConfig in either spelling; the original comes back on the way to Gemini."""
    fields = camel(config)
    budget = number_at(fields, "thinkingBudget")
    level = (text_at(fields, "thinkingLevel") or "").lower()
    show = bool_at(fields, "includeThoughts")
    ext = mark({"thinkingConfig": fields})
    if budget == 0:
        return Reasoning(mode="off", budget=0, show=show, ext=ext)
    if budget is not None and budget < 0:
        return Reasoning(mode="adaptive", show=show, ext=ext)
    effort = level if level in _EFFORTS else None
    return Reasoning(
        mode="on" if budget is not None or effort is not None else None,
        effort=effort,
        budget=None if budget is None else int(budget),
        show=show,
        ext=ext,
    )


def encode_thinking(
    reasoning: Reasoning | None, model: str, traits: Traits, receipt: Receipt
) -> JsonObject | None:
    """Return the thinkingConfig, or `None` if there is nothing to say.

    A Gemini client's own config goes back as it came. Budgets and levels that a model family lacks
    are moved to the nearest that it has, and noted.
    """
    if reasoning is None:
        return None
    if traits.thinking is None:
        receipt.dropped("reasoning", "this model does not think")
        return None
    if is_own(reasoning.ext) and isinstance(kept := own(reasoning.ext).get("thinkingConfig"), dict):
        return kept
    config: JsonObject = {}
    effort = _effort(reasoning)
    if traits.thinking == "level":
        _level(config, reasoning, effort, model, receipt)
    else:
        _budget(config, reasoning, effort, model, receipt)
    is_on = bool(config) or reasoning.mode in {"on", "adaptive"}
    if effort != "off" and (show := _shows(reasoning, is_on=is_on)) is not None:
        config["includeThoughts"] = show
    return config or None


def _effort(reasoning: Reasoning) -> str | None:
    if reasoning.mode == "off" or reasoning.effort in _OFF or reasoning.budget == 0:
        return "off"
    return reasoning.effort if reasoning.effort in _BUDGETS else None


def _shows(reasoning: Reasoning, *, is_on: bool) -> bool | None:
    if reasoning.show is not None:
        return reasoning.show
    return True if is_on or reasoning.summary not in {None, "none"} else None


def _budget(
    config: JsonObject, reasoning: Reasoning, effort: str | None, model: str, receipt: Receipt
) -> None:
    limits = _for_model(_RANGES, model)
    if effort == "off":
        config["thinkingBudget"] = 0 if limits.off else limits.low
        if not limits.off:
            receipt.coerced("reasoning", f"{model} always thinks, at least {limits.low} tokens")
        return
    wanted = reasoning.budget if reasoning.budget is not None else _BUDGETS.get(effort or "")
    if wanted is None:
        if reasoning.mode is not None:
            config["thinkingBudget"] = _DYNAMIC
        return
    tokens = min(max(wanted, limits.low), limits.high)
    if tokens != wanted and reasoning.budget is not None:
        receipt.coerced("reasoning.budget", f"{tokens} tokens are the nearest {model} takes")
    config["thinkingBudget"] = tokens


def _level(
    config: JsonObject, reasoning: Reasoning, effort: str | None, model: str, receipt: Receipt
) -> None:
    missing = _for_model(_MISSING_LEVELS, model)
    if effort == "off":
        level = missing.get("MINIMAL", "MINIMAL")
        receipt.coerced("reasoning", f"{model} always thinks: level {level}")
        config["thinkingLevel"] = level
        return
    if effort is None and reasoning.budget is not None:
        effort = _effort_of_budget(reasoning.budget)
        receipt.coerced("reasoning.budget", f"as effort {effort}")
    if effort is None:
        return
    wanted = _LEVELS[effort]
    level = missing.get(wanted, wanted)
    if level.lower() != effort:
        receipt.coerced("reasoning.effort", f"as level {level}")
    config["thinkingLevel"] = level


def _effort_of_budget(tokens: int) -> str:
    return next((effort for limit, effort in _EFFORT_OF_BUDGET if tokens <= limit), "high")


def _for_model[T](table: tuple[tuple[str, T], ...], model: str) -> T:
    name = model.rpartition("/")[2]
    return next(value for part, value in table if part in name)
