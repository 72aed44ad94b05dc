"""With a key, nothing that was said or presented stands in any file, and all of it can be read."""

import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from plexus.certs.sealer import Sealer
from plexus.store.encryption import NO_KEY, WRONG_KEY
from plexus.store.store import Store
from tests.e2e.processes import CLI, PATIENCE_S, chat, chat_body, process, served
from tests.e2e.test_secrets import (
    ADMIN,
    CANARIES,
    GATEWAY,
    HEADER,
    OWN_OPENAI,
    PROVIDER,
    configuration,
    quoting,
)
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority

KEY = "encryption.canary.2f9d7e31"
ASKED = "question.canary.c11b70aa"
ANSWERED = "answer.canary.7be90d43"
WANTED_IN_NO_FILE = (*CANARIES, KEY, ASKED, ANSWERED)
LOUD = {"LOG_LEVEL": "silly", "DEBUG": "true"}
ENCRYPTED = {**LOUD, "ENCRYPTION_KEY": KEY}


async def calls(url: str, provider: Provider) -> list[str]:
    """Make calls of every kind; return the ids of those that were answered."""
    good = {"authorization": f"Bearer {GATEWAY}:team"}
    said = [{"role": "user", "content": f"{ASKED} {GATEWAY}"}]
    answered: list[str] = []
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        for stream in (False, True):
            provider.script(
                script.stream(native.stream([ANSWERED]))
                if stream
                else script.json_reply(native.text(ANSWERED))
            )
            body = {**chat_body(stream=stream), "messages": said}
            reply = await client.post(f"{url}/v1/chat/completions", headers=good, json=body)
            assert ANSWERED in reply.text
            answered.append(reply.headers["x-request-id"])
            provider.script(quoting(401))
            await client.post(f"{url}/v1/chat/completions", headers=good, json=body)
        provider.script(script.json_reply(native.text(ANSWERED)))
        turn = {"model": "m", "input": ASKED, "store": True}
        reply = await client.post(f"{url}/v1/responses", headers=good, json=turn)
        assert ANSWERED in reply.text
        provider.script(script.json_reply(native.text(ANSWERED)))
        turn["previous_response_id"] = reply.json()["id"]
        reply = await client.post(f"{url}/v1/responses", headers=good, json=turn)
        assert ANSWERED in reply.text
        assert ASKED in provider.requests[-1].raw.decode()
        answered.append(reply.headers["x-request-id"])
        made = {"items": [{"type": "message", "role": "user", "content": ASKED}]}
        made["metadata"] = {"note": ASKED}  # type: ignore[assignment]  # JSON
        talk = await client.post(f"{url}/v1/conversations", headers=good, json=made)
        items = await client.get(f"{url}/v1/conversations/{talk.json()['id']}/items", headers=good)
        assert ASKED in items.text
    return answered


def found_in(data: Path, words: tuple[str, ...]) -> Iterator[str]:
    """Yield which of the words stands in which file."""
    for path in data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield from (f"{word} in {path.name}" for word in words if word.encode() in content)


async def traces_of(data: Path, ids: list[str], key: str | None) -> list[bytes]:
    store = await Store.open(f"sqlite://{data}/plexus.db", sealer=Sealer.of(key))
    try:
        found = [await store.traces.get(one) for one in ids]
    finally:
        await store.close()
    return [b"" if one is None else one.content for one in found]


async def test_while_it_runs_and_afterwards_no_file_holds_a_secret(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, configuration(provider), env=ENCRYPTED) as gateway:
        ids = await calls(gateway.url, provider)
        running = list(found_in(gateway.data, WANTED_IN_NO_FILE))
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
        said = [word for word in WANTED_IN_NO_FILE if word in gateway.everything()]
    assert running == []
    assert said == []
    assert list(found_in(gateway.data, WANTED_IN_NO_FILE)) == []
    traces = await traces_of(gateway.data, ids, KEY)
    assert all(ASKED.encode() in trace and ANSWERED.encode() in trace for trace in traces)
    assert not any(word.encode() in trace for word in CANARIES for trace in traces)


async def test_what_was_plain_is_gone_after_the_first_start_with_a_key(
    tmp_path: Path, provider: Provider
) -> None:
    async with served(tmp_path, configuration(provider), env=LOUD) as gateway:
        ids = await calls(gateway.url, provider)
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
    assert list(found_in(gateway.data, (ASKED,))) != []
    async with served(tmp_path, configuration(provider), env=ENCRYPTED) as gateway:
        assert list(found_in(gateway.data, WANTED_IN_NO_FILE)) == []
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
    assert list(found_in(gateway.data, WANTED_IN_NO_FILE)) == []
    assert all(await traces_of(gateway.data, ids, KEY))


@pytest.mark.parametrize(("env", "told"), [({"ENCRYPTION_KEY": "other"}, WRONG_KEY), ({}, NO_KEY)])
async def test_a_gateway_with_the_wrong_key_or_none_refuses_to_start(
    tmp_path: Path, provider: Provider, env: dict[str, str], told: str
) -> None:
    config = configuration(provider)
    async with served(tmp_path, config, env=ENCRYPTED) as gateway:
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
    line = [*CLI, "serve", "--port", "0", "--config", str(gateway.config)]
    async with process(line, {"DATA_DIR": str(gateway.data), **env}) as refused:
        assert await refused.ended() == 1
    assert f"plexus: {told}" in refused.everything()


async def test_secrets_of_the_configuration_may_be_encrypted(
    tmp_path: Path, provider: Provider
) -> None:
    sealer = Sealer.of(KEY)
    config = configuration(provider)
    for secret in (PROVIDER, GATEWAY, ADMIN, HEADER):
        config = config.replace(secret, sealer.seal(secret))
    async with served(tmp_path, config, env=ENCRYPTED) as gateway:
        reply = await chat(gateway.url, key=GATEWAY)
        files = list(found_in(tmp_path, WANTED_IN_NO_FILE))
    assert reply.status_code == 200
    assert provider.requests[0].headers["authorization"] == f"Bearer {PROVIDER}"
    assert provider.requests[0].headers["x-extra"] == HEADER
    assert files == []


@pytest.mark.parametrize("mode", ["observe", "route"])
async def test_calls_through_the_proxy_are_traced_without_a_secret(
    tmp_path: Path, provider: Provider, mode: str
) -> None:
    authority = Authority()
    (tmp_path / "roots.pem").write_bytes(authority.root_pem)
    async with Provider(tls=authority.server_context("api.openai.com")) as real:
        section = (
            f"intercept:\n  mode: {mode}\n  default_key: app\n  upstream_ca: roots.pem\n"
            f"  hosts: {{api.openai.com: {{connect_to: '127.0.0.1:{real.port}'}}}}\n"
        )
        async with served(tmp_path, configuration(provider) + section, env=ENCRYPTED) as gateway:
            asked = real if mode == "observe" else provider
            trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
            async with httpx.AsyncClient(
                proxy=gateway.url, verify=trust, timeout=PATIENCE_S
            ) as client:
                for stream in (False, True):
                    asked.script(
                        script.stream(native.stream([ANSWERED]))
                        if stream
                        else script.json_reply(native.text(ANSWERED))
                    )
                    reply = await client.post(
                        "https://api.openai.com/v1/chat/completions",
                        headers={"authorization": f"Bearer {OWN_OPENAI}"},
                        json={**chat_body(stream=stream), "user": ASKED},
                    )
                    assert ANSWERED in reply.text
            gateway.signal(signal.SIGTERM)
            assert await gateway.ended() == 0
    assert list(found_in(gateway.data, WANTED_IN_NO_FILE)) == []
    store = await Store.open(f"sqlite://{gateway.data}/plexus.db", sealer=Sealer.of(KEY))
    ids = [row.request_id for row in await store.usage.recent()]
    await store.close()
    traces = await traces_of(gateway.data, ids, KEY)
    assert len(traces) == 2
    assert all(ASKED.encode() in trace and ANSWERED.encode() in trace for trace in traces)
    assert not any(OWN_OPENAI.encode() in trace for trace in traces)
