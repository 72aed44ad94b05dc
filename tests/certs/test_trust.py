"""The combined bundle and a child's environment, on paper and with real programs."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from mitmproxy.certs import CertStore

from plexus.certs.authority import load_or_create
from plexus.certs.trust import child_environment, child_notes, write_bundle
from plexus.certs.variables import VARIABLES
from plexus.transforms.errors import GatewayError
from tests.certs.making import NOW, certificate, ec_key, pem

PROXY = "http://127.0.0.1:4000"
CA, BUNDLE = Path("/ca/ca.pem"), Path("/ca/bundle.pem")
OURS, SYSTEM, CORPORATE = (
    certificate("CN=Ours"),
    certificate("CN=System"),
    certificate("CN=Corporate"),
)


def files(folder: Path, **contents: bytes) -> dict[str, Path]:
    """Write files `<name>.pem` and return their paths by name."""
    paths = {name: folder / f"{name}.pem" for name in contents}
    for name, path in paths.items():
        path.write_bytes(contents[name])
    return paths


def roots(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(path.read_bytes())


def test_the_bundle_holds_ours_the_systems_and_the_companys_roots_once_each(tmp_path):
    made = files(
        tmp_path,
        ours=pem(OURS, ec_key()),
        system=pem(SYSTEM, OURS),
        corporate=pem(CORPORATE, SYSTEM),
    )
    env = {"SSL_CERT_FILE": str(made["corporate"]), "NODE_EXTRA_CA_CERTS": str(made["corporate"])}

    path = write_bundle(tmp_path / "bundle.pem", [made["ours"]], env, system=[made["system"]])

    assert roots(path) == [OURS, SYSTEM, CORPORATE]
    assert b"PRIVATE" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644


def test_environments_with_roots_of_their_own_have_bundles_of_their_own(tmp_path):
    other = certificate("CN=Other")
    made = files(
        tmp_path, ours=pem(OURS), system=pem(SYSTEM), corporate=pem(CORPORATE), other=pem(other)
    )

    def bundle(env: dict[str, str]) -> Path:
        target = tmp_path / "bundle.pem"
        return write_bundle(target, [made["ours"]], env, system=[made["system"]])

    plain, one, two = (
        bundle({}),
        bundle({"SSL_CERT_FILE": str(made["corporate"])}),
        bundle({"SSL_CERT_FILE": str(made["other"])}),
    )

    assert plain == tmp_path / "bundle.pem"
    assert one.name.startswith("bundle-") and one.suffix == ".pem"
    assert [roots(path)[2:] for path in (plain, one, two)] == [[], [CORPORATE], [other]]
    assert bundle({"REQUESTS_CA_BUNDLE": str(made["corporate"])}) == one


def test_a_bundle_made_within_another_childs_environment_is_the_same_one(tmp_path):
    made = files(tmp_path, ours=pem(OURS), system=pem(SYSTEM), corporate=pem(CORPORATE))

    def bundle(named: Path) -> Path:
        env = {"SSL_CERT_FILE": str(named)}
        target = tmp_path / "bundle.pem"
        return write_bundle(target, [made["ours"]], env, system=[made["system"]])

    first = bundle(made["corporate"])
    assert bundle(first) == first
    assert bundle(made["system"]) == tmp_path / "bundle.pem"
    assert bundle(tmp_path / "bundle.pem") == tmp_path / "bundle.pem"


def test_the_bundle_begins_as_all_that_this_machine_trusts(tmp_path):
    made = files(tmp_path, ours=pem(OURS))

    path = write_bundle(tmp_path / "bundle.pem", [made["ours"]], {})

    loaded = ssl.create_default_context(cafile=path).get_ca_certs()
    assert len(loaded) > 100
    assert any(root["subject"] == ((("commonName", "Ours"),),) for root in loaded)


def test_the_bundle_follows_its_sources(tmp_path):
    made = files(tmp_path, ours=pem(OURS), system=pem(SYSTEM))
    target = tmp_path / "bundle.pem"
    write_bundle(target, [made["ours"]], {}, system=[made["system"]])
    files(tmp_path, system=pem(CORPORATE))

    write_bundle(target, [made["ours"]], {}, system=[made["system"]])

    assert roots(target) == [OURS, CORPORATE]


def test_a_bundle_that_is_up_to_date_is_not_written_again(tmp_path):
    made = files(tmp_path, ours=pem(OURS))
    target = write_bundle(tmp_path / "bundle.pem", [made["ours"]], {}, system=[])
    before = target.stat()

    write_bundle(target, [made["ours"]], {}, system=[])

    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_named_source_that_is_gone_costs_nothing_but_its_roots(tmp_path):
    made = files(tmp_path, ours=pem(OURS))
    env = {"SSL_CERT_FILE": str(tmp_path / "absent.pem")}

    path = write_bundle(tmp_path / "bundle.pem", [made["ours"]], env, system=[tmp_path / "none"])

    assert roots(path) == [OURS]


@pytest.mark.parametrize("content", [b"", b"nonsense", pem(ec_key())])
def test_an_added_file_must_hold_a_certificate(tmp_path, content):
    made = files(tmp_path, extra=content)

    with pytest.raises(GatewayError, match="holds no certificate") as caught:
        write_bundle(tmp_path / "bundle.pem", [made["extra"]], {}, system=[])

    assert caught.value.where == str(made["extra"])
    assert not (tmp_path / "bundle.pem").exists()


def test_an_added_file_must_be_there(tmp_path):
    with pytest.raises(GatewayError, match=r"cannot read .*absent\.pem"):
        write_bundle(tmp_path / "bundle.pem", [tmp_path / "absent.pem"], {}, system=[])


def test_a_child_gets_every_variable():
    parents = {"HOME": "/home/me", "SSL_CERT_FILE": "/old.pem", "HTTP_PROXY": "http://corp:3128"}

    assert child_environment(parents, PROXY, CA, BUNDLE) == {
        "HTTPS_PROXY": PROXY,
        "https_proxy": PROXY,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "NODE_USE_ENV_PROXY": "1",
        "SSL_CERT_FILE": "/ca/bundle.pem",
        "NODE_EXTRA_CA_CERTS": "/ca/ca.pem",
        "REQUESTS_CA_BUNDLE": "/ca/bundle.pem",
        "CURL_CA_BUNDLE": "/ca/bundle.pem",
        "AWS_CA_BUNDLE": "/ca/bundle.pem",
        "DENO_CERT": "/ca/ca.pem",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "/ca/bundle.pem",
        "CODEX_CA_CERTIFICATE": "/ca/bundle.pem",
        "NIX_SSL_CERT_FILE": "/ca/bundle.pem",
    }


def test_roots_that_the_parent_had_added_are_not_lost():
    env = child_environment({"NODE_EXTRA_CA_CERTS": "/corp.pem"}, PROXY, CA, BUNDLE)

    assert (env["NODE_EXTRA_CA_CERTS"], env["DENO_CERT"]) == ("/ca/bundle.pem", "/ca/ca.pem")


def test_a_child_of_a_child_gets_the_same_environment():
    once = child_environment({"NODE_EXTRA_CA_CERTS": ""}, PROXY, CA, BUNDLE)

    assert child_environment(once, PROXY, CA, BUNDLE) == once


def test_exemptions_of_both_spellings_are_kept():
    env = {"NO_PROXY": "corp.example, ::1,", "no_proxy": "10.0.0.0/8,corp.example"}

    merged = child_environment(env, PROXY, CA, BUNDLE)

    assert merged["NO_PROXY"] == "corp.example,::1,10.0.0.0/8,localhost,127.0.0.1"
    assert merged["no_proxy"] == merged["NO_PROXY"]


def test_a_proxy_that_is_bypassed_is_told_without_its_password():
    env = {
        "HTTPS_PROXY": "http://me:s3cret@corp:3128/",
        "https_proxy": "http://me:s3cret@corp:3128/",
        "ALL_PROXY": "corp2:1080",
    }

    assert child_notes(env, PROXY) == (
        "HTTPS_PROXY names the proxy corp:3128: the child's calls go to Plexus instead, and Plexus "
        "connects to the providers directly",
        "ALL_PROXY names the proxy corp2:1080: the child's calls go to Plexus instead, and Plexus "
        "connects to the providers directly",
    )


def test_nothing_is_told_when_nothing_is_bypassed():
    env = {"HTTPS_PROXY": PROXY, "https_proxy": "", "NO_PROXY": "localhost"}

    assert child_notes(env, PROXY, ["api.openai.com"]) == ()


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ("*", True),
        ("openai.com", True),
        (".openai.com", True),
        ("*.OpenAI.com", True),
        ("api.openai.com:443", True),
        ("penai.com", False),
        ("example.com", False),
        ("[::1]", False),
    ],
)
def test_an_exemption_that_covers_an_intercepted_host_is_told(entry, covered):
    notes = child_notes({"no_proxy": entry}, PROXY, ["api.openai.com"])

    told = f"NO_PROXY holds {entry}, so calls to api.openai.com do not go through Plexus"
    assert notes == ((told,) if covered else ())


def test_a_named_source_that_is_gone_is_told(tmp_path):
    made = files(tmp_path, corporate=pem(CORPORATE))
    env = {"SSL_CERT_FILE": "/no/such.pem", "REQUESTS_CA_BUNDLE": str(made["corporate"])}

    assert child_notes(env, PROXY) == (
        f"SSL_CERT_FILE names {Path('/no/such.pem')}, which cannot be read: no roots are taken "
        "from it",
    )


def test_the_documentation_names_every_variable():
    text = (Path(__file__).parents[2] / "docs" / "interception.md").read_text()

    missing = [variable.name for variable in VARIABLES if f"`{variable.name}`" not in text]
    assert missing == []


@contextmanager
def door(directory: Path, host: str) -> Iterator[str]:
    """Play the intercepting door for one call: CONNECT, then TLS as `host`, then one answer."""
    entry = CertStore.from_store(directory, "mitmproxy", 2048).get_cert(host, [x509.DNSName(host)])
    leaf = directory / "leaf.pem"
    leaf.write_bytes(pem(entry.privatekey, entry.cert.to_cryptography()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)

    def serve() -> None:
        with closing(listener.accept()[0]) as plain:
            plain.settimeout(20)
            assert plain.recv(65536).startswith(f"CONNECT {host}:443 ".encode())
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(65536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ntrusted")

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(20)
        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)
    assert not thread.is_alive()


URL = "https://llm.example.com/v1"
# Node 20 knows no proxy by itself (clients.md); what counts here is that it trusts the CA.
NODE = """
const http = require('http'), https = require('https');
const proxy = new URL(process.env.HTTPS_PROXY), url = new URL(process.argv[1]);
const tunnel = http.request({host: proxy.hostname, port: proxy.port, method: 'CONNECT',
                             path: url.host + ':443'});
tunnel.on('connect', (_, socket) => https.get(url, {socket, agent: false}, reply => {
    reply.on('data', data => process.stdout.write(data));
    reply.on('end', () => socket.destroy());
}));
tunnel.end();
"""
CLIENTS = {
    "httpx": [sys.executable, "-c", f"import httpx; print(httpx.get('{URL}').text)"],
    "requests": [sys.executable, "-c", f"import requests; print(requests.get('{URL}').text)"],
    "urllib": [
        sys.executable,
        "-c",
        f"import urllib.request as u; print(u.urlopen('{URL}').read().decode())",
    ],
    "curl": ["curl", "--silent", "--show-error", URL],
    "node": ["node", "-e", NODE, URL],
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_real_client_calls_through_us_and_trusts_us(tmp_path, client):
    command = CLIENTS[client]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed here")
    authority = load_or_create(tmp_path, now=NOW)
    bundle = write_bundle(tmp_path / "bundle.pem", [authority.certificate], {})

    with door(tmp_path, "llm.example.com") as proxy:
        ours = child_environment({}, proxy, authority.certificate, bundle)
        env = {"PATH": os.environ["PATH"], **ours}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=30, check=False
        )

    assert (done.stdout.strip(), done.returncode) == ("trusted", 0), done.stderr
