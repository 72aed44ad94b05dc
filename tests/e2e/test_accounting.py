"""Money and tokens through a whole gateway: estimates, reported costs, list prices, commands."""

import asyncio
import contextlib
import io
from pathlib import Path

import httpx
import pytest

from plexus.addons.cli import _parser
from plexus.addons.metering.price_book import LOOK_EVERY_S
from plexus.addons.show_usage import show_usage
from plexus.transforms.wire import dump, parse_object
from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.native.shapes import Tokens
from tests.fakes.provider import Provider

KEY = {"authorization": "Bearer sk-plexus-app"}
PROMPT = {"model": "m", "messages": [{"role": "user", "content": "two words"}]}


async def asked(gateway: Running, path: str = "/v1/chat/completions", **more: object) -> bytes:
    async with httpx.AsyncClient(base_url=gateway.url, headers=KEY, timeout=20) as client:
        reply = await client.post(path, json={**PROMPT, **more})
        return reply.content


def silent() -> dict[str, object]:
    """A whole answer without usage."""
    return {name: value for name, value in chat.text("it is so").items() if name != "usage"}


async def test_an_answer_without_usage_is_estimated_where_that_is_configured(
    tmp_path: Path, provider: Provider
) -> None:
    config = one_provider(provider).replace(
        "    models:\n", "    estimateTokens: true\n    models:\n", 1
    )
    async with running(tmp_path, config) as gateway:
        for _ in range(2):
            provider.script(script.json_reply(silent()))
        provider.script(script.stream(chat.stream(["it is ", "so"], tokens=None)))
        await asked(gateway)
        await asked(gateway, "/v1/messages", max_tokens=9)
        await asked(gateway, stream=True)
        rows = await gateway.rows(3)
    assert [(r.tokens_input, r.tokens_output, r.tokens_estimated) for r in rows] == [
        (9, 3, True), (9, 3, True), (9, 3, True),
    ]  # fmt: skip
    assert [row.cost_total for row in rows] == [pytest.approx(15e-6)] * 3


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_cost_that_the_provider_tells_in_a_comment_is_booked(
    tmp_path: Path, provider: Provider, path: str
) -> None:
    frames = chat.stream(["it is so"], tokens=Tokens(prompt=10, output=5))
    told = b': cost {"request_cost_usd": 0.0125}\n\n'
    async with running(tmp_path, one_provider(provider)) as gateway:
        provider.script(script.stream([*frames[:-1], told, frames[-1]]))
        await asked(gateway, path, stream=True, max_tokens=9)
        (row,) = await gateway.rows()
    assert (row.cost_total, row.cost_source) == (0.0125, "provider_reported")
    assert row.provider_reported_cost == 0.0125
    assert (row.tokens_input, row.tokens_output) == (10, 5)


async def test_list_prices_change_without_a_restart(tmp_path: Path, provider: Provider) -> None:
    config = one_provider(provider, price_catalogue="{file: prices.json}").replace(
        "pricing: {source: simple, input: 1.0, output: 2.0, cached: 0.1}", "{}"
    )
    prices = tmp_path / "prices.json"

    def write(price: float) -> None:
        entry = {"vendor": "lab", "model": "big", "input": price, "output": 0}
        prices.write_bytes(dump({"hosts": {"lab": ["127.0.0.1"]}, "prices": [entry]}))

    async with running(tmp_path, config) as gateway:
        book, holder = gateway.gateway.services.prices, gateway.gateway.services.config
        for price in (None, 1.0, 3.0):
            if price is not None:
                write(price)
                await book.renew(holder.current)  # the gateway does so by itself, but not at once
            provider.script(script.json_reply(chat.text("x", tokens=Tokens(prompt=1000, output=5))))
            await asked(gateway)
        rows = await gateway.rows(3)
    assert LOOK_EVERY_S <= 60
    assert [(row.cost_total, row.cost_source) for row in rows] == [
        (None, None), (0.001, "catalogue"), (0.003, "catalogue"),
    ]  # fmt: skip


async def test_the_commands_see_what_a_running_gateway_writes(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        provider.script(script.json_reply(chat.text("x", tokens=Tokens(prompt=10, output=5))))
        await asked(gateway)
        await gateway.rows()
        out = await asyncio.to_thread(shown, gateway, "--by", "key,model", "--json")
    assert parse_object(out) == {
        "api_key": "app", "model": "big", "requests": 1, "failed": 0, "tokens_input": 10,
        "tokens_cached": 0, "tokens_cache_write": 0, "tokens_output": 5, "tokens_reasoning": 0,
        "cost_total": 0.00002, "unpriced": 0, "estimated": 0,
    }  # fmt: skip


def shown(gateway: Running, *arguments: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = show_usage(
            _parser().parse_args(["usage", *arguments]), {"DATA_DIR": str(gateway.data)}
        )
    assert status == 0
    return out.getvalue()
