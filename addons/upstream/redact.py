"""Keep the keys that we sent out of what providers say about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from plexus.config.snapshot import Provider
from plexus.transforms.errors import GatewayError

_SHORTEST = 8  # characters; a shorter value says nothing and stands in other words too


def redact(error: GatewayError, secrets: Iterable[str]) -> None:
    """Take the secrets out of an error's message: providers quote the keys that they refuse.

    What looks like a key is masked where replies are read; this is for keys that look like nothing.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST and secret in error.message:
            error.message = error.message.replace(secret, "***")
            error.args = (error.message,)


def secrets_of(provider: Provider) -> Iterator[str]:
    """Yield what a provider's requests hold that nobody else may see."""
    yield from provider.api_keys
    if provider.api_key is not None:
        yield provider.api_key
    yield from provider.headers.values()
