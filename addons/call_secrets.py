"""Know every secret that took part in a call, so that none of them is kept with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from plexus.addons.authenticate import credentials
from plexus.addons.exchange import Exchange
from plexus.transforms.wire import dump_text

# Headers that people configure and that tell nobody anything: their values stand in bodies, too.
_HARMLESS: Final = re.compile(
    r"user-agent|accept|content-type|anthropic-(version|beta)|openai-(organization|project|beta)"
    r"|http-referer|x-title|x-stainless-.*",
    re.IGNORECASE,
)
_SHORTEST: Final = 8  # characters; a shorter value says nothing and stands in other words too


def secrets_of_call(exchange: Exchange) -> frozenset[str]:
    """Return every secret that took part in a call, in each spelling that JSON allows it."""
    found = {secret for secret in _secrets(exchange) if len(secret) >= _SHORTEST}
    return frozenset(found | {dump_text(secret)[1:-1] for secret in found})


def _secrets(exchange: Exchange) -> Iterator[str]:
    for presented in credentials(exchange.head):
        yield presented
        yield presented.partition(":")[0]
    if exchange.snapshot.admin_key is not None:
        yield exchange.snapshot.admin_key
    for attempt in exchange.attempts:
        provider = attempt.target.provider
        keys = (attempt.target.api_key, provider.api_key, *provider.api_keys)
        yield from (key for key in keys if key is not None)
        yield from _telling(provider.headers)


def _telling(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if not _HARMLESS.fullmatch(name):
            yield value
            yield value.rpartition(" ")[2]  # "Bearer …"
