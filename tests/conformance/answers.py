"""Hold an answer against what came of it in another format: an undeclared difference is a fault.

What counts as equal: a stop that the target's vocabulary lacks becomes its nearest one, as the
table of wire-formats.md §7.9 has it; a refusal in words is words; usage is compared by class, and
a class that the target does not report may come back unknown or zero (§7.7).
"""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.ir import ChatResponse, Choice, Citation, Stop, Text, Usage
from tests.conformance.declared import Difference
from tests.conformance.told import answer_statements, differences

# What each format has no word for, and what it says instead (§7.9).
_NEAREST: dict[str, dict[Stop, set[Stop]]] = {
    "chat": {
        Stop.SEQUENCE: {Stop.END},
        Stop.REFUSAL: {Stop.FILTER},
        Stop.PAUSE: {Stop.END},
        Stop.CONTEXT: {Stop.LENGTH},
        Stop.OTHER: {Stop.END, Stop.FILTER},
    },
    "responses": {
        Stop.SEQUENCE: {Stop.END},
        Stop.REFUSAL: {Stop.FILTER, Stop.END},
        Stop.PAUSE: {Stop.END, Stop.OTHER},
        Stop.CONTEXT: {Stop.LENGTH},
        Stop.OTHER: {Stop.END, Stop.FILTER},
    },
    "messages": {
        Stop.FILTER: {Stop.REFUSAL},
        Stop.OTHER: {Stop.END, Stop.REFUSAL},
    },
    "gemini": {
        Stop.SEQUENCE: {Stop.END},
        Stop.REFUSAL: {Stop.FILTER},
        Stop.PAUSE: {Stop.END, Stop.OTHER},
        Stop.CONTEXT: {Stop.LENGTH},
    },
}
_UNREPORTED = {
    "chat": ("cache_write_1h",),
    "responses": ("cache_write_1h",),
    "messages": (),
    "gemini": ("cache_write", "cache_write_1h"),
}


def answer_differences(before: ChatResponse, after: ChatResponse, target: str) -> list[Difference]:
    """Return what `after`, read back from `target`'s format, does not say as `before` did."""
    first = before.choices[0] if before.choices else Choice()
    again = after.choices[0] if after.choices else Choice()
    return [
        *differences(answer_statements(first.parts), answer_statements(again.parts)),
        *_others(before, after),
        *_ending(first, again, target),
        *_citations(first, again),
        *_usage(before.usage, after.usage, target),
    ]


def _others(before: ChatResponse, after: ChatResponse) -> Iterator[Difference]:
    for number in range(max(1, len(after.choices)), len(before.choices)):
        yield Difference(paths=(f"choices[{number}]",), detail="a choice")


def _ending(before: Choice, after: Choice, target: str) -> Iterator[Difference]:
    nearest = _NEAREST[target].get(before.stop, set())
    if before.stop != after.stop and after.stop not in nearest:
        detail = f"{before.stop} became {after.stop}"
        yield Difference(paths=("stop",), detail=detail)
    if before.logprobs and not after.logprobs:
        yield Difference(paths=("logprobs", "choices[0].logprobs"), detail="log probabilities")


def _citations(before: Choice, after: Choice) -> Iterator[Difference]:
    kept = [citation.url for citation in _cited(after)]
    for number, part in enumerate(before.parts):
        for citation in part.citations if isinstance(part, Text) else ():
            if citation.url in kept:
                kept.remove(citation.url)
            else:
                paths = (f"parts[{number}].citations",)
                yield Difference(paths=paths, detail=f"{citation.url or citation.title}")


def _cited(choice: Choice) -> list[Citation]:
    return [c for part in choice.parts if isinstance(part, Text) for c in part.citations]


def _usage(before: Usage | None, after: Usage | None, target: str) -> Iterator[Difference]:
    one, other = before or Usage(), after or Usage()
    total = (one.input or 0) + (one.cache_write or 0)
    for name in ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning"):
        was, now = getattr(one, name) or 0, getattr(other, name) or 0
        if name in _UNREPORTED[target]:
            continue
        if name == "input" and "cache_write" in _UNREPORTED[target]:
            was = total
        if was != now:
            yield Difference(paths=(f"usage.{name}",), detail=f"{was} became {now}")
