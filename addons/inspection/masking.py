"""Take secrets out of what is kept of a call: by the names of headers, and by what they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from plexus.transforms.wire import Json

MASK: Final = "***"

# A header whose name holds one of these may hold a secret.
_SECRET: Final = re.compile(
    r"authorization|cookie|credential|key|password|secret|token|signature", re.IGNORECASE
)
_IN_QUERY: Final = re.compile(
    r"(?<=[?&])((?:[\w.-]*(?:key|token|secret|password|signature)[\w.-]*)=)[^&#]*", re.IGNORECASE
)


def masked(data: bytes, secrets: Collection[str]) -> bytes:
    """Return `data` with every one of the secrets replaced."""
    for secret in sorted(secrets, key=len, reverse=True):
        data = data.replace(_bytes(secret), MASK.encode())
    return data


def without_torn(data: bytes, secrets: Collection[str]) -> bytes:
    """Return `data`, cut off somewhere, without the first part of a secret at its end."""
    ends = [_bytes(secret)[:n] for secret in secrets for n in range(1, len(_bytes(secret)))]
    torn = max((len(end) for end in ends if data.endswith(end)), default=0)
    return data[: len(data) - torn]


def masked_headers(
    headers: Iterable[tuple[str, str]], secrets: Collection[str]
) -> list[tuple[str, str]]:
    """Return headers as pairs, in their order; of secret ones the names only."""
    return [
        (name, MASK if _SECRET.search(name) else masked_text(value, secrets))
        for name, value in headers
    ]


def masked_url(url: str, secrets: Collection[str]) -> str:
    """Return a URL or path without keys in its query, nor a password before its host."""
    scheme, separator, rest = url.partition("://")
    if separator:
        authority, slash, path = rest.partition("/")
        url = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return masked_text(_IN_QUERY.sub(rf"\1{MASK}", url), secrets)


def masked_json(value: Json, secrets: Collection[str]) -> Json:
    """Return JSON with every one of the secrets replaced in its texts, names included."""
    match value:
        case str():
            return masked_text(value, secrets)
        case list():
            return [masked_json(item, secrets) for item in value]
        case dict():
            return {
                masked_text(name, secrets): masked_json(item, secrets)
                for name, item in value.items()
            }
        case _:
            return value


def masked_text(text: str, secrets: Collection[str]) -> str:
    """Return a text with every one of the secrets replaced."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _bytes(secret: str) -> bytes:
    # Headers may hold any bytes; what is not UTF-8 in them stands for itself as half a surrogate.
    return secret.encode(errors="surrogateescape")
