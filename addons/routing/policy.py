"""What a key may use (dataplane.md §2.6): exact names, exclusion wins, no list means everything."""

from __future__ import annotations

from collections.abc import Iterable

from plexus.config.snapshot import Key
from plexus.transforms.errors import GatewayError, Kind


def names_of(requested: str, canonical: str | None, targets: Iterable[str]) -> set[str]:
    """Return the names under which a call is judged; `targets` count where it is to no alias."""
    names = {requested, requested.removeprefix("models/")}
    return names | ({canonical} if canonical is not None else set(targets))


def allows_model(key: Key, names: set[str]) -> bool:
    """Whether the key may use a model that goes by these names."""
    if names & key.excluded_models:
        return False
    return not key.allowed_models or bool(names & key.allowed_models)


def allows_provider(key: Key, provider: str) -> bool:
    """Whether the key's calls may go to the provider."""
    if provider in key.excluded_providers:
        return False
    return not key.allowed_providers or provider in key.allowed_providers


def restricts_providers(key: Key) -> bool:
    """Whether there are providers that the key's calls may not go to."""
    return bool(key.excluded_providers or key.allowed_providers)


def model_denied(key: Key, requested: str) -> GatewayError:
    """The error for a model that the key may not use."""
    return _denied(f"the key {key.name!r} may not use model {requested!r}")


def providers_denied(key: Key, requested: str) -> GatewayError:
    """The error for a model none of whose providers the key may use."""
    return _denied(f"the key {key.name!r} may use none of the providers of {requested!r}")


def _denied(message: str) -> GatewayError:
    return GatewayError(Kind.FORBIDDEN, message, where="model", code="access_denied")
