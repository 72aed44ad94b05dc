"""The CA on disk, as mitmproxy and TLS clients see it."""

from __future__ import annotations

import os
import re
import ssl
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dh, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_parameters
from mitmproxy.certs import CertStore

from plexus.certs.authority import CERT_FILE, DH_FILE, KEY_FILE, load_or_create
from plexus.transforms.errors import GatewayError, Kind
from tests.certs.making import NOW, certificate, ec_key, pem

FILES = sorted([CERT_FILE, DH_FILE, KEY_FILE])


def create(directory: Path, **options: object):
    return load_or_create(directory, **{"now": NOW, "host": "testbed", **options})


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_new_authority_is_made_of_three_files_of_which_the_key_is_private(tmp_path):
    authority = create(tmp_path / "ca")

    assert sorted(os.listdir(authority.directory)) == FILES
    assert [stat.S_IMODE((tmp_path / "ca" / name).stat().st_mode) for name in FILES] == [
        0o644, 0o600, 0o644,
    ]  # fmt: skip
    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
    assert b"PRIVATE" not in authority.certificate.read_bytes()


def test_what_is_told_of_an_authority_is_what_its_certificate_says(tmp_path):
    authority = create(tmp_path)
    made = x509.load_pem_x509_certificate(authority.certificate.read_bytes())

    assert re.fullmatch(r"Plexus CA \(testbed [0-9a-f]{8}\)", authority.subject)
    assert made.subject.rfc4514_string() == f"CN={authority.subject}"
    assert authority.fingerprint.replace(":", "") == made.fingerprint(hashes.SHA256()).hex().upper()
    assert authority.not_after == made.not_valid_after_utc == NOW + timedelta(days=3650)
    assert authority.notes == ()


def test_a_new_certificate_says_that_it_signs_tls_servers_and_nothing_else(tmp_path):
    made = x509.load_pem_x509_certificate(create(tmp_path).certificate.read_bytes())
    extensions = {extension.oid: extension for extension in made.extensions}
    constraints = extensions[x509.BasicConstraints.oid]
    usage = extensions[x509.KeyUsage.oid]

    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert (usage.value.key_cert_sign, usage.value.digital_signature) == (True, False)
    assert constraints.critical
    assert usage.critical
    assert list(extensions[x509.ExtendedKeyUsage.oid].value) == [
        x509.ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert x509.SubjectKeyIdentifier.oid in extensions


@pytest.mark.parametrize(
    ("host", "pattern"),
    [("", r"Plexus CA \([0-9a-f]{8}\)"), ("h" * 99, r"Plexus CA \(h{32} [0-9a-f]{8}\)")],
)
def test_a_name_is_made_of_any_host(tmp_path, host, pattern):
    assert re.fullmatch(pattern, create(tmp_path, host=host).subject)


def test_by_default_the_name_holds_this_machines(tmp_path):
    assert create(tmp_path, host=None).subject.startswith("Plexus CA (")


def test_an_authority_is_made_once(tmp_path):
    first = create(tmp_path)
    before = contents(tmp_path)

    second = create(tmp_path, now=NOW + timedelta(days=100))

    assert second == first
    assert contents(tmp_path) == before


def test_threads_that_start_at_once_get_the_same_authority(tmp_path):
    barrier = Barrier(8)

    def start(_: int):
        barrier.wait()
        return create(tmp_path / "ca")

    with ThreadPoolExecutor(8) as pool:
        authorities = set(pool.map(start, range(8)))

    assert len(authorities) == 1
    assert sorted(os.listdir(tmp_path / "ca")) == FILES


def test_processes_that_start_at_once_get_the_same_authority(tmp_path):
    script = (
        "import sys, pathlib, datetime\n"
        "from plexus.certs.authority import load_or_create\n"
        "now = datetime.datetime.now(datetime.UTC)\n"
        "sys.stdin.readline()\n"
        "print(load_or_create(pathlib.Path(sys.argv[1]), now=now).fingerprint)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "ca")]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    printed = [child.communicate(timeout=30)[0] for child in children]

    assert all(printed)
    assert len(set(printed)) == 1
    assert sorted(os.listdir(tmp_path / "ca")) == FILES


def test_mitmproxy_finds_all_its_files_and_writes_none(tmp_path):
    authority = create(tmp_path)
    before = contents(tmp_path)

    store = CertStore.from_store(tmp_path, "mitmproxy", 2048)

    assert store.default_ca.fingerprint().hex(":").upper() == authority.fingerprint
    assert contents(tmp_path) == before


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> dict:
    """Shake hands in memory and return the server's certificate as the client verified it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(3):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].getpeercert()


@pytest.mark.parametrize("key", ["ec", "rsa"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_strict_client_accepts_the_leaves_that_mitmproxy_signs(tmp_path, key, version):
    if key == "rsa":
        CertStore.create_store(tmp_path, "mitmproxy", 2048)  # as an operator may bring along
    authority = create(tmp_path)
    names = [x509.DNSName("api.example.com")]
    entry = CertStore.from_store(tmp_path, "mitmproxy", 2048).get_cert("api.example.com", names)
    (tmp_path / "leaf.pem").write_bytes(pem(entry.privatekey, entry.cert.to_cryptography()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "leaf.pem")
    client = ssl.create_default_context(cafile=authority.certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.minimum_version = client.maximum_version = version

    seen = handshake(server, client, "api.example.com")

    assert seen["subjectAltName"] == (("DNS", "api.example.com"),)
    assert seen["issuer"] is not None


def test_the_dh_parameters_are_a_safe_prime_that_mitmproxy_can_read(tmp_path):
    create(tmp_path)

    parameters = load_pem_parameters((tmp_path / DH_FILE).read_bytes())

    assert isinstance(parameters, dh.DHParameters)
    prime = parameters.parameter_numbers().p
    # RFC 7919 §A.1: how ffdhe2048 begins and ends.
    assert f"{prime:x}".startswith("ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1")
    assert f"{prime:x}".endswith("886b423861285c97ffffffffffffffff")
    assert pow(2, prime - 1, prime) == 1
    assert CertStore.load_dhparam(tmp_path / DH_FILE)


KEY = ec_key()
GOOD = pem(KEY, certificate(key=KEY))
DAMAGED = {
    "is empty": b"",
    "is no PEM": b"-----BEGIN NONSENSE-----",
    "holds no key": pem(certificate()),
    "holds no certificate": pem(KEY),
    "is half written, in the key": GOOD[:120],
    "is half written, in the certificate": GOOD[:-120],
    "holds another's certificate": pem(KEY, certificate()),
    "holds a leaf": pem(KEY, certificate(key=KEY, ca=False)),
    "holds a CA that may not sign": pem(KEY, certificate(key=KEY, signs=False)),
    "holds a CA that does not say what for": pem(KEY, certificate(key=KEY, signs=None)),
    "is locked": pem(KEY, certificate(key=KEY), passphrase=b"secret"),
    "holds a key that mitmproxy cannot use": (
        pem(edwards := ed25519.Ed25519PrivateKey.generate(), certificate(key=edwards))
    ),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_key_file_that_cannot_be_used_is_named_with_the_remedy_and_left_alone(tmp_path, content):
    (tmp_path / KEY_FILE).write_bytes(content)

    with pytest.raises(GatewayError, match="cannot be used") as caught:
        create(tmp_path)

    assert (caught.value.kind, caught.value.where) == (Kind.INTERNAL, str(tmp_path / KEY_FILE))
    assert "Restore the file from a backup" in caught.value.message
    assert contents(tmp_path) == {KEY_FILE: content}


@pytest.mark.parametrize(
    ("days", "message"),
    [(365, "the CA expired on "), (-2, "is not valid before .*; check this machine's clock")],
)
def test_an_authority_is_refused_outside_its_time(tmp_path, days, message):
    (tmp_path / KEY_FILE).write_bytes(GOOD)

    with pytest.raises(GatewayError, match=message):
        create(tmp_path, now=NOW + timedelta(days=days))

    assert contents(tmp_path) == {KEY_FILE: GOOD}


def test_an_authority_that_soon_expires_is_noted(tmp_path):
    (tmp_path / KEY_FILE).write_bytes(GOOD)
    (tmp_path / KEY_FILE).chmod(0o600)

    assert create(tmp_path, now=NOW + timedelta(days=334)).notes == ()
    (note,) = create(tmp_path, now=NOW + timedelta(days=336)).notes
    assert f"expires on {NOW + timedelta(days=365):%Y-%m-%d}" in note


def test_a_key_that_others_can_read_is_noted(tmp_path):
    authority = create(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)

    assert create(tmp_path) == replace(
        authority,
        notes=(f"other users may read the CA's private key: chmod 600 {tmp_path / KEY_FILE}",),
    )


def test_an_authority_of_ones_own_is_used_with_its_chain(tmp_path):
    key = rsa.generate_private_key(65537, 2048)
    mine, root = certificate("CN=Acme Issuing CA", key), certificate("CN=Acme Root")
    (tmp_path / KEY_FILE).write_bytes(pem(key, mine, root))

    authority = create(tmp_path)

    assert authority.subject == "Acme Issuing CA"
    assert authority.certificate.read_bytes() == pem(mine, root)


def test_an_authority_without_a_common_name_is_called_by_its_whole_name(tmp_path):
    (tmp_path / KEY_FILE).write_bytes(pem(KEY, certificate("O=Acme,C=NO", KEY)))

    assert create(tmp_path).subject == "O=Acme,C=NO"


def test_the_public_copy_is_written_again_when_it_is_gone(tmp_path):
    authority = create(tmp_path)
    before = authority.certificate.read_bytes()
    authority.certificate.unlink()

    create(tmp_path)

    assert authority.certificate.read_bytes() == before


def test_the_public_copy_may_be_commented(tmp_path):
    authority = create(tmp_path)
    authority.certificate.write_bytes(b"# ours\n" + authority.certificate.read_bytes())

    assert create(tmp_path) == authority


@pytest.mark.parametrize("content", [b"", b"nonsense", pem(certificate())])
def test_a_public_copy_of_something_else_is_named_and_left_alone(tmp_path, content):
    create(tmp_path)
    (tmp_path / CERT_FILE).write_bytes(content)

    with pytest.raises(GatewayError, match="move it away and start again") as caught:
        create(tmp_path)

    assert caught.value.where == str(tmp_path / CERT_FILE)
    assert (tmp_path / CERT_FILE).read_bytes() == content
