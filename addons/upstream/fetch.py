"""Fetch a public document: no credential goes with the request."""

from __future__ import annotations

import ssl
from typing import Final

import aiohttp

from plexus.transforms.errors import GatewayError, Kind

_MOST_BYTES: Final = 32 * 2**20
_PATIENCE_S: Final = 60.0


async def fetch(url: str, tls: ssl.SSLContext) -> bytes:
    """Return what is at `url`, 32 MiB at most. Raise `GatewayError` if that fails."""
    limits = aiohttp.ClientTimeout(total=_PATIENCE_S)
    connector = aiohttp.TCPConnector(ssl=tls)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits, connector=connector) as session,
            session.get(url, headers={"user-agent": "plexus"}) as response,
        ):
            if response.status != 200:
                raise _failed(url, f"it answered {response.status}")
            return await _read(url, response)
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise _failed(url, type(exc).__name__) from exc


async def _read(url: str, response: aiohttp.ClientResponse) -> bytes:
    found = bytearray()
    async for data in response.content.iter_any():
        found += data
        if len(found) > _MOST_BYTES:
            raise _failed(url, f"it is longer than {_MOST_BYTES // 2**20} MiB")
    return bytes(found)


def _failed(url: str, why: str) -> GatewayError:
    # The query of an address may hold a secret.
    return GatewayError(Kind.UPSTREAM_DOWN, f"cannot fetch {url.partition('?')[0]}: {why}")
