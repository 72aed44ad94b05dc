"""`plexus web`: the gateway under mitmweb, every call and every attempt visible."""

import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import CLI, Served, chat, free_port, process, served
from tests.e2e.running import one_provider
from tests.fakes.provider import Provider

PASSWORD = "a-password-of-the-test"


@asynccontextmanager
async def web(
    tmp_path: Path, config: str, *more: str
) -> AsyncIterator[tuple[Served, httpx.AsyncClient]]:
    """Run it; yields the gateway and a client of mitmweb's page."""
    port = free_port()
    line = ("--no-browser", "--web-port", str(port), *more)
    async with (
        served(tmp_path, config, *line, command=("web",)) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as page,
    ):
        await gateway.says(f"http://127.0.0.1:{port}/")
        yield gateway, page


async def test_the_page_shows_the_call_and_its_attempt_and_no_provider_key(
    tmp_path: Path, provider: Provider
) -> None:
    config = one_provider(provider)
    async with web(tmp_path, config, "--set", f"web_password={PASSWORD}") as (gateway, page):
        assert (await chat(gateway.url)).status_code == 200
        assert (await chat(gateway.url, stream=True)).status_code == 200
        assert (await page.get("/flows")).status_code == 403
        page.headers["authorization"] = f"Bearer {PASSWORD}"
        shown = await page.get("/flows")
        assert (await page.get("/")).status_code == 200
        whole, whole_attempt, stream, stream_attempt = shown.json()
        body = await page.get(f"/flows/{stream['id']}/response/content.data")
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
        rows = await gateway.rows()
    assert [row.response_status for row in rows] == ["success", "success"]
    for call, attempt in ((whole, whole_attempt), (stream, stream_attempt)):
        assert call["request"]["path"] == "/v1/chat/completions"
        assert attempt["request"]["host"] == "127.0.0.1"
        assert attempt["request"]["port"] == provider.port
        assert header(attempt["request"], "authorization") == "(the provider's key)"
        assert call["response"]["status_code"] == attempt["response"]["status_code"] == 200
    assert body.content.endswith(b"data: [DONE]\n\n")
    assert "sk-provider-secret" not in shown.text
    assert (await provider.received()).headers["authorization"] == "Bearer sk-provider-secret"


async def test_without_a_password_the_address_holds_a_token(
    tmp_path: Path, provider: Provider
) -> None:
    async with web(tmp_path, one_provider(provider)) as (gateway, page):
        found = re.search(r"\?token=(\w+)", gateway.everything())
        assert found is not None
        shown = await page.get("/flows", params={"token": found[1]})
    assert (shown.status_code, shown.json()) == (200, [])


@pytest.mark.parametrize(
    ("config", "more", "words"),
    [
        ("providers: 7\n", (), "providers"),
        ("providers: {}\n", ("--set", "no_such_option=1"), "no_such_option"),
    ],
)
async def test_what_prevents_the_start_is_one_sentence(
    tmp_path: Path, config: str, more: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text(config)
    line = ["web", "--no-browser", "--port", str(free_port()), "--config", str(path), *more]
    env: Mapping[str, str] = {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "error"}
    async with process([*CLI, *line], env) as gateway:
        assert await gateway.ended() == 1
    assert gateway.everything().startswith("plexus: ") and words in gateway.everything()
    assert "Traceback" not in gateway.everything()


async def test_a_taken_port_of_the_page_is_said_without_a_traceback(
    tmp_path: Path, provider: Provider
) -> None:
    async with web(tmp_path, one_provider(provider)) as (gateway, page):
        line = [
            "web", "--no-browser", "--web-port", str(page.base_url.port),
            "--port", str(free_port()), "--config", str(gateway.config),
        ]  # fmt: skip
        async with process([*CLI, *line], {"DATA_DIR": str(tmp_path / "other")}) as second:
            assert await second.ended() == 1
    assert "failed to listen" in second.everything()
    assert "Traceback" not in second.everything()


def header(message: dict[str, list[list[str]]], name: str) -> str | None:
    """A header of a message in mitmweb's JSON."""
    return next((value for key, value in message["headers"] if key.lower() == name), None)
