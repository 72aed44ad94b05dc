"""Rules among aliases: distinct names, distinct targets, no circles, places that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from plexus.config.draft import Draft
from plexus.config.problems import At, Problem, dotted, near_miss
from plexus.config.schema.aliases import AliasSection, TargetSection


def alias_problems(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with the aliases as a whole (controlplane.md §1.5)."""
    yield from _name_clashes(draft)
    for name, alias in draft.aliases.items():
        yield from _doubled_targets(name, alias)
    yield from _circles(draft)


def alias_warnings(draft: Draft) -> Iterator[str]:
    """Yield what may be a mistake: targets that lead nowhere are skipped when routing."""
    aliases = canonical_names(draft.aliases).keys() | draft.written["models"]
    for name, alias in draft.aliases.items():
        targets = targets_of(name, alias)
        for at, target in targets:
            yield from _dead_end(draft, aliases, at, target)
        if not any(_may_lead_somewhere(draft, target) for _, target in targets):
            yield f"{dotted(('models', name))}: has no enabled target"


def targets_of(name: str, alias: AliasSection) -> list[tuple[At, TargetSection]]:
    """Return every target of an alias with the place where it stands."""
    at: At = ("models", name)
    flat: list[tuple[At, TargetSection]] = [
        ((*at, "targets", n), target) for n, target in enumerate(alias.targets or ())
    ]
    return flat + [
        ((*at, "target_groups", g, "targets", n), target)
        for g, group in enumerate(alias.target_groups or ())
        for n, target in enumerate(group.targets)
    ]


def canonical_names(aliases: Mapping[str, AliasSection]) -> dict[str, str]:
    """Return the alias that each name leads to; an alias's own name beats additional ones."""
    others = {other: name for name, alias in aliases.items() for other in alias.additional_aliases}
    return others | {name: name for name in aliases}


def _name_clashes(draft: Draft) -> Iterator[Problem]:
    own = draft.written.get("models", frozenset())
    taken: dict[str, str] = {}
    for name, alias in draft.aliases.items():
        for n, other in enumerate(alias.additional_aliases):
            at: At = ("models", name, "additional_aliases", n)
            holder = dotted(("models", other if other in own else taken.get(other, name)))
            if other in own or other in taken:
                message = f'"{other}" is already a name of {holder}'
                yield Problem(at=at, message=message, remedy="remove one of them")
            taken.setdefault(other, name)


def _doubled_targets(name: str, alias: AliasSection) -> Iterator[Problem]:
    seen: dict[tuple[str | None, str | None, str | None], At] = {}
    for at, target in targets_of(name, alias):
        place = (target.provider, target.model, target.alias)
        first = seen.setdefault(place, at)
        if first != at:
            message = f"leads where {dotted(first)} leads"
            yield Problem(at=at, message=message, remedy="remove one of them")


def _circles(draft: Draft) -> Iterator[Problem]:
    canonical = canonical_names(draft.aliases)
    leads_to = {
        name: [
            canonical[target.alias]
            for _, target in targets_of(name, alias)
            if target.enabled and target.alias in canonical
        ]
        for name, alias in draft.aliases.items()
    }
    done: set[str] = set()
    for start in leads_to:
        circle = _circle_from(start, leads_to, done)
        if circle is not None:
            message = f"the aliases lead in a circle: {' -> '.join(circle)}"
            yield Problem(at=("models", circle[0]), message=message)


def _circle_from(start: str, leads_to: Mapping[str, list[str]], done: set[str]) -> list[str] | None:
    # Depth first without recursion: a chain may be as long as the file.
    path: list[str] = []
    on_path: set[str] = set()
    ahead: list[tuple[str, bool]] = [(start, False)]
    while ahead:
        name, left = ahead.pop()
        if left:
            on_path.discard(path.pop())
            done.add(name)
        elif name in on_path:
            done.update(path)
            return [*path[path.index(name) :], name]
        elif name not in done:
            path.append(name)
            on_path.add(name)
            ahead.append((name, True))
            ahead.extend((other, False) for other in reversed(leads_to[name]))
    return None


def _dead_end(draft: Draft, aliases: Set[str], at: At, target: TargetSection) -> Iterator[str]:
    known: Set[str] = draft.written["providers"]
    kind, name = "provider", str(target.provider)
    if target.alias is not None:
        known, kind, name = aliases, "alias", target.alias
    if name not in known:
        close = near_miss(name, known)
        hint = f' (did you mean "{close}"?)' if close is not None else ""
        yield f'{dotted(at)}: there is no {kind} "{name}"{hint}; it is skipped'


def _may_lead_somewhere(draft: Draft, target: TargetSection) -> bool:
    provider = draft.providers.get(target.provider) if target.provider is not None else None
    return target.enabled and (provider is None or provider.enabled)
