"""Certificates of the test authority are accepted by those who trust it, for their names only."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.fakes.tls import Authority


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """Do a TLS handshake in memory and return the protocol chosen by ALPN."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (near, far, near, far):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return near.selected_alpn_protocol()


@pytest.mark.parametrize("name", ["api.example.com", "127.0.0.1"])
def test_a_client_that_trusts_the_root_accepts_the_leaf(name: str) -> None:
    authority = Authority()
    client = authority.client_context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    server = authority.server_context("api.example.com", "127.0.0.1")
    assert shake_hands(server, client, name) == "http/1.1"


def test_another_name_and_another_root_are_refused() -> None:
    authority = Authority()
    server = authority.server_context("api.example.com")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(server, authority.client_context(), "other.example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, Authority().client_context(), "api.example.com")


def test_the_root_can_be_written_for_others_to_trust(tmp_path: Path) -> None:
    authority = Authority()
    path = authority.write_root(tmp_path / "ca.pem")
    assert path.read_bytes() == authority.root_pem
    ssl.create_default_context(cafile=path)
