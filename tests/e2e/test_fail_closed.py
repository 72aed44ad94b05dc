"""A bug of ours never lets a call through: 500, natively, and nothing is sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from plexus.config.snapshot import Key, Snapshot, index
from tests.e2e.processes import chat
from tests.e2e.running import one_provider, running
from tests.fakes.provider import Provider


def crashing_in_authenticate(good: Snapshot) -> Snapshot:
    """A date that is none: comparing it raises `TypeError`."""
    keys = {"app": Key(name="app", secret="sk-plexus-app", expires_at="soon")}  # type: ignore[arg-type]  # on purpose
    return replace(good, keys=keys, **index(good.aliases, keys, good.providers))


def crashing_in_route(good: Snapshot) -> Snapshot:
    """Targets that are none."""
    broken = replace(good.aliases["m"], groups=7)  # type: ignore[arg-type]  # on purpose
    return replace(good, aliases={"m": broken})


def crashing_in_dispatch(good: Snapshot) -> Snapshot:
    """An address that is none."""
    broken = replace(good.providers["acme"], urls={"chat": 7})  # type: ignore[dict-item]  # on purpose
    return replace(good, providers={"acme": broken})


@pytest.mark.parametrize(
    "crash", [crashing_in_authenticate, crashing_in_route, crashing_in_dispatch]
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_verb_that_crashes_answers_500_and_sends_nothing(
    tmp_path: Path, provider: Provider, caplog: pytest.LogCaptureFixture, crash, stream: bool
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        config = gateway.gateway.services.config
        good = config.current
        config.current = crash(good)
        broken = await chat(gateway.url, stream=stream)
        messages = await chat(gateway.url, key="sk-wrong", stream=stream)
        config.current = good
        mended = await chat(gateway.url)
        await gateway.gateway.services.exchanges.wait_empty()
    assert broken.status_code == 500
    error = broken.json()["error"]
    assert broken.headers["x-request-id"] in error["message"]
    assert "Error" not in error["message"], "the exception is for the log"
    assert "Traceback" in caplog.text
    assert messages.status_code == 401
    assert mended.status_code == 200
    assert len(provider.requests) == 1


async def test_a_crash_while_keys_are_looked_up_is_no_way_in(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        config = gateway.gateway.services.config
        config.current = replace(config.current, _key_hashes=7)  # type: ignore[arg-type]  # on purpose
        for key in ("sk-plexus-app", "sk-wrong", "Bearer"):
            reply = await chat(gateway.url, key=key)
            assert reply.status_code in (401, 500)
        rows = await gateway.gateway.services.store.usage.recent()
    assert not provider.requests and rows == []
