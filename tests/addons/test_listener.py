"""One port: the first bytes decide who serves a connection."""

import pytest
from mitmproxy.proxy import mode_specs

from plexus.addons.listener import PlexusMode, is_proxy_start, mode_spec


@pytest.mark.parametrize(
    ("start", "to_proxy"),
    [
        (b"\x16\x03\x01", True),
        (b"CONNECT api.openai.com:443 HTTP/1.1\r\n", True),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True),
        (b"GET http://example.com/ HTTP/1.1\r\n", True),
        (b"POST HTTP://EXAMPLE.COM/ HTTP/1.1\r\n", True),
        (b"POST /v1/chat/completions HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET /\n", False),
        (b"garbage that is no HTTP at all, but long", False),
        (b"", None),
        (b"PO", None),
        (b"CONN", None),
        (b"GET http:", None),
    ],
)
def test_the_first_bytes_tell_gateway_from_proxy(start: bytes, to_proxy: bool | None) -> None:
    assert is_proxy_start(start) is to_proxy


@pytest.mark.parametrize(
    "whole",
    [
        b"CONNECT api.openai.com:443 HTTP/1.1\r\n",
        b"POST /v1/messages HTTP/1.1\r\n",
        b"POST http://example.com/v1/messages HTTP/1.1\r\n",
        b"OPTIONS https://example.com/ HTTP/1.1\r\n",
    ],
)
def test_the_decision_is_the_same_however_the_bytes_arrive(whole: bytes) -> None:
    final = is_proxy_start(whole)
    early = {is_proxy_start(whole[:n]) for n in range(len(whole))}
    assert early <= {None, final}


def test_the_mode_is_one_of_mitmproxys() -> None:
    mode = mode_specs.ProxyMode.parse(mode_spec("127.0.0.1", 4123))
    assert isinstance(mode, PlexusMode)
    assert (mode.listen_host(), mode.listen_port()) == ("127.0.0.1", 4123)
    assert PlexusMode.parse("plexus").listen_port() == 4000
    assert mode.transport_protocol == "tcp"


def test_the_mode_takes_no_arguments() -> None:
    with pytest.raises(ValueError, match="no arguments"):
        mode_specs.ProxyMode.parse("plexus:something@4000")
