"""Copy what goes to providers and comes back, for the calls that are captured."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.addons.exchange import Exchanges
from plexus.addons.inspection.capture import Sent
from plexus.addons.upstream.client import Response, Upstream


class TracedUpstream:
    """An upstream that copies for calls with a capture, and stands aside for all others."""

    def __init__(self, upstream: Upstream, exchanges: Exchanges) -> None:
        self._upstream = upstream
        self._exchanges = exchanges

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """Send as `Upstream.send` does."""
        exchange = self._exchanges.get(call_id)
        if exchange is None or exchange.capture is None:
            return await self._upstream.send(url, headers, body, call_id)
        sent = exchange.capture.sending(url, headers, body)
        response = await self._upstream.send(url, headers, body, call_id)
        sent.status, sent.reply_headers = response.status, response.headers
        return Traced(response, sent)

    async def close(self) -> None:
        """Close the upstream."""
        await self._upstream.close()


class Traced:
    """A provider's reply that is copied as it is read."""

    def __init__(self, response: Response, sent: Sent) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._sent = sent

    async def read_all(self) -> bytes:
        """Return the whole body."""
        data = await self._response.read_all()
        self._sent.reply.add(data)
        return data

    async def read_some(self) -> bytes:
        """Return what has arrived."""
        data = await self._response.read_some()
        self._sent.reply.add(data)
        return data

    def close(self) -> None:
        """Drop the connection, or give it back."""
        self._response.close()
