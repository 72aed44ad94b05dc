"""How much a model may think, both ways (dataplane.md §5.8.4)."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, own
from plexus.transforms.effort import effort_of, nearest
from plexus.transforms.ir import Reasoning
from plexus.transforms.wire import Json, JsonObject, rest, text_at

_OFF: Final = frozenset({"none", "off", "disabled"})
_SUMMARIES: Final = frozenset({"auto", "concise", "detailed"})


def decode_reasoning(raw: Json) -> Reasoning | None:
    """Return a request's `reasoning`; `None` if it has none."""
    if not isinstance(raw, dict):
        return None
    effort, summary = text_at(raw, "effort"), text_at(raw, "summary")
    known = {key for key, value in (("effort", effort), ("summary", summary)) if value is not None}
    kept = rest(raw, frozenset(known))
    off = effort in _OFF
    shown = summary is not None or text_at(raw, "generate_summary") is not None
    return Reasoning(
        mode="off" if off else None,
        effort=None if off else effort,
        summary=summary,
        show=True if shown else None,
        ext={NAME: kept},
    )


def encode_reasoning(
    reasoning: Reasoning | None, traits: Traits, receipt: Receipt
) -> JsonObject | None:
    """Return the `reasoning` of a request; `None` leaves it to the model.

    A budget is said as the effort nearest to it, thinking that is merely on as medium. Adaptive
    thinking has no effort of its own (dataplane.md, appendix A: it invents none).
    """
    if reasoning is None:
        return None
    if traits.effort is None:
        receipt.dropped("reasoning", "the model does not take it")
        return None
    written: JsonObject = {**own(reasoning.ext)}
    if (effort := _effort(reasoning, traits, receipt)) is not None:
        written["effort"] = effort
    if reasoning.summary is not None:
        written["summary"] = reasoning.summary if reasoning.summary in _SUMMARIES else "auto"
    elif reasoning.show is True and effort != "none" and "generate_summary" not in written:
        written["summary"] = "auto"
    return written or None


def _effort(reasoning: Reasoning, traits: Traits, receipt: Receipt) -> str | None:
    effort = _said(reasoning, receipt)
    if effort is None or is_own(reasoning.ext):
        return effort
    known = effort
    if traits.efforts:
        known = nearest(effort, traits.efforts)
    elif effort == "max" and not traits.official:
        known = "xhigh"
    if known != effort:
        receipt.coerced("reasoning.effort", f"{effort} as {known}")
    return known


def _said(reasoning: Reasoning, receipt: Receipt) -> str | None:
    budget = reasoning.budget
    if reasoning.mode == "off":
        return "none"
    if reasoning.effort is not None:
        return reasoning.effort
    if budget is not None and budget >= 0:
        receipt.coerced("reasoning.budget", f"{budget} tokens as an effort")
        return effort_of(budget)
    if reasoning.mode == "on" and not is_own(reasoning.ext):
        receipt.coerced("reasoning.mode", "thinking on as effort medium")
        return "medium"
    return None


def is_on(reasoning: Reasoning | None) -> bool:
    """Whether the client asked the model to think."""
    if reasoning is None or reasoning.mode == "off":
        return False
    said = (reasoning.mode, reasoning.effort, reasoning.budget, reasoning.summary)
    return any(word is not None for word in said)
