"""Every attempt is a flow: what goes to a provider can be seen, held, edited and answered.

Only when somebody watches: without a spectator no flow is built, and requests go straight out. The
provider's key never stands on the flow; a mark stands for it and is exchanged when the request
leaves.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from mitmproxy import connection, flow, hooks, http
from mitmproxy.proxy.layers.http import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)

from plexus.addons.upstream.client import EMBEDDED, Response, Upstream
from plexus.addons.upstream.policy import STOPPED
from plexus.transforms.errors import GatewayError, Kind

ATTEMPT_MARK: Final = "plexus.attempt_of"  # flow.metadata: id of the call it belongs to
MASK: Final = "(the provider's key)"

# A header whose name holds one of these may hold a secret.
_SECRET: Final = ("authorization", "cookie", "credential", "key", "password", "secret", "token")

type Trigger = Callable[[hooks.Hook], Awaitable[None]]


class WatchedUpstream:
    """An upstream whose requests run through mitmproxy's hooks while somebody watches."""

    def __init__(
        self, upstream: Upstream, trigger: Trigger, is_watched: Callable[[], bool]
    ) -> None:
        self._upstream = upstream
        self._trigger = trigger
        self._is_watched = is_watched

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """Send as `Upstream.send` does. Raise `GatewayError` too if the flow is killed."""
        if not self._is_watched():
            return await self._upstream.send(url, headers, body, call_id)
        attempt = attempt_flow(url, headers, body, call_id)
        async with _shown_failure(attempt, self._trigger):
            return await self._send(attempt, url, headers, call_id)

    async def close(self) -> None:
        """Close the pool."""
        await self._upstream.close()

    async def _send(
        self, attempt: http.HTTPFlow, url: str, headers: Mapping[str, str], call_id: str
    ) -> Response:
        shown = attempt.request.url
        await self._trigger(HttpRequestHeadersHook(attempt))
        await self._trigger(HttpRequestHook(attempt))
        if attempt.error is not None:
            raise GatewayError(
                Kind.UPSTREAM_DOWN, f"the attempt was stopped: {attempt.error.msg}", code=STOPPED
            )
        if attempt.response is not None:  # a spectator answers in the provider's place
            await self._trigger(HttpResponseHook(attempt))
            attempt.live = False
            return Answered(attempt.response)
        response = await self._upstream.send(
            # What nobody has edited is called as it was written, not as mitmproxy prints it.
            url if attempt.request.url == shown else attempt.request.url,
            unmasked(attempt.request.headers, headers),
            attempt.request.raw_content or b"",
            call_id,
        )
        return await Watched.begin(attempt, response, self._trigger)


@asynccontextmanager
async def _shown_failure(attempt: http.HTTPFlow, trigger: Trigger) -> AsyncIterator[None]:
    try:
        yield
    except BaseException as error:  # a cancelled attempt is over for its spectators too
        words = error.message if isinstance(error, GatewayError) else "the attempt was given up"
        attempt.live = False
        attempt.error = attempt.error or flow.Error(words)
        await trigger(HttpErrorHook(attempt))
        raise


class Watched:
    """A provider's reply, kept for the flow as it is read."""

    def __init__(
        self, attempt: http.HTTPFlow, head: http.Response, response: Response, trigger: Trigger
    ) -> None:
        self.status: int = head.status_code
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in head.headers.items()}
        self._attempt = attempt
        self._head = head
        self._response = response
        self._trigger = trigger
        self._kept: list[bytes] = []
        self._ended = False

    @classmethod
    async def begin(cls, attempt: http.HTTPFlow, response: Response, trigger: Trigger) -> Watched:
        """Show the head of the reply; what spectators make of it counts."""
        attempt.response = head = _head_of(response)
        try:
            await trigger(HttpResponseHeadersHook(attempt))
        except BaseException:
            response.close()
            raise
        return cls(attempt, attempt.response or head, response, trigger)

    async def read_all(self) -> bytes:
        """Return the whole body, as spectators left it."""
        async with _shown_failure(self._attempt, self._trigger):
            self._kept = [await self._response.read_all()]
            await self._end()
        return (self._attempt.response or self._head).raw_content or b""

    async def read_some(self) -> bytes:
        """Return the next bytes."""
        async with _shown_failure(self._attempt, self._trigger):
            data = await self._response.read_some()
            if data:
                self._kept.append(data)
            else:
                await self._end()
        return data

    def close(self) -> None:
        """Drop the connection."""
        self._attempt.live = False
        self._response.close()

    async def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._head.raw_content = b"".join(self._kept)
        self._head.timestamp_end = time.time()
        await self._trigger(HttpResponseHook(self._attempt))
        self._attempt.live = False


class Answered:
    """A spectator's answer in the shape of a provider's."""

    def __init__(self, response: http.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }
        self._body = response.get_content(strict=False) or b""

    async def read_all(self) -> bytes:
        """Return the body."""
        return self._body

    async def read_some(self) -> bytes:
        """Return the body, then nothing."""
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """There is no connection."""


def attempt_flow(url: str, headers: Mapping[str, str], body: bytes, call_id: str) -> http.HTTPFlow:
    """Return the flow of a request to a provider, its credentials masked."""
    client = connection.Client(peername=("plexus", 0), sockname=("plexus", 0))
    made = http.HTTPFlow(client, connection.Server(address=None))
    fields = [
        (name.encode(), (MASK if _may_be_secret(name) else value).encode())
        for name, value in headers.items()
    ]
    made.request = http.Request.make("POST", shown_url(url), body, http.Headers(fields))
    made.server_conn = connection.Server(address=(made.request.host, made.request.port))
    made.metadata[ATTEMPT_MARK] = call_id
    made.live = True
    return made


def _may_be_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _head_of(response: Response) -> http.Response:
    # Not `Response.make`: that would show a length of 0.
    fields = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    return http.Response(
        http_version=b"HTTP/1.1",
        status_code=response.status,
        reason=b"",
        headers=http.Headers(fields),
        content=b"",
        trailers=None,
        timestamp_start=time.time(),
        timestamp_end=None,
    )


def shown_url(url: str) -> str:
    """Return a URL that mitmproxy can show: the embedded provider has none."""
    if url.startswith(EMBEDDED):
        return "http://demo.plexus.invalid/" + url.removeprefix(EMBEDDED)
    return url


def unmasked(shown: http.Headers, real: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to send: as shown, with the marks exchanged for what they stand for."""
    keys = {name.lower(): value for name, value in real.items()}
    return {
        name: keys.get(name.lower(), "") if value == MASK else value
        for name, value in shown.items()
        if name.lower() != "content-length"
    }
