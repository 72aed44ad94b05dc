"""Rules about the quirks and adapters that providers and models name."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.config.draft import Draft
from plexus.config.problems import At, Problem, did_you_mean, dotted
from plexus.config.schema.models import AdapterSection
from plexus.transforms import plugins


def adapter_problems(draft: Draft) -> Iterator[Problem]:
    """Yield options that their adapter cannot use; a quirk has none at all."""
    for at, use in _uses(draft):
        adapter = plugins.adapters().get(use.name)
        if adapter is not None and use.enabled:
            for problem in adapter.check(use.options):
                path, _, message = problem.partition(": ")
                yield Problem(at=(*at, "options", *_steps(path)), message=message)
        elif use.name in plugins.quirks() and use.options:
            yield Problem(at=(*at, "options"), message=f'the quirk "{use.name}" has no options')


def adapter_warnings(draft: Draft) -> Iterator[str]:
    """Yield names that nobody knows: they change nothing (dataplane.md §5.10)."""
    known = (*plugins.adapters(), *plugins.quirks())
    for at, use in _uses(draft):
        if use.name not in known:
            remedy = did_you_mean(use.name, known)
            yield f'{dotted(at)}: there is no adapter or quirk "{use.name}"; {remedy}'


def _uses(draft: Draft) -> Iterator[tuple[At, AdapterSection]]:
    for name, provider in draft.providers.items():
        for n, use in enumerate(provider.adapter):
            yield ("providers", name, "adapter", n), use
        for model, entry in provider.models.items():
            for n, use in enumerate(entry.adapter):
                yield ("providers", name, "models", model, "adapter", n), use


def _steps(path: str) -> At:
    return tuple(int(step) if step.isdecimal() else step for step in path.split("."))
