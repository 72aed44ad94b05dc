"""A flow whose reply waits at the bridge: what it said before it was pointed there."""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy import http


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The fields of the client's request that the bridge call replaces."""

    ticket: str
    scheme: str
    host: str
    port: int
    authority: str
    method: str
    path: str
    headers: http.Headers
    content: bytes | None

    def restore(self, flow: http.HTTPFlow) -> None:
        """Put the client's request back, so that inspectors show the real call."""
        request = flow.request
        request.data.scheme = self.scheme.encode()
        request.data.host = self.host
        request.data.port = self.port
        request.data.authority = self.authority.encode()
        request.data.method = self.method.encode()
        request.data.path = self.path.encode("utf-8", "surrogateescape")
        request.data.headers = self.headers
        request.data.content = self.content


def point_at_bridge(flow: http.HTTPFlow, port: int, ticket: str) -> Original:
    """Make the flow fetch its reply from the bridge; return what it was."""
    request = flow.request
    original = Original(
        ticket=ticket,
        scheme=request.scheme,
        host=request.host,
        port=request.port,
        authority=request.authority,
        method=request.method,
        path=request.path,
        headers=request.headers,
        content=request.raw_content,
    )
    request.data.scheme = b"http"
    request.data.host = "127.0.0.1"
    request.data.port = port
    request.data.authority = f"127.0.0.1:{port}".encode() if request.is_http2 else b""
    request.data.method = b"GET"
    request.data.path = f"/{ticket}".encode()
    request.data.headers = http.Headers(host=f"127.0.0.1:{port}")
    request.data.content = b""
    return original
