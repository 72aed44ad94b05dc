"""How much of a quota to reserve for a call: what it may use at most, as far as can be told.

A call says what it wants back at most (`max_tokens` and the like); one that does not is taken to
want an answer of usual length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.metering.estimate import input_tokens
from plexus.addons.metering.quota import Quota
from plexus.transforms.ir import Usage
from plexus.transforms.wire import Json, count_at, object_at

type Rate = Callable[[Target, Usage], float | None]  # USD; None: the price is unknown

USUAL_OUTPUT: Final = 1000  # tokens

_LIMITS: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens", "maxOutputTokens")
_CHOICES: Final = ("n", "candidateCount", "candidate_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a call may use: tokens of the prompt and of all of its answers."""

    prompt: int
    output: int

    def amount(self, quota: Quota, targets: Iterable[Target], rate: Rate) -> float:
        """Return what to reserve of a quota for a call that one of the targets will answer.

        Where its price is not known, nothing.
        """
        match quota.unit:
            case "requests":
                return 1.0
            case "tokens":
                return float(self.prompt + self.output)
            case "cost":
                usage = Usage(input=self.prompt, output=self.output)
                return max((rate(target, usage) or 0.0 for target in targets), default=0.0)


def expected(body: Mapping[str, Json] | None) -> Expected:
    """Estimate what a call with this body, of any format, may use."""
    if body is None:
        return Expected(prompt=0, output=USUAL_OUTPUT)
    settings = (body, object_at(body, "generationConfig") or object_at(body, "generation_config"))
    asked = _first(settings, _LIMITS)
    choices = _first(settings, _CHOICES)
    each = USUAL_OUTPUT if asked is None else asked
    return Expected(prompt=input_tokens(body), output=each * max(1, choices or 1))


def _first(places: Iterable[Mapping[str, Json] | None], names: Iterable[str]) -> int | None:
    wanted = tuple(names)
    found = (count_at(place, name) for place in places if place is not None for name in wanted)
    return next((value for value in found if value is not None), None)
