"""One kind of call whose cost is measured: what is sent, through which door, and what is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

KEY: Final = "sk-bench-key"
VENDOR: Final = "api.openai.com"  # whose host is called through the intercepting door

# The gateway's own address; or a vendor's through HTTPS_PROXY, by HTTP/1.1 or HTTP/2 over TLS.
type Door = Literal["listener", "proxy-h1", "proxy-h2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of call. A reply is right when it is `whole`, or holds `signs` in this order."""

    name: str
    path: str
    body: bytes
    whole: bytes | None = None
    signs: tuple[bytes, ...] = ()
    connections: int = 32
    only_gateway: bool = False
    door: Door = "listener"
    setup: str = "plain"  # which of the gateway's configurations, see `tests.bench.setups`
    first: bytes = b"word"  # what the first token of a streamed reply holds
    stagger: float = 0.0  # seconds between the first calls of two connections
    vendor: str = VENDOR

    def request(self, host: str) -> bytes:
        """The whole HTTP/1.1 request."""
        lines = [f"{name}: {value}\r\n" for name, value in self.headers()]
        head = f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\n{''.join(lines)}\r\n"
        return head.encode() + self.body

    def headers(self) -> list[tuple[str, str]]:
        """The header fields besides the host."""
        return [
            ("authorization", f"Bearer {KEY}"),
            ("content-type", "application/json"),
            ("accept", "*/*"),
            ("user-agent", "bench"),
            ("content-length", str(len(self.body))),
        ]

    def accepts(self, payload: bytes) -> bool:
        """Whether a reply's body is the right one."""
        if self.whole is not None:
            return payload == self.whole
        at = 0
        for sign in self.signs:
            at = payload.find(sign, at)
            if at < 0:
                return False
        return True
