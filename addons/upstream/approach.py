"""How a target is spoken to: all that its configuration alone decides, worked out once a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from plexus.addons.exchange import Target
from plexus.addons.upstream.adapters import Steps, steps_for
from plexus.addons.upstream.quirks import Known, known_of
from plexus.config.dialects import base_url
from plexus.transforms.codec import Aim, Dialect
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject

# Client headers that matter to the provider and hold no secret (dataplane.md §5.0).
_FORWARDED: Final = (
    "session-id",
    "x-client-request-id",
    "x-session-affinity",
    "x-session-id",
    "x-prompt-cache-isolation-key",
    "x-multi-turn-session-id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """What calls of one ingress dialect to one target have in common."""

    dialect: Dialect  # spoken to the provider
    base: str  # URL
    known: Known
    steps: Steps
    whole: Aim  # of a call that is answered at once
    streamed: Aim
    extra_body: JsonObject  # of the provider and the model
    headers: Mapping[str, str] = field(repr=False)  # of the provider, lower-case; may hold secrets
    forwarded: tuple[str, ...]  # the client's headers that go along

    def aim(self, *, stream: bool) -> Aim:
        """Return where a call goes whose bytes pass."""
        return self.streamed if stream else self.whole


def approach_of(target: Target, ingress: str, dialects: Mapping[str, Dialect]) -> Approach:
    """Return the approach for clients of `ingress`. Raise `GatewayError` if there is none."""
    found = target.approaches.get(ingress)
    if found is None:
        found = target.approaches[ingress] = _approach(target, ingress, dialects)
    return found


def choose_dialect(ingress: str, target: Target, dialects: Mapping[str, Dialect]) -> Dialect:
    """Return the client's own dialect if the target speaks it, else the first it speaks."""
    listed = target.model.access_via or tuple(target.provider.urls) or ("chat",)
    reachable = [name for name in listed if base_url(target.provider, name) is not None]
    # `responses:lite` is spoken by the codec of `responses`.
    spoken = [base for name in reachable if (base := name.partition(":")[0]) in dialects]
    if not spoken:
        raise GatewayError(
            Kind.UNSUPPORTED,
            f"{target.name} speaks none of {', '.join(sorted(dialects))}; "
            f"give provider {target.provider.name!r} an api_base_url for one of them",
            where=target.name,
        )
    return dialects[ingress if ingress in spoken else spoken[0]]


def wire_name(target: Target, dialect: Dialect) -> str:
    """Return what the configuration calls the format, its variant included: `responses:lite`."""
    listed = target.model.access_via or tuple(target.provider.urls)
    if dialect.name in listed:
        return dialect.name
    variants = (name for name in listed if name.partition(":")[0] == dialect.name)
    return next(variants, dialect.name)


def _approach(target: Target, ingress: str, dialects: Mapping[str, Dialect]) -> Approach:
    dialect = choose_dialect(ingress, target, dialects)
    base = base_url(target.provider, dialect.name) or ""
    known = known_of(target, base, dialect.name)
    return Approach(
        dialect=dialect,
        base=base,
        known=known,
        steps=steps_for(target, known, dialect.name),
        whole=dialect.aim(known.model, stream=False),
        streamed=dialect.aim(known.model, stream=True),
        extra_body={**target.provider.extra_body, **target.model.extra_body},
        headers={name.lower(): value for name, value in target.provider.headers.items()},
        forwarded=(*(dialect.own_headers if dialect.name == ingress else ()), *_FORWARDED),
    )
