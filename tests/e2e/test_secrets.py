"""No key shows up where it does not belong: not in a reply, not in a log, not in the ledger."""

import asyncio
import signal
import ssl
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from tests.addons.raw import exchange_bytes
from tests.e2e.processes import PATIENCE_S, Served, chat_body, served
from tests.fakes import script
from tests.fakes.native import chat as native
from tests.fakes.provider import Provider
from tests.fakes.script import Scripted
from tests.fakes.tls import Authority

# Each is a secret of one party. Most look like nothing, so that no pattern can help.
GATEWAY = "gateway.canary.5d1f7c20"
WRONG = "sk-wrong-canary-77b0e9c4"
PROVIDER = "provider.canary.8c3a11f6"
HEADER = "header.canary.f00d2b9e"
ADMIN = "admin.canary.31e4ab95"
OWN = "own.canary.90cc5f17"
OWN_OPENAI = "sk-own-canary-4be2d8a1"
CANARIES = (GATEWAY, WRONG, PROVIDER, HEADER, ADMIN, OWN, OWN_OPENAI)
# What providers print of a key that they refuse: its beginning and its end.
MASKED = f"{PROVIDER[:12]}********{PROVIDER[-4:]}"
CHATTY = f"Incorrect API key provided: {PROVIDER}. Bearer {PROVIDER} and {HEADER}"

LOUD = {"LOG_LEVEL": "silly"}
FRAMES = native.stream(["Hel", "lo"])


def configuration(provider: Provider, *, timeout_ms: int = 30_000, more: str = "") -> str:
    return f"""\
adminKey: {ADMIN}
providers:
  acme:
    api_base_url: {{chat: "{provider.url}/v1"}}
    api_key: {PROVIDER}
    headers: {{x-extra: {HEADER}}}
    disable_cooldown: true
    timeoutMs: {timeout_ms}
    models: [big]
models:
  m: {{targets: [{{provider: acme, model: big}}]}}
keys:
  app: {{secret: {GATEWAY}}}
{more}
"""


def quoting(status: int) -> Scripted:
    return script.json_reply(native.error(status, CHATTY, "invalid_api_key"), status=status)


FAILURES: tuple[Scripted, ...] = (
    quoting(400),
    quoting(401),
    quoting(403),
    quoting(429),
    quoting(500),
    script.json_reply(native.error(401, f"Incorrect API key provided: {MASKED}."), status=401),
    script.body_reply(f"<html><title>{CHATTY}</title></html>".encode(), status=502),
    script.body_reply(CHATTY.encode(), status=401),
    script.body_reply(f"{CHATTY}, and no JSON".encode()),
    script.stream([native.stream_error(CHATTY)]),
    script.stream(FRAMES[:2], ending="cut"),
    script.reset(),
    script.html(),
    script.empty(),
)


class Replies:
    """Everything that clients were sent."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def add(self, reply: httpx.Response) -> None:
        """Take a reply: its head and its body."""
        head = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
        self.seen.append(f"{reply.status_code} {head}\n\n".encode() + reply.content)

    async def call(self, url: str, headers: dict[str, str], **body: object) -> None:
        """Make a small call and take its reply."""
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            self.add(await client.post(url, headers=headers, json={**chat_body(), **body}))


def leaks(places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Which canary sings where."""
    return [
        f"{canary} in {name}"
        for name, content in places
        for canary in (*CANARIES, PROVIDER[:12])
        if canary.encode() in content
    ]


async def left_by(gateway: Served, replies: Replies) -> list[tuple[str, bytes]]:
    """Stop a gateway; return all that it has said and written."""
    gateway.signal(signal.SIGTERM)
    assert await gateway.ended() == 0
    files = [path for path in gateway.data.rglob("*") if path.is_file() and "ca" not in path.parts]
    assert any(path.name == "plexus.db" for path in files)
    return [
        *((f"reply {number}", reply) for number, reply in enumerate(replies.seen)),
        *((str(path.name), path.read_bytes()) for path in files),
        ("what it said", gateway.everything().encode()),
    ]


async def test_calls_to_the_gateway_leave_no_secret_anywhere(
    tmp_path: Path, provider: Provider
) -> None:
    replies = Replies()
    async with served(tmp_path, configuration(provider), env=LOUD) as gateway:
        url = f"{gateway.url}/v1/chat/completions"
        good = {"authorization": f"Bearer {GATEWAY}:team"}
        for stream in (False, True):
            await replies.call(url, good, stream=stream)
            for failure in FAILURES:
                provider.script(failure)
                await replies.call(url, good, stream=stream)
        await replies.call(f"{gateway.url}/v1/messages", {"x-api-key": GATEWAY}, max_tokens=9)
        provider.script(quoting(401))
        await replies.call(f"{gateway.url}/v1/messages", {"x-api-key": GATEWAY}, max_tokens=9)
        await strangers(gateway, replies)
        await malformed(gateway, replies)
        await provider.refuse()
        for stream in (False, True):
            await replies.call(url, good, stream=stream)
        found = await left_by(gateway, replies)
        rows = await gateway.rows()
    assert leaks(found) == []
    assert len(rows) == 2 * len(FAILURES) + 7
    sent = provider.requests[0].headers
    assert (sent["authorization"], sent["x-extra"]) == (f"Bearer {PROVIDER}", HEADER)


async def strangers(gateway: Served, replies: Replies) -> None:
    """Calls with a key that is none, or a good one in an odd place."""
    chat, page = f"{gateway.url}/v1/chat/completions", f"{gateway.url}/v1/models"
    for headers in ({"authorization": f"Bearer {WRONG}"}, {"x-goog-api-key": WRONG}):
        await replies.call(chat, headers)
    await replies.call(f"{chat}?key={WRONG}", {})
    await replies.call(f"{gateway.url}/v1/nothing?key={GATEWAY}", {"x-api-key": GATEWAY})
    await replies.call(chat, {"x-admin-key": ADMIN, "authorization": ADMIN})
    async with httpx.AsyncClient() as client:
        replies.add(await client.get(f"{page}?key={GATEWAY}", headers={"x-api-key": GATEWAY}))
        replies.add(await client.get(f"{gateway.url}/v0/x?key={ADMIN}"))
        replies.add(await client.post(chat, content=b"{", headers={"x-api-key": GATEWAY}))


async def malformed(gateway: Served, replies: Replies) -> None:
    """Requests that are hardly HTTP, with a good key in them."""
    for request in (
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\x01\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization %b\r\n\r\n",
        b"POST /v1/messages?key=%b\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        key = GATEWAY.encode()
        replies.seen.append(await exchange_bytes(gateway.port, request.replace(b"%b", key)))


async def test_a_timeout_leaves_no_secret_anywhere(tmp_path: Path, provider: Provider) -> None:
    replies, never = Replies(), asyncio.Event()
    config = configuration(provider, timeout_ms=1000)
    async with served(tmp_path, config, env=LOUD) as gateway:
        url, good = f"{gateway.url}/v1/chat/completions", {"authorization": f"Bearer {GATEWAY}"}
        provider.script(script.stalled(never), script.gated(FRAMES, never, after=2))
        await replies.call(url, good)
        await replies.call(url, good, stream=True)
        found = await left_by(gateway, replies)
        rows = await gateway.rows()
    assert leaks(found) == []
    assert [row.response_status for row in rows] == ["timeout", "timeout"]


@pytest.mark.parametrize("mode", ["observe", "route"])
async def test_calls_through_the_proxy_leave_no_secret_anywhere(
    tmp_path: Path, provider: Provider, mode: str
) -> None:
    replies, authority = Replies(), Authority()
    (tmp_path / "roots.pem").write_bytes(authority.root_pem)
    context = authority.server_context("api.openai.com", "api.anthropic.com")
    async with Provider(tls=context) as real:
        to = f"{{connect_to: '127.0.0.1:{real.port}'}}"
        section = (
            f"intercept:\n  mode: {mode}\n  default_key: app\n  upstream_ca: roots.pem\n"
            f"  hosts: {{api.openai.com: {to}, api.anthropic.com: {to}}}\n"
        )
        config = configuration(provider, more=section)
        async with served(tmp_path, config, env=LOUD) as gateway:
            trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
            async with httpx.AsyncClient(
                proxy=gateway.url, verify=trust, timeout=PATIENCE_S
            ) as client:
                asked, key = (real, OWN_OPENAI) if mode == "observe" else (provider, PROVIDER)
                await unmodified(client, asked, key, replies)
            found = await left_by(gateway, replies)
            rows = await gateway.rows()
    # In observe mode a reply is the provider's own, and none of our business.
    own = [place for place in found if mode == "route" or not place[0].startswith("reply")]
    assert leaks(own) == []
    assert {row.door for row in rows} == {mode}
    assert len(rows) == 8


async def unmodified(
    client: httpx.AsyncClient, asked: Provider, key: str, replies: Replies
) -> None:
    """What programs do that know of no gateway; the provider that is asked quotes its key."""
    openai, anthropic = "https://api.openai.com/v1", "https://api.anthropic.com/v1"
    own = {"authorization": f"Bearer {OWN_OPENAI}", "cookie": f"session={OWN}"}
    refusal = script.json_reply(native.error(401, f"no such key {key}"), status=401)
    for stream in (False, True):
        for failure in (None, refusal, script.reset()):
            if failure is not None:
                asked.script(failure)
            body = chat_body(stream=stream)
            replies.add(await client.post(f"{openai}/chat/completions", headers=own, json=body))
    for failure in (None, refusal):
        if failure is not None:
            asked.script(failure)
        body = {**chat_body(), "max_tokens": 9}
        headers = {"x-api-key": OWN}
        replies.add(await client.post(f"{anthropic}/messages", headers=headers, json=body))
    replies.add(await client.get(f"{openai}/files?key={OWN}", headers=own))
