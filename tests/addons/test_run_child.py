"""`plexus run -- CMD`: the child goes through us, and its ending is ours."""

import asyncio
import json
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from plexus.addons.run_child import HOST_NAMES, Trust, is_gateway
from tests.e2e.processes import CLI, free_port, process, served
from tests.e2e.running import one_provider
from tests.fakes.provider import Provider

TELL = "import json, os; print(json.dumps(dict(os.environ)))"
CALL = """
import json, os, ssl, urllib.request
request = urllib.request.Request(
    "https://api.openai.com/v1/chat/completions",
    data=json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode(),
    headers={"authorization": "Bearer sk-plexus-app", "content-type": "application/json"},
)
print(urllib.request.urlopen(request).read().decode())
"""


def python(code: str) -> list[str]:
    return [*CLI, "run", "--", sys.executable, "-c", code]


async def test_the_child_sees_the_gateway_that_runs_and_its_authority(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        env = {"DATA_DIR": str(gateway.data), "PORT": str(gateway.port), "KEPT": "as it was"}
        async with process(python(TELL), env) as child:
            assert await child.ended() == 0
    told = json.loads(child.out[-1])
    assert told["HTTPS_PROXY"] == gateway.url
    assert told["NODE_EXTRA_CA_CERTS"] == str(gateway.data / "ca" / "ca.pem")
    assert len(ssl.create_default_context(cafile=told["SSL_CERT_FILE"]).get_ca_certs()) > 50
    assert told["KEPT"] == "as it was"
    assert "127.0.0.1" in told["NO_PROXY"]


async def test_an_unmodified_program_is_routed_by_a_gateway_started_for_it(
    tmp_path: Path, provider: Provider
) -> None:
    config = tmp_path / "plexus.yaml"
    config.write_text(one_provider(provider) + "intercept: {mode: route}\n")
    env = {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}
    line = [*CLI, "run", "--config", str(config), "--", sys.executable, "-c", CALL]
    async with process(line, env) as child:
        assert await child.ended() == 0, child.everything()
    assert json.loads(child.out[-1])["object"] == "chat.completion"
    assert (await provider.received()).headers["authorization"] == "Bearer sk-provider-secret"
    started = next(line for line in child.err if "started one on port" in line)
    assert not is_gateway(int(started.rpartition(" ")[2])), "it ends with its child"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(7)", 7),
        ("raise SystemExit(0)", 0),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
async def test_the_childs_status_is_ours(
    tmp_path: Path, provider: Provider, code: str, status: int
) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        env = {"DATA_DIR": str(gateway.data), "PORT": str(gateway.port)}
        async with process(python(code), env) as child:
            assert await child.ended() == status


async def test_a_signal_to_stop_is_the_childs(tmp_path: Path, provider: Provider) -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('child is up', flush=True)\n"
        "signal.pause()\n"
    )
    async with served(tmp_path, one_provider(provider)) as gateway:
        env = {"DATA_DIR": str(gateway.data), "PORT": str(gateway.port)}
        async with process(python(code), env) as child:
            await child.says("child is up")
            child.signal(signal.SIGTERM)
            assert await child.ended() == 5


async def test_being_stopped_while_its_gateway_starts_leaves_none_behind(
    tmp_path: Path, provider: Provider
) -> None:
    config = tmp_path / "plexus.yaml"
    config.write_text(one_provider(provider))
    env = {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())}
    line = [*CLI, "run", "--config", str(config), "--", sys.executable, "-c", "pass"]
    async with process(line, env) as child:
        started = await child.says("started one on port")
        child.signal(signal.SIGTERM)
        assert await child.ended() == 128 + signal.SIGTERM  # its pipes are closed: nobody is left
    assert not is_gateway(int(started.rpartition(" ")[2]))


async def test_a_command_that_is_not_there_is_said(tmp_path: Path, provider: Provider) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        env = {"DATA_DIR": str(gateway.data), "PORT": str(gateway.port)}
        async with process([*CLI, "run", "--", "no-such-command"], env) as child:
            assert await child.ended() == 127
    assert child.err == ["plexus: cannot run 'no-such-command': No such file or directory"]


async def test_a_gateway_that_does_not_start_is_said_and_nothing_run(tmp_path: Path) -> None:
    config = tmp_path / "plexus.yaml"
    config.write_text("providers: 7\n")
    line = [*CLI, "run", "--config", str(config), "--", sys.executable, "-c", "print('ran')"]
    async with process(line, {"DATA_DIR": str(tmp_path), "PORT": str(free_port())}) as child:
        assert await child.ended() == 1
    assert "ran" not in child.out
    assert "providers" in child.everything()
    assert child.err[-1] == "plexus: the gateway did not start; its own message is above"


@pytest.mark.parametrize("env", [{"PORT": "many"}, {"DATA_DIR": "/proc/nowhere"}])
async def test_what_prevents_it_is_one_sentence(tmp_path: Path, env: dict[str, str]) -> None:
    async with process(python("pass"), {"DATA_DIR": str(tmp_path), **env}) as child:
        assert await child.ended() == 1
    assert child.err[0].startswith("plexus: ") and "Traceback" not in child.everything()


def test_the_variables_can_be_read_by_a_shell(tmp_path: Path) -> None:
    place = tmp_path / "it's a folder"
    line = [*CLI, "run", "--print-env"]
    env = {"DATA_DIR": str(place), "PORT": "4321", "PATH": "/usr/bin:/bin"}
    printed = subprocess.run(line, env=env, capture_output=True, check=True, text=True).stdout
    script = printed + '\nprintf %s "$HTTPS_PROXY $SSL_CERT_FILE"'
    told = subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True).stdout
    assert told == f"http://127.0.0.1:4321 {place}/ca/bundle.pem"


def test_only_what_must_change_changes(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.write_bytes(_authority())
    trust = Trust(certificate, {"HOME": "/home/me", "SSL_CERT_FILE": "/theirs.pem"})
    changes = trust.changes(4000)
    environment = trust.environment(4000)
    assert environment == {"HOME": "/home/me", **changes}
    assert environment["SSL_CERT_FILE"] == str(tmp_path / "bundle.pem")
    assert f"export HTTPS_PROXY={shlex.quote('http://127.0.0.1:4000')}" in trust.as_shell(4000)


def test_children_whose_parents_trust_different_roots_do_not_share_a_bundle(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.write_bytes(_authority())
    bundles = []
    for name in ("one", "two"):
        roots = tmp_path / f"{name}.pem"
        roots.write_bytes(_authority())
        bundles.append(Trust(certificate, {"SSL_CERT_FILE": str(roots)}).changes(4000))
    named = [Path(changes["SSL_CERT_FILE"]) for changes in bundles]
    assert named[0] != named[1]
    for name, bundle in zip(("one", "two"), named, strict=True):
        assert (tmp_path / f"{name}.pem").read_text().strip() in bundle.read_text()


async def test_another_server_is_no_gateway(provider: Provider) -> None:
    assert not await asyncio.to_thread(is_gateway, provider.port)
    assert not is_gateway(free_port())
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        assert not is_gateway(silent.getsockname()[1])


def test_hosts_are_names() -> None:
    assert "api.openai.com" in HOST_NAMES and "api.anthropic.com" in HOST_NAMES


def _authority() -> bytes:
    from tests.fakes.tls import Authority

    return Authority().root_pem
