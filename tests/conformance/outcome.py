"""What checking one case came to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.conformance.corpus import Kind

LONGEST = 300  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A check that failed."""

    name: str  # the case's
    check: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The checks that one case went through."""

    name: str
    format: str
    kind: Kind
    checks: int = 0
    failures: list[Failure] = field(default_factory=list)

    def run(self, check: str, act: Callable[[], list[str]]) -> None:
        """Run a check that returns what is wrong, or raises; whatever it raises is a failure."""
        self.checks += 1
        try:
            problems = act()
        except Exception as error:
            problems = [f"{type(error).__name__}: {error}"]
        for problem in problems:
            reason = " ".join(problem.split())[:LONGEST]
            self.failures.append(Failure(name=self.name, check=check, reason=reason))


def unlike(before: object, after: object, path: str = "") -> list[str]:
    """Return where two JSON values differ, a few places at most."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [*before, *(key for key in after if key not in before)]
        found = (
            unlike(before.get(key, "absent"), after.get(key, "absent"), f"{path}.{key}")
            for key in keys
        )
        return list(itertools.islice(itertools.chain.from_iterable(found), 4))
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        found = (unlike(one, other, f"{path}[{at}]") for at, (one, other) in pairs)
        return list(itertools.islice(itertools.chain.from_iterable(found), 4))
    if before == after:
        return []
    return [f"{path or 'value'}: {before!r:.120} became {after!r:.120}"]
