"""The clients: raw HTTP to the gateway's address, or to the vendors' hosts through its proxy."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import override

import aiohttp
import httpx

from tests.chaos import formats
from tests.chaos.calls import Call, Door
from tests.chaos.stage import KEY
from tests.e2e.running import Running

_PATIENCE_S = 40.0
_NO_LIMIT = httpx.Limits(max_connections=None, max_keepalive_connections=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `broke`: why the reply is not whole; `left`: the client hung up."""

    status: int | None = None
    body: bytes = b""
    broke: str | None = None
    left: bool = False


class Clients:
    """One client per door."""

    def __init__(
        self,
        gateway: Running,
        direct: aiohttp.ClientSession,
        proxied: Mapping[Door, httpx.AsyncClient],
    ) -> None:
        self._gateway = gateway
        self._direct = direct
        self._proxied = proxied

    async def ask(self, call: Call) -> Answer:
        """Make the call and read the whole reply, unless the client is to leave before."""
        patience = _PATIENCE_S if call.leaves_s is None else call.leaves_s
        try:
            async with asyncio.timeout(patience):
                return await self._ask(call)
        except TimeoutError:
            if call.leaves_s is not None:
                return Answer(left=True)
            return Answer(broke=f"no answer within {_PATIENCE_S:g} s")
        except (aiohttp.ClientError, httpx.HTTPError, OSError) as error:
            return Answer(broke=f"{type(error).__name__}: {error}")

    async def _ask(self, call: Call) -> Answer:
        if call.door == "base_url":
            headers = {"authorization": f"Bearer {KEY}", "x-client-request-id": call.id}
            where, what = self._gateway.url + formats.path(call), formats.body(call)
            async with self._direct.post(where, headers=headers, json=what) as reply:
                return Answer(status=reply.status, body=await reply.read())
        where = f"https://{formats.HOSTS[call.format]}{formats.path(call)}"
        headers = {"authorization": "Bearer sk-the-users-own", "x-client-request-id": call.id}
        if call.leaves_s is None:
            client = self._proxied[call.door]
            got = await client.post(where, headers=headers, json=formats.body(call))
        else:
            # On a connection of its own: anyio breaks the TLS of all its calls off when one of them
            # is cancelled while it writes.
            async with _proxied(self._gateway, http2=call.door == "proxy-h2") as client:
                got = await client.post(where, headers=headers, json=formats.body(call))
        return Answer(status=got.status_code, body=got.content)


@asynccontextmanager
async def clients(gateway: Running) -> AsyncIterator[Clients]:
    """Open the clients until the block is left."""
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as direct,
        _proxied(gateway, http2=False) as one,
        _proxied(gateway, http2=True) as two,
    ):
        yield Clients(gateway, direct, {"proxy": one, "proxy-h2": two})


def _proxied(gateway: Running, *, http2: bool) -> httpx.AsyncClient:
    kind = _H2First if http2 else ssl.SSLContext
    trust = kind(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(cafile=str(gateway.data / "ca" / "ca.pem"))
    return httpx.AsyncClient(
        proxy=gateway.url, verify=trust, http2=http2, timeout=None, limits=_NO_LIMIT
    )


class _H2First(ssl.SSLContext):
    """httpx offers HTTP/1.1 first, and the first offer is taken."""

    @override
    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2", "http/1.1"])
