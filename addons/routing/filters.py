"""Which targets suit a call, whatever their state: by the kind of model, by format (§2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plexus.addons.routing.candidate import Candidate
from plexus.config.dialects import provider_dialects
from plexus.config.snapshot import Alias
from plexus.transforms.codec import Operation

# The type that a model must have to serve an operation.
TYPE_OF: Final[Mapping[Operation, str]] = {
    Operation.CHAT: "text",
    Operation.COUNT_TOKENS: "text",
    Operation.EMBED: "embeddings",
    Operation.SPEECH: "speech",
    Operation.TRANSCRIBE: "transcriptions",
    Operation.IMAGE: "image",
}

# The formats whose providers serve such models; Gemini's embed, too.
_FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "embeddings": frozenset({"embeddings", "gemini"}),
    "speech": frozenset({"speech"}),
    "transcriptions": frozenset({"transcriptions"}),
    "image": frozenset({"images"}),
}


@dataclass(frozen=True, slots=True)
class Tier:
    """Candidates of one group that a selector orders among themselves; `note` says what unites."""

    note: str
    candidates: tuple[Candidate, ...]


def suits(candidate: Candidate, alias: Alias | None, operation: Operation) -> bool:
    """Whether the candidate's kind of model can serve the operation.

    `text` is also what a model has whose type nobody wrote down, so for other operations the type
    of the alias may stand in for it, as may a provider that speaks that format, for a model that it
    does not list.
    """
    wanted = TYPE_OF[operation]
    provider, model = candidate.target.provider, candidate.target.model
    if model.type == wanted:
        return True
    if model.type != "text" or wanted == "text":
        return False
    if alias is not None and alias.type == wanted:
        return True
    return model.name not in provider.models and not _FORMATS[wanted].isdisjoint(provider.urls)


def tiers(candidates: Sequence[Candidate], dialect: str, *, api_match: bool) -> tuple[Tier, ...]:
    """Split by how well they speak the client's format; the first tier is asked first.

    A dialect with a subtype (`responses:lite`) prefers it, then its base; others are split only
    where the alias says `priority: api_match`. Nobody is left out, so that failover can go on.
    """
    base, colon, _ = dialect.partition(":")
    wanted = [dialect, base] if colon else [dialect] if api_match else []
    rest = list(candidates)
    found: list[Tier] = []
    for name in wanted:
        speaking = tuple(c for c in rest if _speaks(c, name))
        rest = [c for c in rest if c not in speaking]
        found.append(Tier(f"speaks {name}", speaking))
    found.append(Tier(f"does not speak {dialect}" if wanted else "", tuple(rest)))
    return tuple(tier for tier in found if tier.candidates)


def _speaks(candidate: Candidate, dialect: str) -> bool:
    target = candidate.target
    names = provider_dialects(target.provider, target.model)
    return dialect.lower() in (name.lower() for name in names)
