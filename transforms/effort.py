"""How hard a model may think, in words and in tokens: one table for whoever needs the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

LADDER: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")  # weakest first

# Tokens that stand for a word (dataplane.md §5.8.4).
BUDGETS: Final[Mapping[str, int]] = {
    "none": 0,
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 32768,
}
_STEPS: Final = tuple(BUDGETS.items())[:-1]  # whatever is above the last is the strongest word


def effort_of(budget: int) -> str:
    """Return the effort that stands for a budget of thinking tokens."""
    return next((word for word, most in _STEPS if budget <= most), "xhigh")


def nearest(effort: str, known: Sequence[str]) -> str:
    """Return the word of `known`, which is not empty, that is nearest to `effort`.

    Between two that are equally near it is the stronger one. Thinking that is wanted is never
    turned into none; where none is wanted but impossible, it is the weakest (dataplane.md §5.9).
    """
    if effort in known:
        return effort
    thinking = [word for word in known if word != "none"] or [*known]
    if effort == "none" or effort not in LADDER:
        return thinking[0] if effort == "none" else effort
    wanted = LADDER.index(effort)
    ranked = [word for word in thinking if word in LADDER]
    if not ranked:
        return thinking[0]
    return min(ranked, key=lambda word: (abs(LADDER.index(word) - wanted), -LADDER.index(word)))
