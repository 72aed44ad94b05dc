"""Asking for the size of a prompt, through both doors, with the SDKs that can ask."""

import json
import ssl
from pathlib import Path

import anthropic
import httpx
import httpx2
import openai
import pytest
from google import genai
from google.genai import errors as genai_errors
from google.genai import types

from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import messages
from tests.fakes.provider import Provider

KEY = "sk-plexus-app"
PROMPT: list = [{"role": "user", "content": "How long is this prompt?"}]
TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}


def claude(gateway: Running, key: str = KEY) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=gateway.url, api_key=key, max_retries=0)


def google(gateway: Running) -> genai.Client:
    return genai.Client(
        api_key=KEY, http_options=types.HttpOptions(base_url=gateway.url, api_version="v1beta")
    )


async def test_an_anthropic_target_counts_itself(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider, "messages")) as gateway:
        provider.script(script.json_reply({"input_tokens": 2095}))
        async with claude(gateway) as client:
            found = await client.messages.count_tokens(
                model="m", system="Be brief.", messages=PROMPT, tools=[TOOL]
            )
        (row,) = await gateway.rows()
    assert found.input_tokens == 2095
    sent = await provider.received()
    assert sent.path == "/v1/messages/count_tokens"
    assert sent.headers["x-api-key"] == "sk-provider-secret"
    assert sent.headers["anthropic-version"]
    assert sent.body == {
        "model": "big", "system": "Be brief.", "messages": PROMPT, "tools": [TOOL],
    }  # fmt: skip
    assert (row.response_status, row.provider, row.api_key) == ("success", "acme", "app")
    assert (row.tokens_input, row.tokens_output, row.cost_total) == (0, 0, 0.0)


async def test_an_openai_compatible_target_is_estimated(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway, claude(gateway) as client:
        raw = await client.messages.with_raw_response.count_tokens(model="m", messages=PROMPT)
        longer = await client.messages.count_tokens(
            model="m", messages=[{"role": "user", "content": "word " * 1000}]
        )
        beta = await client.beta.messages.count_tokens(model="m", messages=PROMPT)
        rows = await gateway.rows(3)
    found = (await raw.parse()).input_tokens
    assert found == beta.input_tokens == 13
    assert "estimated: acme/big" in raw.headers["x-plexus-dropped"]
    assert raw.headers["request-id"] == rows[0].request_id
    assert longer.input_tokens == pytest.approx(1000, rel=0.05)
    assert not provider.requests
    assert [(row.response_status, row.cost_total) for row in rows] == [("success", 0.0)] * 3


async def test_a_server_that_cannot_count_is_estimated(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider, "messages")) as gateway:
        provider.script(script.json_reply(messages.error(404, "no such path"), status=404))
        async with claude(gateway) as client:
            found = await client.messages.count_tokens(model="m", messages=PROMPT)
        (row,) = await gateway.rows()
    assert found.input_tokens == 13
    assert row.response_status == "success" and row.retry_history is not None
    assert json.loads(row.retry_history)[0]["statusCode"] == 404


@pytest.mark.parametrize(
    ("key", "model", "prompt", "wanted"),
    [
        ("sk-wrong", "m", PROMPT, anthropic.AuthenticationError),
        (KEY, "nothing", PROMPT, anthropic.NotFoundError),
        (KEY, "m", [], anthropic.BadRequestError),
    ],
)
async def test_a_count_is_refused_as_a_call_would_be(
    tmp_path: Path, provider: Provider, key: str, model: str, prompt: list, wanted: type[Exception]
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway, claude(gateway, key) as client:
        with pytest.raises(wanted):
            await client.messages.count_tokens(model=model, messages=prompt)
    assert not provider.requests


async def test_a_count_of_broken_json_is_refused_in_anthropics_shape(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway, httpx.AsyncClient() as http:
        reply = await http.post(
            f"{gateway.url}/v1/messages/count_tokens", headers={"x-api-key": KEY}, content=b'{"mod'
        )
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"


async def test_a_gemini_target_counts_itself(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider, "gemini")) as gateway:
        provider.script(script.json_reply({"totalTokens": 31}))
        found = await google(gateway).aio.models.count_tokens(model="m", contents="How long?")
        await gateway.rows()
    assert found.total_tokens == 31
    sent = await provider.received()
    assert sent.path == "/v1beta/models/big:countTokens"
    assert sent.body == {"contents": [{"role": "user", "parts": [{"text": "How long?"}]}]}


async def test_geminis_sdk_gets_an_estimate_of_another_target(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        client = google(gateway)
        found = await client.aio.models.count_tokens(model="m", contents="How long?")
        with pytest.raises(genai_errors.ClientError, match="does not exist"):
            await client.aio.models.count_tokens(model="nothing", contents="How long?")
        listed = [model.supported_actions async for model in await client.aio.models.list()]
    assert found.total_tokens == 10
    assert all("countTokens" in (actions or ()) for actions in listed) and listed


async def test_openais_sdk_counts_for_responses(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider, "responses")) as gateway:
        provider.script(script.json_reply({"object": "response.input_tokens", "input_tokens": 18}))
        async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY) as client:
            asked = await client.responses.input_tokens.count(model="m", input="How long?")
    assert asked.input_tokens == 18
    sent = await provider.received()
    assert (sent.path, sent.body) == (
        "/v1/responses/input_tokens",
        {"model": "big", "input": "How long?"},
    )


@pytest.mark.parametrize(("dialect", "tokens"), [("messages", 11), ("gemini", 11), ("chat", 13)])
async def test_a_routed_client_behind_the_proxy_gets_its_count(
    tmp_path: Path, provider: Provider, dialect: str, tokens: int
) -> None:
    config = one_provider(
        provider, dialect, intercept="{hosts: {api.anthropic.com: {mode: route}}}"
    )
    async with running(tmp_path, config) as gateway:
        trust = ssl.create_default_context(cafile=str(gateway.data / "ca" / "ca.pem"))
        http = httpx2.AsyncClient(proxy=gateway.url, verify=trust)
        async with anthropic.AsyncAnthropic(api_key=KEY, http_client=http, max_retries=0) as client:
            found = await client.messages.count_tokens(model="m", messages=PROMPT)
        (row,) = await gateway.rows()
    assert found.input_tokens == tokens
    assert (row.door, row.cost_total) == ("route", 0.0)
