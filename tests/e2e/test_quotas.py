"""User quotas through the running gateway: what stops, what a client sees, what is counted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types

from plexus.store.quotas import Level
from tests.e2e.processes import chat as chat_at
from tests.e2e.processes import chat_body, served
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.native.shapes import Tokens
from tests.fakes.provider import Provider

KEY = "sk-plexus-app"


def with_quotas(provider: Provider, names: str, **quotas: str) -> str:
    """A configuration whose key is bound by these quotas."""
    listed = ", ".join(f"{name}: {{{text}}}" for name, text in quotas.items())
    config = one_provider(provider, user_quotas=f"{{{listed}}}")
    return config.replace(
        "app: {secret: sk-plexus-app}", f"app: {{secret: sk-plexus-app, quotas: [{names}]}}"
    )


async def ask(gateway: Running, **other: Any) -> httpx.Response:
    """One small chat call."""
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.post(
            f"{gateway.url}/v1/chat/completions",
            headers={"authorization": f"Bearer {KEY}"},
            json={**chat_body(), **other},
        )


def answers(count: int = 1, tokens: Tokens | None = None) -> list[script.Reply]:
    """So many answers of a provider."""
    tokens = Tokens(prompt=10, output=5) if tokens is None else tokens
    return [script.json_reply(chat.text("Hello", tokens=tokens))] * count


async def level(gateway: Running, name: str, owner: str = "app") -> Level:
    """How much of a quota is used."""
    services = gateway.gateway.services
    await services.exchanges.wait_empty()
    await services.quotas.ledger.flush()
    return (await services.store.quotas.levels())[owner, name]


async def test_the_call_after_the_last_allowed_one_gets_429_and_no_provider_is_asked(
    tmp_path: Path, provider: Provider
) -> None:
    config = with_quotas(provider, "few", few="type: daily, limitType: requests, limit: 2")
    async with running(tmp_path, config) as gateway:
        provider.script(*answers(3))
        replies = [await ask(gateway) for _ in range(3)]
        *_, row = await gateway.rows(3)
        used = await level(gateway, "few")
        rests = gateway.gateway.services.health.cooldowns
        resting = await gateway.gateway.services.store.cooldowns.all()
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert len(provider.requests) == 2
    assert [reply.headers["x-plexus-quota-remaining"] for reply in replies] == ["2", "1", "0"]
    assert replies[2].headers["x-plexus-quota"] == "few"
    assert int(replies[2].headers["retry-after"]) >= 1
    error = replies[2].json()["error"]
    assert (error["code"], error["quota_name"]) == ("quota_exceeded", "few")
    assert (error["current_usage"], error["limit"]) == (2, 2)
    assert (row.response_status, row.http_status, row.attempt_count) == ("quota_exceeded", 429, 0)
    assert (used.usage, used.reserved) == (2.0, 0.0)
    assert resting == [] and rests is not None


async def used_up(gateway: Running, provider: Provider) -> None:
    """One call that the quota lets through."""
    provider.script(*answers())
    assert (await ask(gateway)).status_code == 200


ONE_CALL = "type: daily, limitType: requests, limit: 1"


async def test_openai_sdk_raises_its_rate_limit_error_for_chat_and_responses(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, with_quotas(provider, "one", one=ONE_CALL)) as gateway:
        await used_up(gateway, provider)
        client = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0)
        async with client:
            with pytest.raises(openai.RateLimitError) as of_chat:
                await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
                )
            with pytest.raises(openai.RateLimitError) as of_responses:
                await client.responses.create(model="m", input="Hi")
    assert "Quota exceeded: one limit of 1 requests reached" in of_chat.value.message
    assert (of_chat.value.code, of_responses.value.code) == (
        "quota_exceeded",
        "insufficient_quota",
    )
    for raised in (of_chat, of_responses):
        body = raised.value.body
        assert isinstance(body, dict)
        assert body["quota_name"] == "one"
        assert body["blocking_quotas"][0]["quotaName"] == "one"
        assert body["resets_at"].endswith("T00:00:00.000Z")


async def test_anthropic_sdk_raises_its_rate_limit_error(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, with_quotas(provider, "one", one=ONE_CALL)) as gateway:
        await used_up(gateway, provider)
        client = anthropic.AsyncAnthropic(base_url=gateway.url, api_key=KEY, max_retries=0)
        async with client:
            with pytest.raises(anthropic.RateLimitError) as raised:
                await client.messages.create(
                    model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
                )
    body = raised.value.body
    assert isinstance(body, dict)
    assert (body["error"]["type"], body["error"]["quota_name"]) == ("rate_limit_error", "one")
    assert int(raised.value.response.headers["retry-after"]) >= 1


async def test_google_sdk_raises_its_client_error(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, with_quotas(provider, "one", one=ONE_CALL)) as gateway:
        await used_up(gateway, provider)
        client = genai.Client(
            api_key=KEY, http_options=genai_types.HttpOptions(base_url=gateway.url)
        )
        with pytest.raises(genai_errors.ClientError) as raised:
            await client.aio.models.generate_content(model="m", contents="Hi")
    assert (raised.value.code, raised.value.status) == (429, "RESOURCE_EXHAUSTED")
    found = {
        one["@type"].rpartition(".")[2]: one for one in raised.value.details["error"]["details"]
    }
    assert found["ErrorInfo"]["reason"] == "quota_exceeded"
    assert found["ErrorInfo"]["metadata"]["quota_name"] == "one"
    assert "retryDelay" in found["RetryInfo"]


async def test_a_token_quota_counts_what_was_used_not_what_was_reserved(
    tmp_path: Path, provider: Provider
) -> None:
    config = with_quotas(provider, "words", words="type: daily, limitType: tokens, limit: 40")
    async with running(tmp_path, config) as gateway:
        provider.script(*answers(4, Tokens(prompt=10, output=5, cached=4)))
        codes = [(await ask(gateway, max_tokens=5000)).status_code for _ in range(4)]
        used = await level(gateway, "words")
    assert codes == [200, 200, 200, 429]
    assert (used.usage, used.reserved) == (45.0, 0.0)


async def test_a_cost_quota_below_a_dollar_stops(tmp_path: Path, provider: Provider) -> None:
    quota = "type: rolling, limitType: cost, limit: 0.00003, duration: 30d, warnAt: 0.6"
    async with running(tmp_path, with_quotas(provider, "money", money=quota)) as gateway:
        provider.script(*answers(3))  # 20 millionths of a dollar each
        replies = [await ask(gateway) for _ in range(3)]
        used = await level(gateway, "money")
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert [reply.headers.get("x-plexus-quota-warning") for reply in replies] == [
        None, "money", "money",
    ]  # fmt: skip
    assert replies[1].headers["x-plexus-quota-limit"] == "0.00003"
    assert used.usage == pytest.approx(40e-6, rel=1e-3)


async def test_a_stream_that_its_client_leaves_counts_for_what_had_come(
    tmp_path: Path, provider: Provider
) -> None:
    quotas = {
        "calls": "type: daily, limitType: requests, limit: 9",
        "words": "type: daily, limitType: tokens, limit: 9000",
    }
    never = asyncio.Event()
    frames = chat.stream(["word " * 100] * 8, tokens=Tokens(prompt=10, output=800))
    async with running(tmp_path, with_quotas(provider, "calls, words", **quotas)) as gateway:
        provider.script(script.gated(frames, never, after=6))
        async with (
            httpx.AsyncClient(timeout=10) as client,
            client.stream(
                "POST",
                f"{gateway.url}/v1/chat/completions",
                headers={"authorization": f"Bearer {KEY}"},
                json=chat_body(stream=True),
            ) as reply,
        ):
            async for line in reply.aiter_lines():
                if "word" in line:
                    break
        (row,) = await gateway.rows()
        calls, words = await level(gateway, "calls"), await level(gateway, "words")
    never.set()
    assert (row.response_status, row.tokens_estimated) == ("cancelled", True)
    assert (calls.usage, calls.reserved) == (1.0, 0.0)
    assert words.usage == (row.tokens_input or 0) + (row.tokens_output or 0) >= 100
    assert words.reserved == 0.0


@pytest.mark.parametrize("status", [400, 500])
async def test_a_call_that_its_provider_refused_counts_nothing(
    tmp_path: Path, provider: Provider, status: int
) -> None:
    config = with_quotas(provider, "few", few="type: daily, limitType: requests, limit: 2")
    async with running(tmp_path, config) as gateway:
        provider.script(script.json_reply(chat.error(status, "no"), status=status))
        reply = await ask(gateway)
        used = await level(gateway, "few")
    assert reply.status_code >= 400
    assert (used.usage, used.reserved) == (0.0, 0.0)


async def test_a_shadow_quota_counts_and_tells_but_never_blocks(
    tmp_path: Path, provider: Provider
) -> None:
    config = with_quotas(provider, "ghost", ghost=f"{ONE_CALL}, shadow: true")
    async with running(tmp_path, config) as gateway:
        provider.script(*answers(3))
        replies = [await ask(gateway) for _ in range(3)]
        used = await level(gateway, "ghost")
    assert [reply.status_code for reply in replies] == [200] * 3
    warnings = [reply.headers.get("x-plexus-quota-warning") for reply in replies]
    assert warnings == [None, "ghost", "ghost"]
    assert used.usage == 3.0


async def test_a_scoped_quota_takes_only_its_targets_out_of_the_plan(
    tmp_path: Path, provider: Provider
) -> None:
    scoped = with_quotas(provider, "big-only", **{"big-only": f"{ONE_CALL}, allowedModels: [big]"})
    config = scoped.replace(
        "targets: [{provider: acme, model: big}]",
        "selector: in_order\n"
        "    targets: [{provider: acme, model: big}, {provider: acme, model: small}]",
    )
    async with running(tmp_path, config) as gateway:
        provider.script(*answers(3))
        replies = [await ask(gateway) for _ in range(3)]
        rows = await gateway.rows(3)
        direct = await ask(gateway, model="direct/acme/big")
        used = await level(gateway, "big-only")
    assert [reply.status_code for reply in replies] == [200] * 3
    assert [row.selected_model_name for row in rows] == ["big", "small", "small"]
    routing = json.loads(rows[1].routing or "{}")
    assert routing["skipped"] == ["acme/big: quota_exceeded:big-only"]
    assert "x-plexus-quota" not in replies[1].headers
    assert (direct.status_code, direct.json()["error"]["quota_name"]) == (429, "big-only")
    assert used.usage == 1.0


async def test_a_shared_pool_is_emptied_by_all_of_its_keys(
    tmp_path: Path, provider: Provider
) -> None:
    config = with_quotas(provider, "pool", pool=f"{ONE_CALL}, shared: true") + (
        "default_quotas: [pool]\n"
    )
    config = config.replace("keys:\n", "keys:\n  other: {secret: sk-plexus-other}\n")
    async with running(tmp_path, config) as gateway:
        await used_up(gateway, provider)
        async with httpx.AsyncClient(timeout=10) as client:
            reply = await client.post(
                f"{gateway.url}/v1/chat/completions",
                headers={"authorization": "Bearer sk-plexus-other"},
                json=chat_body(),
            )
        used = await level(gateway, "pool", owner="*")
    assert (reply.status_code, used.usage) == (429, 1.0)


async def test_to_count_tokens_is_free(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, with_quotas(provider, "one", one=ONE_CALL)) as gateway:
        await used_up(gateway, provider)
        async with httpx.AsyncClient(timeout=10) as client:
            reply = await client.post(
                f"{gateway.url}/v1/messages/count_tokens",
                headers={"authorization": f"Bearer {KEY}"},
                json={"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
            )
    assert reply.status_code == 200


async def test_many_at_once_get_no_more_than_the_limit(tmp_path: Path, provider: Provider) -> None:
    config = with_quotas(
        provider, "few", few="type: rolling, duration: 1d, limitType: requests, limit: 10"
    )
    async with running(tmp_path, config) as gateway:
        provider.always(*answers())
        codes = [
            reply.status_code for reply in await asyncio.gather(*[ask(gateway) for _ in range(40)])
        ]
        used = await level(gateway, "few")
    assert (codes.count(200), codes.count(429)) == (10, 30)
    assert (used.usage, used.reserved) == (pytest.approx(10.0, rel=1e-3), 0.0)


async def test_a_key_without_a_quota_costs_no_statement(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        await used_up(gateway, provider)
        (row,) = await gateway.rows()
        levels = await gateway.gateway.services.store.quotas.levels()
    assert "reserved" not in (row.timeline or "")
    assert levels == {}


async def test_two_gateways_of_one_ledger_keep_to_one_limit_and_a_killed_one_gives_back(
    tmp_path: Path, provider: Provider
) -> None:
    config = with_quotas(provider, "few", few="type: monthly, limitType: requests, limit: 3")
    env = {"DATABASE_URL": f"sqlite://{tmp_path}/shared.db"}
    folders = [tmp_path / name for name in ("first", "second", "again")]
    for folder in folders:
        folder.mkdir()
    provider.always(answers()[0])
    async with (
        served(folders[0], config, env=env) as first,
        served(folders[1], config, env=env) as second,
    ):
        never = asyncio.Event()
        provider.script(script.stalled(never))
        waiting = asyncio.ensure_future(chat_at(first.url))
        await provider.received()  # so it is reserved
        replies = await asyncio.gather(*(chat_at(second.url) for _ in range(5)))
        await first.kill()
        with pytest.raises(httpx.HTTPError):
            await waiting
        still = await chat_at(second.url)
        async with served(folders[2], config, env=env):  # looks who is gone
            after = [await chat_at(second.url) for _ in range(2)]
    never.set()
    codes = sorted(reply.status_code for reply in replies)
    assert codes == [200, 200, 429, 429, 429]
    assert still.status_code == 429
    assert [reply.status_code for reply in after] == [200, 429]
