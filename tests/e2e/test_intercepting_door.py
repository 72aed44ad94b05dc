"""Unmodified clients behind HTTPS_PROXY: observed byte for byte, or routed by configuration."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import anthropic
import httpx
import httpx2
import openai
import pytest

from tests.e2e.running import Running, running
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.native.shapes import Tokens
from tests.fakes.provider import Provider
from tests.fakes.tls import Authority

HOSTS = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com")


@asynccontextmanager
async def provider_of(authority: Authority) -> AsyncIterator[Provider]:
    async with Provider(tls=authority.server_context(*HOSTS)) as provider:
        yield provider


def configuration(tmp_path: Path, authority: Authority, observed: Provider, more: str = "") -> str:
    """All three hosts lead to one local provider with a certificate of its own authority."""
    (tmp_path / "roots.pem").write_bytes(authority.root_pem)
    hosts = "".join(f"\n    {host}: {{connect_to: '127.0.0.1:{observed.port}'}}" for host in HOSTS)
    return f"""
intercept:
  mode: observe
  upstream_ca: roots.pem
  hosts:{hosts}
{more}
"""


@asynccontextmanager
async def http_client(gateway: Running, *, http2: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    trust = H2First(ssl.PROTOCOL_TLS_CLIENT) if http2 else ssl.create_default_context()
    trust.load_verify_locations(cafile=str(gateway.data / "ca" / "ca.pem"))
    async with httpx.AsyncClient(proxy=gateway.url, verify=trust, http2=http2) as client:
        yield client


class H2First(ssl.SSLContext):
    """httpx offers HTTP/1.1 first, and the first offer is taken."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2", "http/1.1"])


async def test_an_observed_call_reaches_its_provider_byte_for_byte(tmp_path: Path) -> None:
    authority = Authority()
    async with provider_of(authority) as provider:
        config = configuration(tmp_path, authority, provider)
        async with running(tmp_path, config) as gateway, http_client(gateway) as http:
            frames = chat.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5))
            provider.script(script.stream(frames))
            body = b'{ "model":"gpt-4o" , "stream":true,"messages":[] , "odd": 1.50 }'
            reply = await http.post(
                "https://api.openai.com/v1/chat/completions",
                headers={"authorization": "Bearer sk-the-users-own", "x-odd": "kept"},
                content=body,
            )
            (row,) = await gateway.rows()
        sent = await provider.received()
    assert sent.raw == body
    assert sent.headers["authorization"] == "Bearer sk-the-users-own"
    assert sent.headers["x-odd"] == "kept"
    assert sent.headers["host"] == "api.openai.com"
    assert reply.content == b"".join(frames)
    assert (row.door, row.provider, row.api_key) == ("observe", "openai", "anonymous")
    assert (row.tokens_input, row.tokens_output, row.response_status) == (10, 5, "success")
    assert (row.incoming_model_alias, row.is_streamed) == ("gpt-4o", True)


async def test_sdks_without_a_base_url_are_observed(tmp_path: Path) -> None:
    authority = Authority()
    async with provider_of(authority) as provider:
        config = configuration(tmp_path, authority, provider)
        async with running(tmp_path, config) as gateway, http_client(gateway) as http:
            one = openai.AsyncOpenAI(api_key="sk-own", http_client=http, max_retries=0)
            trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
            newer = httpx2.AsyncClient(proxy=gateway.url, verify=trust)
            two = anthropic.AsyncAnthropic(api_key="sk-own", http_client=newer, max_retries=0)
            first = await one.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "ping one"}]
            )
            async with two.messages.stream(
                model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "ping two"}]
            ) as stream:
                second = await stream.get_final_message()
            await two.close()
            rows = await gateway.rows(2)
    assert "ping one" in (first.choices[0].message.content or "")
    assert "ping two" in second.content[0].text
    assert [(row.provider, row.is_streamed) for row in rows] == [
        ("openai", False),
        ("anthropic", True),
    ]
    assert all(row.tokens_output for row in rows)


ROUTED = """
adminKey: admin-secret-for-tests
providers:
  acme:
    api_base_url: {{chat: "{url}/v1"}}
    api_key: sk-provider-secret
models:
  gpt-4o: {{targets: [{{provider: acme, model: big}}]}}
keys:
  my-app: {{secret: sk-plexus-app}}
"""


@pytest.mark.parametrize("http2", [False, True])
async def test_the_same_client_is_routed_elsewhere_by_configuration_alone(
    tmp_path: Path, provider: Provider, http2: bool
) -> None:
    authority = Authority()
    async with provider_of(authority) as unused:
        config = configuration(tmp_path, authority, unused, ROUTED.format(url=provider.url))
        config = config.replace("mode: observe", "mode: route\n  default_key: my-app")
        async with running(tmp_path, config) as gateway, http_client(gateway, http2=http2) as http:
            client = openai.AsyncOpenAI(api_key="sk-own", http_client=http, max_retries=0)
            whole = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "whole"}]
            )
            stream = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "piecewise"}], stream=True
            )
            text = "".join([c.choices[0].delta.content or "" async for c in stream])
            rows = await gateway.rows(2)
        assert not unused.requests
    assert "whole" in (whole.choices[0].message.content or "")
    assert "piecewise" in text
    sent = await provider.received()
    assert sent.headers["authorization"] == "Bearer sk-provider-secret"
    assert [(r.door, r.api_key, r.selected_model_name) for r in rows] == [
        ("route", "my-app", "big")
    ] * 2


async def test_a_routed_stream_arrives_piece_by_piece_over_http2(
    tmp_path: Path, provider: Provider
) -> None:
    authority = Authority()
    gate = asyncio.Event()
    async with provider_of(authority) as unused:
        config = configuration(tmp_path, authority, unused, ROUTED.format(url=provider.url))
        config = config.replace("mode: observe", "mode: route\n  default_key: my-app")
        async with running(tmp_path, config) as gateway, http_client(gateway, http2=True) as http:
            provider.script(script.gated(chat.stream(["first ", "second"]), gate, after=2))
            async with http.stream(
                "POST",
                "https://api.openai.com/v1/chat/completions",
                json={
                    "model": "gpt-4o",
                    "stream": True,
                    "messages": [{"role": "user", "content": "x"}],
                },
            ) as reply:
                assert reply.http_version == "HTTP/2"
                seen = b""
                async for data in reply.aiter_bytes():
                    seen += data
                    if b"first" in seen:  # the rest waits at the gate
                        gate.set()
            await gateway.rows(1)
    assert b"second" in seen


async def test_an_intercepted_client_that_leaves_closes_the_provider(
    tmp_path: Path, provider: Provider
) -> None:
    authority = Authority()
    never = asyncio.Event()
    async with provider_of(authority) as unused:
        config = configuration(tmp_path, authority, unused, ROUTED.format(url=provider.url))
        config = config.replace("mode: observe", "mode: route\n  default_key: my-app")
        async with running(tmp_path, config) as gateway:
            provider.script(script.gated(chat.stream(["first ", "second"]), never, after=2))
            async with (
                http_client(gateway) as http,
                http.stream(
                    "POST",
                    "https://api.openai.com/v1/chat/completions",
                    json={
                        "model": "gpt-4o",
                        "stream": True,
                        "messages": [{"role": "user", "content": "x"}],
                    },
                ) as reply,
            ):
                async for data in reply.aiter_bytes():
                    if b"first" in data:
                        break
            assert await (await provider.received()).ended() == "closed"
            (row,) = await gateway.rows()
    assert row.response_status == "cancelled"


async def test_hosts_off_the_list_are_tunnelled_and_never_decrypted(tmp_path: Path) -> None:
    authority = Authority()
    async with (
        Provider(tls=authority.server_context("localhost")) as other,
        running(tmp_path, configuration(tmp_path, authority, other)) as gateway,
    ):
        trust = ssl.create_default_context(cadata=authority.root_pem.decode())
        async with httpx.AsyncClient(proxy=gateway.url, verify=trust) as http:
            # Our CA is not trusted here: only the host's own certificate satisfies the client.
            reply = await http.post(
                f"https://localhost:{other.port}/v1/messages",
                json={"model": "x", "max_tokens": 5, "messages": []},
            )
        assert len(gateway.gateway.services.exchanges) == 0
        assert await gateway.gateway.services.store.usage.recent(1) == []
    assert reply.status_code == 200


async def test_what_is_no_llm_call_passes_a_provider_host_untouched(tmp_path: Path) -> None:
    authority = Authority()
    async with provider_of(authority) as provider:
        config = configuration(tmp_path, authority, provider)
        async with running(tmp_path, config) as gateway, http_client(gateway) as http:
            provider.script(script.json_reply({"data": []}))
            reply = await http.get("https://api.openai.com/v1/files?limit=3")
    assert reply.json() == {"data": []}
    sent = await provider.received()
    assert (sent.method, sent.path, sent.query) == ("GET", "/v1/files", {"limit": "3"})


async def test_a_gateway_key_never_reaches_a_real_provider(
    tmp_path: Path, provider: Provider
) -> None:
    authority = Authority()
    async with provider_of(authority) as real:
        config = configuration(tmp_path, authority, real, ROUTED.format(url=provider.url))
        config = config.replace("mode: observe", "mode: route")
        async with running(tmp_path, config) as gateway, http_client(gateway) as http:
            reply = await http.get(
                "https://api.openai.com/v1/files", headers={"authorization": "Bearer sk-plexus-app"}
            )
    assert reply.status_code == 404
    assert not real.requests


async def test_websockets_are_sent_back_to_http_in_route_mode(
    tmp_path: Path, provider: Provider
) -> None:
    authority = Authority()
    async with provider_of(authority) as real:
        config = configuration(tmp_path, authority, real, ROUTED.format(url=provider.url))
        config = config.replace("mode: observe", "mode: route")
        async with running(tmp_path, config) as gateway, http_client(gateway) as http:
            reply = await http.get(
                "https://api.openai.com/v1/responses",
                headers={"connection": "upgrade", "upgrade": "websocket"},
            )
    assert reply.status_code == 426
    assert not real.requests
