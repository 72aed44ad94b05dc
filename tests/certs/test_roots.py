"""Finding roots and reading certificates."""

from __future__ import annotations

import base64
import os
import ssl
from pathlib import Path

import certifi
import pytest

from plexus.certs.roots import named_places, read_place, system_places, usable, windows_store
from tests.certs.making import certificate, der, ec_key, pem

FIRST, SECOND = certificate("CN=First"), certificate("CN=Second")


def block(content: bytes, label: str = "CERTIFICATE") -> bytes:
    text = base64.encodebytes(content)
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label.encode(), text, label.encode())


def test_this_machines_places_begin_with_the_public_roots_and_all_exist():
    places = system_places()

    assert places[0] == Path(certifi.where())
    assert all(place.exists() for place in places)


def test_an_environment_names_files_of_roots():
    env = {
        "SSL_CERT_FILE": "/corp/all.pem",
        "NODE_EXTRA_CA_CERTS": "/corp/extra.pem",
        "REQUESTS_CA_BUNDLE": "",
        "SSL_CERT_DIR": os.pathsep.join(["/corp/one", "", "/corp/two"]),
        "HTTPS_PROXY": "http://proxy:8080",
        "GIT_SSL_CAINFO": "/corp/git.pem",
    }

    assert named_places(env) == (
        ("SSL_CERT_FILE", Path("/corp/all.pem")),
        ("NODE_EXTRA_CA_CERTS", Path("/corp/extra.pem")),
        ("SSL_CERT_DIR", Path("/corp/one")),
        ("SSL_CERT_DIR", Path("/corp/two")),
    )


def test_a_file_gives_its_certificates_and_nothing_else_that_is_in_it(tmp_path):
    path = tmp_path / "all.pem"
    path.write_bytes(b"# comment\r\n" + pem(FIRST, ec_key(), SECOND))

    assert list(read_place(path)) == [der(FIRST), der(SECOND)]


def test_what_openssl_adds_to_a_trusted_certificate_is_left_off(tmp_path):
    path = tmp_path / "trusted.pem"
    aux = bytes.fromhex("300c300a06082b06010505070301")  # trusted for: TLS server
    path.write_bytes(block(der(FIRST) + aux, "TRUSTED CERTIFICATE"))

    assert list(read_place(path)) == [der(FIRST)]


def test_a_folder_gives_the_certificates_of_its_files_by_name(tmp_path):
    (tmp_path / "b.pem").write_bytes(pem(SECOND))
    (tmp_path / "a.crt").write_bytes(pem(FIRST))
    (tmp_path / "README").write_text("no certificate")
    (tmp_path / "deeper").mkdir()

    assert list(read_place(tmp_path)) == [der(FIRST), der(SECOND)]


def test_a_place_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_place(tmp_path / "absent.pem"))


@pytest.mark.parametrize(
    "bad",
    [b"", b"\x30", b"\x30\x03abc", b"\x30\x82\xff\xff", der(FIRST)[:-5]],
    ids=["empty", "a-byte", "no-certificate", "too-short", "cut-off"],
)
def test_only_what_openssl_can_read_is_usable(tmp_path, bad):
    path = tmp_path / "some.pem"
    path.write_bytes(block(bad) + b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")

    assert list(usable([*read_place(path), der(SECOND)])) == [der(SECOND)]


def test_windows_keeps_its_roots_in_a_store(monkeypatch):
    def store(name: str) -> list[tuple[bytes, str, object]]:
        assert name == "ROOT"
        return [(b"one", "x509_asn", True), (b"a bag", "pkcs_7_asn", True)]

    monkeypatch.setattr(ssl, "enum_certificates", store, raising=False)

    assert list(windows_store()) == [b"one"]


def test_other_systems_do_not(monkeypatch):
    monkeypatch.delattr(ssl, "enum_certificates", raising=False)

    assert list(windows_store()) == []
