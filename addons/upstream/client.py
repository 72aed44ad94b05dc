"""Talk HTTP to providers: pooled connections, and the one place where aiohttp's errors end."""

from __future__ import annotations

import asyncio
import io
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Protocol

import aiohttp

from plexus.addons.upstream.embedded import answer
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import dump, parse_object

EMBEDDED = "embedded://"
_WRITTEN_AT_ONCE = 2**20  # bytes, aiohttp's own limit


class Response(Protocol):
    """A provider's reply whose head has arrived."""

    status: int
    headers: Mapping[str, str]  # lower-case names

    async def read_all(self) -> bytes:
        """Return the whole body. Raise `GatewayError` if it breaks off."""
        ...

    async def read_some(self) -> bytes:
        """Return what has arrived, waiting for at least one byte; empty at the end."""
        ...

    def close(self) -> None:
        """Drop the connection, or give it back if the body was read to its end."""
        ...


class Upstream(Protocol):
    """The way out."""

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """POST to a provider for a call; return once its head is here. Raise `GatewayError`."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Pool:
    """Pooled connections. One for the whole process, opened in the running loop."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._session = _session(tls, keep=True)
        self._fresh = _session(tls, keep=False)  # each request on a connection of its own

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """POST as `Upstream.send` says."""
        if url.startswith(EMBEDDED):
            return await _ask_embedded(body)
        with _translated(url):
            return _Received(await self._post(url, headers, body), url)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self._fresh.close()

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        connection = _Connection()
        try:
            return await _posted(self._session, url, headers, body, connection)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The provider closed a connection that had been idle: that is no failure of it. But it
            # may have got the request all the same, so that it is sent once more and not oftener.
            if not connection.was_reused:
                raise
        return await _posted(self._fresh, url, headers, body, connection)


@dataclass(slots=True)
class _Connection:
    was_reused: bool = False


def _session(tls: ssl.SSLContext, *, keep: bool) -> aiohttp.ClientSession:
    # No limit on connections: concurrency is bounded per provider by the planner, not here.
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, ssl=tls, ttl_dns_cache=60, force_close=not keep,
            keepalive_timeout=55 if keep else None,
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
        trace_configs=[_reuse_noted()],
    )  # fmt: skip


async def _posted(
    session: aiohttp.ClientSession,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    connection: _Connection,
) -> aiohttp.ClientResponse:
    # Redirects are refused: they would carry the credential to another origin.
    return await session.post(
        url,
        data=_payload(body),
        headers=headers,
        allow_redirects=False,
        trace_request_ctx=connection,
    )


def _reuse_noted() -> aiohttp.TraceConfig:
    async def note(_session: object, context: SimpleNamespace, _params: object) -> None:
        context.trace_request_ctx.was_reused = True

    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(note)
    return config


class _Received:
    def __init__(self, response: aiohttp.ClientResponse, url: str) -> None:
        self._response = response
        self._url = url
        self.status = response.status
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in response.headers.items()}

    async def read_all(self) -> bytes:
        with _translated(self._url):
            return await self._response.read()

    async def read_some(self) -> bytes:
        with _translated(self._url):
            return await self._response.content.readany()

    def close(self) -> None:
        # At EOF aiohttp has given the connection back already, and this does nothing.
        self._response.close()


class _Embedded:
    """The embedded demo provider's reply, in the shape of a network one."""

    def __init__(self, body: bytes, stream: AsyncIterator[bytes] | None) -> None:
        self.status = 200
        kind = "application/json" if stream is None else "text/event-stream"
        self.headers: Mapping[str, str] = {"content-type": kind}
        self._body = body
        self._stream = stream

    async def read_all(self) -> bytes:
        return self._body

    async def read_some(self) -> bytes:
        return b"" if self._stream is None else await anext(self._stream, b"")

    def close(self) -> None:
        self._stream = None


async def _ask_embedded(body: bytes) -> Response:
    reply = await answer(
        parse_object(body), now=time.time, sleep=asyncio.sleep, new_id=lambda: uuid.uuid4().hex
    )
    if isinstance(reply, dict):
        return _Embedded(dump(reply), None)
    return _Embedded(b"", aiter(reply))


def _payload(body: bytes) -> bytes | io.BytesIO:
    # aiohttp writes plain bytes in one go, and warns when that would hold up the loop.
    return body if len(body) <= _WRITTEN_AT_ONCE else io.BytesIO(body)


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise _down(url, f"its certificate was not accepted: {error.certificate_error}") from error
    except aiohttp.ClientConnectorError as error:
        raise _down(url, f"no connection: {error.os_error.strerror or error.os_error}") from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise GatewayError(
            Kind.UPSTREAM_TIMEOUT, f"{origin(url)} did not answer in time", where=origin(url)
        ) from error
    except aiohttp.ClientError as error:
        # aiohttp has one exception for all reads after a close; frames that hung on it would stay.
        error.__traceback__ = None
        raise _down(url, f"the connection broke: {type(error).__name__}") from error
    except OSError as error:
        raise _down(url, f"the connection broke: {error.strerror or error}") from error


def _down(url: str, what: str) -> GatewayError:
    return GatewayError(
        Kind.UPSTREAM_DOWN, f"could not reach {origin(url)}: {what}", where=origin(url)
    )


def origin(url: str) -> str:
    """Return scheme, host and port of a URL: the part that never holds a secret."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{host}"
