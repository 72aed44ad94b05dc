"""How much the model may think: `thinking` and `output_config.effort`, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.identity import NAME
from plexus.transforms.dialects.anthropic.turns import Turn, needs_thinking
from plexus.transforms.effort import nearest
from plexus.transforms.ir import ChatRequest, Reasoning
from plexus.transforms.wire import Json, JsonObject, count_at, text_at

FALLBACK_OUTPUT: Final = 4096  # max_tokens where nobody says anything (dataplane.md §5.4)
LEAST_BUDGET: Final = 1024

type _Mode = Literal["off", "on", "adaptive"]
_MODES: Final[Mapping[str, _Mode]] = {
    "enabled": "on",
    "between_tools": "on",
    "adaptive": "adaptive",
    "disabled": "off",
}
# wire-formats.md §7.5
_BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 24576,
    "max": 32000,
    "maximum": 32000,
}
_EFFORTS: Final[Mapping[str, str]] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
    "maximum": "max",
}
_UP_TO: Final = ((4096, "low"), (12000, "medium"), (24000, "high"))
_OFF: Final = frozenset({"none", "off", "disabled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """What a request says about thinking, and the token limit that goes with it."""

    max_tokens: int
    thinking: JsonObject | None = None
    effort: str | None = None

    @property
    def active(self) -> bool:
        """Whether the model is told to think."""
        return self.thinking is not None and self.thinking.get("type") != "disabled"


def decode_reasoning(thinking: Json, effort: str | None) -> Reasoning | None:
    """Read `thinking` and the effort; `ext` keeps the former, to be written back as it was."""
    if not isinstance(thinking, dict):
        return None if effort is None else Reasoning(effort=effort, ext={NAME: {}})
    mode = _MODES.get(text_at(thinking, "type") or "")
    shown = text_at(thinking, "display") != "omitted"
    return Reasoning(
        mode=mode,
        effort=effort,
        budget=count_at(thinking, "budget_tokens"),
        show=shown if mode in ("on", "adaptive") else None,
        ext={NAME: {"thinking": thinking}},
    )


def encode_reasoning(
    request: ChatRequest, turns: list[Turn], traits: Traits, receipt: Receipt, *, forced: bool
) -> Thought:
    """Write how the model may think; `forced` says that it must call a tool."""
    reasoning = request.reasoning
    limit = _limit(request, traits, receipt)
    if reasoning is None:
        return Thought(max_tokens=limit)
    if traits.thinking is None:
        if reasoning.mode != "off" and reasoning.effort not in _OFF:
            receipt.dropped("reasoning", "the provider's model has no thinking to set")
        return Thought(max_tokens=limit)
    if NAME in reasoning.ext:
        return _native(reasoning, limit, turns, receipt)
    thought = _foreign(request, reasoning, limit, traits, receipt)
    if thought.active and forced:
        receipt.coerced("reasoning", "off, for a tool call is forced")
        return Thought(max_tokens=limit)
    return _unless_impossible(thought, limit, turns, receipt)


def _limit(request: ChatRequest, traits: Traits, receipt: Receipt) -> int:
    if request.max_output is not None:
        return request.max_output
    limit = FALLBACK_OUTPUT if traits.max_output is None else traits.max_output
    receipt.invented("max_output", f"max_tokens {limit}")
    return limit


def _native(reasoning: Reasoning, limit: int, turns: list[Turn], receipt: Receipt) -> Thought:
    raw = reasoning.ext[NAME].get("thinking")
    thinking = raw if isinstance(raw, dict) else None
    thought = Thought(max_tokens=limit, thinking=thinking, effort=reasoning.effort)
    return _unless_impossible(thought, limit, turns, receipt)


def _unless_impossible(
    thought: Thought, limit: int, turns: list[Turn], receipt: Receipt
) -> Thought:
    budgeted = thought.thinking is not None and thought.thinking.get("type") == "enabled"
    if not budgeted or not needs_thinking(turns):
        return thought
    receipt.coerced("reasoning", "off, for the last turn to go on with has no signed thinking")
    return Thought(max_tokens=limit, effort=thought.effort)


def _foreign(
    request: ChatRequest, reasoning: Reasoning, limit: int, traits: Traits, receipt: Receipt
) -> Thought:
    effort = reasoning.effort.lower() if reasoning.effort else None
    if reasoning.mode == "off" or effort in _OFF or (effort is None and reasoning.budget == 0):
        return _off(limit, traits, receipt)
    if effort is not None and effort not in _EFFORTS:
        receipt.dropped("reasoning.effort", f"{effort!r} is no effort we know")
        effort = None
    if effort is None and reasoning.budget is None and reasoning.mode is None:
        return Thought(max_tokens=limit)
    if traits.thinking == "adaptive":
        return _adaptive(reasoning, effort, limit, traits, receipt)
    return _budgeted(request, reasoning, effort, limit, receipt)


def _off(limit: int, traits: Traits, receipt: Receipt) -> Thought:
    if traits.efforts is None or "none" in traits.efforts:
        return Thought(max_tokens=limit, thinking={"type": "disabled"})
    receipt.coerced("reasoning", "as little as can be: this model always thinks")
    return Thought(max_tokens=limit, effort=next(iter(traits.efforts), None))


def _adaptive(
    reasoning: Reasoning, effort: str | None, limit: int, traits: Traits, receipt: Receipt
) -> Thought:
    thinking: JsonObject = {"type": "adaptive", **_display(reasoning)}
    if effort is not None:
        word = _EFFORTS[effort]
    elif reasoning.budget is not None:
        word = next((word for most, word in _UP_TO if reasoning.budget <= most), "xhigh")
    else:
        return Thought(max_tokens=limit, thinking=thinking)
    known = nearest(word, traits.efforts) if traits.efforts else word
    if known != word:
        receipt.coerced("reasoning.effort", f"{word} as {known}")
    return Thought(max_tokens=limit, thinking=thinking, effort=known)


def _display(reasoning: Reasoning) -> JsonObject:
    # Adaptive models leave thoughts out unless asked for them.
    if reasoning.show is None and reasoning.summary is None:
        return {}
    return {"display": "omitted" if reasoning.show is False else "summarized"}


def _budgeted(
    request: ChatRequest, reasoning: Reasoning, effort: str | None, limit: int, receipt: Receipt
) -> Thought:
    wanted, said = reasoning.budget, "reasoning.budget"
    if wanted is None:
        default = "high" if reasoning.mode == "adaptive" else "medium"
        wanted, said = _BUDGETS[effort or default], "reasoning.effort"
    budget, limit = _fit(max(wanted, LEAST_BUDGET), limit, chosen=request.max_output is not None)
    if budget != wanted:
        receipt.coerced(said, f"{budget} tokens")
    if request.max_output is not None and limit != request.max_output:
        receipt.coerced("max_output", f"{limit}, for thinking counts into it")
    thinking: JsonObject = {"type": "enabled", "budget_tokens": budget}
    if reasoning.show is False:
        thinking["display"] = "omitted"
    return Thought(max_tokens=limit, thinking=thinking)


def _fit(budget: int, limit: int, *, chosen: bool) -> tuple[int, int]:
    """Return a budget and a `max_tokens` above it; a limit that the client chose gives way last."""
    if budget < limit:
        return budget, limit
    if chosen and limit > LEAST_BUDGET:
        return limit - 1, limit
    if chosen:
        return LEAST_BUDGET, LEAST_BUDGET + max(limit, 1)
    return budget, budget + FALLBACK_OUTPUT
