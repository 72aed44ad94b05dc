"""Who vouches for providers."""

import ssl
from pathlib import Path

import pytest

from plexus.addons.roots import provider_roots, tls_context
from plexus.transforms.errors import GatewayError
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority


def test_the_public_roots_and_those_that_users_add_vouch_for_providers(tmp_path: Path) -> None:
    own = Authority().write_root(tmp_path / "own.pem")
    roots = provider_roots(tmp_path, str(own), {})
    assert roots == tmp_path / "ca" / "provider-roots.pem"
    found = tls_context(roots).get_ca_certs()
    names = {str(certificate["subject"]) for certificate in found}
    assert any("Plexus test CA" in name for name in names)
    assert len(found) > 50


def test_a_file_without_a_certificate_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(GatewayError, match=r"empty\.pem"):
        provider_roots(tmp_path, str(tmp_path / "empty.pem"), {})


def test_names_and_certificates_are_checked_and_old_tls_refused(tmp_path: Path) -> None:
    context = tls_context(provider_roots(tmp_path, None, {}))
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_our_own_ca_does_not_vouch_for_providers(tmp_path: Path) -> None:
    stranger = Authority()
    context = tls_context(provider_roots(tmp_path, None, {}))
    async with Provider(tls=stranger.server_context("localhost")) as provider:
        with pytest.raises(ssl.SSLCertVerificationError):
            await _connect(provider.port, context)
        await _connect(provider.port, stranger.client_context())


async def _connect(port: int, context: ssl.SSLContext) -> None:
    import asyncio

    _, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    writer.close()
