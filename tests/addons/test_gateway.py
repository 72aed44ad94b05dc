"""The gateway as an addon script, under mitmproxy's own tools."""

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import Process, chat, free_port, process, rows_in
from tests.e2e.running import one_provider
from tests.fakes.provider import Provider
from tests.repository import ROOT

TOOL = (str(Path(sys.executable).with_name("mitmdump")), "-n", "-s")


def command(tmp_path: Path, config: str, port: int, *more: str) -> list[str]:
    path = tmp_path / "plexus.yaml"
    path.write_text(config)
    options = ["--set", f"plexus_port={port}", "--set", f"plexus_config={path}"]
    return [*TOOL, str(ROOT / "addons" / "gateway.py"), *options, *more]


def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path / "data"), "HOME": str(tmp_path)}


async def test_mitmdump_serves_and_writes_what_waits(tmp_path: Path, provider: Provider) -> None:
    port = free_port()
    line = command(tmp_path, one_provider(provider), port)
    async with process(line, environment(tmp_path)) as tool:
        await ready(tool, port)
        assert (await chat(f"http://127.0.0.1:{port}")).status_code == 200
        wrong = await chat(f"http://127.0.0.1:{port}", key="sk-wrong")
        tool.signal(signal.SIGTERM)
        assert await tool.ended() == 0
    assert wrong.status_code == 401
    assert "sk-provider-secret" not in tool.everything()
    (row,) = await rows_in(tmp_path / "data")
    assert row.response_status == "success"


async def test_no_other_port_than_ours_is_opened(tmp_path: Path, provider: Provider) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own = ["--listen-host", "127.0.0.1", "--listen-port", str(taken.getsockname()[1])]
        line = command(tmp_path, one_provider(provider), port, *own)
        async with process(line, environment(tmp_path)) as tool:
            await ready(tool, port)
            assert (await chat(f"http://127.0.0.1:{port}")).status_code == 200
    (line,) = [line for line in tool.out if "listening at" in line]
    assert line.endswith(f"127.0.0.1:{port}.")


async def test_a_taken_port_is_said_and_ends_the_tool(tmp_path: Path, provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = command(tmp_path, one_provider(provider), taken.getsockname()[1])
        async with process(line, environment(tmp_path)) as tool:
            assert await tool.ended() == 1
    assert "failed to listen" in tool.everything()
    assert "is ready." not in tool.everything()


async def test_mitmproxys_own_tools_work_on_attempts(tmp_path: Path, provider: Provider) -> None:
    port = free_port()
    line = command(
        tmp_path, one_provider(provider), port, "--modify-headers", "/~q & ~m POST/x-added/yes"
    )
    async with process(line, environment(tmp_path)) as tool:
        await ready(tool, port)
        assert (await chat(f"http://127.0.0.1:{port}")).status_code == 200
    sent = await provider.received()
    assert sent.headers["x-added"] == "yes"
    assert sent.headers["authorization"] == "Bearer sk-provider-secret"


@pytest.mark.parametrize(
    ("config", "words"),
    [("providers: 7\n", "providers"), ("keys: 7\n", "keys")],
)
async def test_what_prevents_the_start_is_said_and_ends_the_tool(
    tmp_path: Path, config: str, words: str
) -> None:
    line = command(tmp_path, config, free_port())
    async with process(line, environment(tmp_path)) as tool:
        status = await tool.ended()
    assert status == 1
    assert "plexus: " in tool.everything() and words in tool.everything()
    assert "Traceback" not in tool.everything()


async def ready(tool: Process, port: int) -> None:
    await tool.says("is ready.")
    await tool.says(f"http://127.0.0.1:{port}/v1")
