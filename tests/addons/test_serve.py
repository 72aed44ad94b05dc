"""`plexus serve`: it says when it is ready, and stops as it is told to."""

import argparse
import asyncio
import signal
import socket
import ssl
import textwrap
from pathlib import Path

import httpx
import pytest
from mitmproxy import options

from plexus.addons.assembly import apply_options, assemble
from plexus.addons.master import PlexusMaster
from plexus.addons.serve import Announcer, chosen_address, is_free
from plexus.config.environment import Environment, read_environment
from tests.e2e.processes import CLI, Served, chat, chat_body, free_port, process, served
from tests.e2e.running import one_provider
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider

AUTH = {"authorization": "Bearer sk-plexus-app"}
FRAMES = native.stream(["first ", "second"])
ROUTING = """
intercept: {mode: route, default_key: app}
"""


@pytest.mark.parametrize(
    ("host", "port", "chosen"),
    [
        (None, None, ("0.0.0.0", 4100)),
        ("127.0.0.1", None, ("127.0.0.1", 4100)),
        (None, 0, ("0.0.0.0", 0)),
        ("", 5000, ("", 5000)),
    ],
)
def test_the_command_line_outranks_the_environment(
    host: str | None, port: int | None, chosen: tuple[str, int]
) -> None:
    arguments = argparse.Namespace(host=host, port=port)
    assert chosen_address(arguments, Environment(host="0.0.0.0", port=4100)) == chosen


def test_a_taken_port_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free("127.0.0.1", port)
    assert f"port {port} on 127.0.0.1 is in use" in capsys.readouterr().err
    assert is_free("127.0.0.1", port)
    assert capsys.readouterr().err == ""


async def test_a_free_port_is_chosen_and_said(tmp_path: Path, provider: Provider) -> None:
    async with served(tmp_path, one_provider(provider), port=0) as gateway:
        line = await gateway.says("gateway    http://127.0.0.1:")
        url = line.split()[1].removesuffix("/v1")
        assert (await chat(url)).status_code == 200


async def test_a_port_that_is_taken_at_the_last_moment_is_no_readiness(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    env = {"DATA_DIR": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = await assemble(read_environment(env), env, None, "127.0.0.1", port)
        opts = options.Options()
        master = PlexusMaster(opts)
        announcer = Announcer(gateway, "127.0.0.1", port)
        master.addons.add(*gateway.addons, announcer)
        apply_options(opts, gateway, [])
        async with asyncio.timeout(10):
            await master.run()
        await gateway.close()
    assert not announcer.is_listening
    assert "ready" not in capsys.readouterr().out
    assert f"failed to listen on 127.0.0.1:{port}" in caplog.text


async def test_it_serves_until_it_is_told_to_stop_and_writes_what_waits(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{gateway.url}/health")).text == "OK"
        assert (await chat(gateway.url)).status_code == 200
        gateway.signal(signal.SIGTERM)  # at once: the row still waits
        assert await gateway.ended() == 0
        (row,) = await gateway.rows()
    assert row.response_status == "success"
    assert "Traceback" not in gateway.everything()


async def test_ctrl_c_stops_it_too(tmp_path: Path, provider: Provider) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        gateway.signal(signal.SIGINT)
        assert await gateway.ended() == 0


async def test_a_second_one_on_the_same_port_is_refused_with_a_sentence(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, one_provider(provider)) as gateway:
        command = [*CLI, "serve", "--port", str(gateway.port), "--config", str(gateway.config)]
        async with process(command, {"DATA_DIR": str(tmp_path / "other")}) as second:
            assert await second.ended() == 1
        assert second.out == []
        (sentence,) = second.err
        assert sentence.startswith(f"plexus: port {gateway.port} on 127.0.0.1 is in use")
        assert (await chat(gateway.url)).status_code == 200


@pytest.mark.parametrize(
    ("config", "more", "words"),
    [
        ("providers: 7\n", (), "providers"),
        ("providers: {}\n", ("--set", "no_such_option=1"), "no_such_option"),
        ("providers: {}\n", ("-s", "no_such_script.py"), "no_such_script.py"),
    ],
)
async def test_what_prevents_the_start_is_one_sentence(
    tmp_path: Path, config: str, more: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text(config)
    command = [*CLI, "serve", "--port", str(free_port()), "--config", str(path), *more]
    async with process(command, {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "error"}) as gateway:
        assert await gateway.ended() == 1
    assert words in gateway.everything()
    assert gateway.everything().startswith("plexus: ")
    assert "Traceback" not in gateway.everything()


async def test_a_variable_that_is_wrong_prevents_the_start(tmp_path: Path) -> None:
    async with process([*CLI, "serve"], {"PORT": "many", "DATA_DIR": str(tmp_path)}) as gateway:
        assert await gateway.ended() == 1
    assert "PORT" in gateway.everything() and "Traceback" not in gateway.everything()


async def test_an_open_stream_is_finished_and_nothing_new_begun(
    tmp_path: Path, provider: Provider
) -> None:
    gate = asyncio.Event()
    provider.script(script.gated(FRAMES, gate, after=2))
    async with served(tmp_path, one_provider(provider)) as gateway:
        async with httpx.AsyncClient() as client, opened(client, gateway) as reply:
            pieces = reply.aiter_bytes()
            seen = await anext(pieces)
            gateway.signal(signal.SIGTERM)
            await gateway.says("finishing 1 open calls")
            with pytest.raises(httpx.ConnectError):
                await chat(gateway.url)
            gate.set()
            async for piece in pieces:
                seen += piece
        assert await gateway.ended() == 0
        (row,) = await gateway.rows()
    assert b"second" in seen and seen.endswith(b"data: [DONE]\n\n")
    assert row.response_status == "success"


async def test_a_second_signal_cuts_what_is_open(tmp_path: Path, provider: Provider) -> None:
    provider.script(script.gated(FRAMES, asyncio.Event(), after=2))
    async with served(tmp_path, one_provider(provider)) as gateway:
        async with httpx.AsyncClient() as client, opened(client, gateway) as reply:
            pieces = reply.aiter_bytes()
            await anext(pieces)
            gateway.signal(signal.SIGTERM)
            await gateway.says("finishing 1 open calls")
            gateway.signal(signal.SIGTERM)
            with pytest.raises(httpx.RemoteProtocolError):
                async for _ in pieces:
                    pass
        assert await (await provider.received()).ended() == "closed"
        assert await gateway.ended() == 0
        (row,) = await gateway.rows()
    assert row.response_status == "cancelled"
    assert row.tokens_output, "what was generated is paid for"


async def test_a_second_signal_cuts_what_is_open_behind_the_intercepting_door_too(
    tmp_path: Path, provider: Provider
) -> None:
    provider.script(script.gated(FRAMES, asyncio.Event(), after=2))
    config = one_provider(provider) + textwrap.dedent(ROUTING)
    async with served(tmp_path, config) as gateway:
        trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
        async with (
            httpx.AsyncClient(proxy=gateway.url, verify=trust) as client,
            client.stream(
                "POST", "https://api.openai.com/v1/chat/completions", json=chat_body(stream=True)
            ) as reply,
        ):
            pieces = reply.aiter_bytes()
            await anext(pieces)
            gateway.signal(signal.SIGTERM)
            await gateway.says("finishing 1 open calls")
            before = asyncio.get_running_loop().time()
            gateway.signal(signal.SIGTERM)
            assert await gateway.ended() == 0
            assert asyncio.get_running_loop().time() - before < 15
        rows = await gateway.rows()
    assert [row.response_status for row in rows] == ["cancelled"]


async def test_scripts_are_loaded_and_their_crashes_stop_nobody(
    tmp_path: Path, provider: Provider
) -> None:
    addon = tmp_path / "addon.py"
    addon.write_text(
        "def request(flow):\n    raise RuntimeError('a bug in a script')\n"
        "def response(flow):\n    flow.response.headers['x-script'] = 'was here'\n"
    )
    async with served(tmp_path, one_provider(provider), "-s", str(addon)) as gateway:
        good, bad = await chat(gateway.url), await chat(gateway.url, key="sk-wrong")
        assert "a bug in a script" in gateway.everything()
    assert (good.status_code, bad.status_code) == (200, 401)
    assert good.headers["x-script"] == "was here"


def opened(client: httpx.AsyncClient, gateway: Served):
    """A stream of the gateway's."""
    url = f"{gateway.url}/v1/chat/completions"
    return client.stream("POST", url, headers=AUTH, json=chat_body(stream=True), timeout=30)
