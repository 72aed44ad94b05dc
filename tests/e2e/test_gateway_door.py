"""Calls to our base URL, from the first byte to the row in the ledger."""

import asyncio
import json
from pathlib import Path

import anthropic
import httpx
import openai
import pytest

from tests.e2e.running import Running, one_provider, running
from tests.fakes import script
from tests.fakes.native import chat
from tests.fakes.native.shapes import Call, Tokens
from tests.fakes.provider import Provider

KEY = "sk-plexus-app:Team-A"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "the weather somewhere",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def tool_call(identity: str, city: str) -> Call:
    return Call(id=identity, name="weather", arguments=json.dumps({"city": city}))


def openai_client(gateway: Running, key: str = KEY) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0)


def anthropic_client(gateway: Running, key: str = KEY) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=gateway.url, api_key=key, max_retries=0)


async def test_openai_sdk_plain(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        provider.script(script.json_reply(chat.text("Hello", tokens=Tokens(prompt=10, output=5))))
        async with openai_client(gateway) as client:
            reply = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], seed=7
            )
        (row,) = await gateway.rows()
    assert reply.choices[0].message.content == "Hello"
    sent = await provider.received()
    assert sent.headers["authorization"] == "Bearer sk-provider-secret"
    assert sent.body == {
        "messages": [{"role": "user", "content": "Hi"}],
        "model": "big",
        "seed": 7,
    }
    assert (row.api_key, row.attribution) == ("app", "team-a")
    assert (row.response_status, row.tokens_input, row.tokens_output) == ("success", 10, 5)
    assert row.cost_total == pytest.approx(20e-6)
    assert (row.incoming_model_alias, row.provider, row.selected_model_name) == ("m", "acme", "big")
    assert row.is_passthrough and not row.is_streamed and not row.tokens_estimated
    assert row.duration_ms is not None and row.ttft_ms is not None


async def test_openai_sdk_stream_hides_the_usage_frame_it_did_not_ask_for(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        frames = chat.stream(["Hel", "lo"], tokens=Tokens(prompt=10, output=5))
        provider.script(script.stream(frames))
        async with openai_client(gateway) as client:
            chunks = [
                chunk
                async for chunk in await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
                )
            ]
        (row,) = await gateway.rows()
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Hello"
    assert all(chunk.usage is None for chunk in chunks)
    sent = await provider.received()
    assert isinstance(sent.body, dict)
    assert sent.body["stream_options"] == {"include_usage": True}
    assert (row.response_status, row.tokens_input, row.tokens_output) == ("success", 10, 5)
    assert row.is_streamed and row.finish_reason == "end"


async def test_openai_sdk_tool_round_trip(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        calls = (
            tool_call("call_1", "Oslo"),
            tool_call("call_2", "Rome"),
        )
        provider.script(
            script.json_reply(chat.tools(*calls)), script.json_reply(chat.text("Cold and warm"))
        )
        messages: list = [{"role": "user", "content": "Weather in Oslo and Rome?"}]
        async with openai_client(gateway) as client:
            first = await client.chat.completions.create(
                model="m", messages=messages, tools=[WEATHER]
            )
            asked = first.choices[0].message
            messages.append(asked.model_dump(exclude_none=True))
            for call in asked.tool_calls or []:
                city = json.loads(call.function.arguments)["city"]
                messages.append({"role": "tool", "tool_call_id": call.id, "content": city})
            second = await client.chat.completions.create(
                model="m", messages=messages, tools=[WEATHER]
            )
        await gateway.rows(2)
    assert first.choices[0].finish_reason == "tool_calls"
    assert second.choices[0].message.content == "Cold and warm"
    sent = await provider.received(2)
    assert isinstance(sent.body, dict)
    assert sent.body["messages"] == json.loads(json.dumps(messages))


async def test_anthropic_sdk_on_an_openai_compatible_provider(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        provider.script(
            script.json_reply(chat.text("Hello", tokens=Tokens(prompt=10, output=5, cached=4)))
        )
        async with anthropic_client(gateway) as client:
            reply = await client.messages.create(
                model="m",
                max_tokens=50,
                system="Be brief.",
                messages=[{"role": "user", "content": "Hi"}],
            )
        (row,) = await gateway.rows()
    assert [block.model_dump(include={"type", "text"}) for block in reply.content] == [
        {"type": "text", "text": "Hello"}
    ]
    assert reply.stop_reason == "end_turn"
    assert reply.usage.output_tokens == 5
    assert reply.usage.input_tokens + (reply.usage.cache_read_input_tokens or 0) == 10
    sent = await provider.received()
    assert isinstance(sent.body, dict)
    assert sent.path == "/v1/chat/completions"
    assert sent.body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert sent.body["max_tokens"] == 50
    assert (row.incoming_api_type, row.outgoing_api_type) == ("messages", "chat")
    assert not row.is_passthrough


async def test_anthropic_sdk_accumulates_a_translated_stream(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        provider.script(
            script.stream(
                chat.tool_stream(
                    tool_call("call_1", "Oslo"),
                    tool_call("call_2", "Rome"),
                    tokens=Tokens(prompt=20, output=9),
                )
            )
        )
        tool = {
            "name": "weather",
            "description": "the weather somewhere",
            "input_schema": WEATHER["function"]["parameters"],
        }
        async with (
            anthropic_client(gateway) as client,
            client.messages.stream(
                model="m",
                max_tokens=50,
                messages=[{"role": "user", "content": "Weather in Oslo and Rome?"}],
                tools=[tool],
            ) as stream,
        ):
            final = await stream.get_final_message()
        (row,) = await gateway.rows()
    found = [(b.name, b.input) for b in final.content if b.type == "tool_use"]
    assert found == [("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})]
    assert final.stop_reason == "tool_use"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (20, 9)
    assert (row.tokens_input, row.tokens_output, row.finish_reason) == (20, 9, "tool")


async def test_a_client_that_leaves_closes_the_provider_and_pays_for_what_it_saw(
    tmp_path: Path, provider: Provider
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        never = asyncio.Event()
        words = [f"word{n:03} " for n in range(20)]
        frames = chat.stream(words)
        provider.script(script.gated(frames, never, after=len(words) // 2 + 1))
        async with httpx.AsyncClient() as client:
            request = client.build_request(
                "POST",
                f"{gateway.url}/v1/chat/completions",
                headers={"authorization": f"Bearer {KEY}"},
                json={"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}]},
            )
            reply = await client.send(request, stream=True)
            seen = b""
            async for data in reply.aiter_bytes():
                seen += data
                if b"word009" in seen:
                    break
            await reply.aclose()
        assert await (await provider.received()).ended() == "closed"
        (row,) = await gateway.rows()
    assert row.response_status == "cancelled"
    assert row.tokens_estimated
    assert row.tokens_output == pytest.approx(20, abs=3)  # ten words of eight characters
    assert row.tokens_input is not None and row.tokens_input > 0
    assert row.cost_total is not None


@pytest.mark.parametrize(
    ("key", "model", "status", "words"),
    [
        ("sk-wrong", "m", 401, "not known"),
        (KEY, "nothing", 404, "does not exist"),
    ],
)
async def test_each_client_gets_its_own_typed_exception(
    tmp_path: Path, provider: Provider, key: str, model: str, status: int, words: str
) -> None:
    async with running(tmp_path, one_provider(provider)) as gateway:
        async with openai_client(gateway, key) as client:
            with pytest.raises(openai.APIStatusError, match=words) as first:
                await client.chat.completions.create(
                    model=model, messages=[{"role": "user", "content": "Hi"}]
                )
        async with anthropic_client(gateway, key) as other:
            with pytest.raises(anthropic.APIStatusError, match=words) as second:
                await other.messages.create(
                    model=model, max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
                )
    assert (first.value.status_code, second.value.status_code) == (status, status)
    assert not provider.requests


async def test_broken_json_and_bodies_over_the_limit_are_refused_natively(
    tmp_path: Path, provider: Provider
) -> None:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    async with running(tmp_path, one_provider(provider)) as gateway, httpx.AsyncClient() as client:
        broken = await client.post(
            f"{gateway.url}/v1/messages", headers=headers, content=b'{"model": '
        )
        large = await client.post(
            f"{gateway.url}/v1/chat/completions", headers=headers, content=b" " * (31 << 20)
        )
        served = await client.post(
            f"{gateway.url}/v1/chat/completions",
            headers=headers,
            json={"model": "m", "messages": [{"role": "user", "content": "x" * (10 << 20)}]},
            timeout=60,
        )
    assert broken.status_code == 400
    assert broken.json()["error"]["type"] == "invalid_request_error"
    assert "not valid JSON" in broken.json()["error"]["message"]
    assert large.status_code == 413
    assert "limit" in large.json()["error"]["message"]
    assert served.status_code == 200


async def test_a_provider_that_refuses_the_connection_is_a_bad_gateway(
    tmp_path: Path, provider: Provider
) -> None:
    await provider.refuse()
    async with running(tmp_path, one_provider(provider)) as gateway:
        async with openai_client(gateway) as client:
            with pytest.raises(openai.InternalServerError) as caught:
                await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hi"}]
                )
        (row,) = await gateway.rows()
    assert caught.value.status_code == 502
    assert "sk-provider-secret" not in str(caught.value)
    assert row.response_status == "error"
    assert row.error_message is not None and "could not reach" in row.error_message


async def test_a_gemini_client_without_sse_gets_its_json_array_from_a_gemini_provider(
    tmp_path: Path, provider: Provider
) -> None:
    config = one_provider(provider, "gemini")
    async with running(tmp_path, config) as gateway, httpx.AsyncClient() as client:
        reply = await client.post(
            f"{gateway.url}/v1beta/models/m:streamGenerateContent",
            headers={"x-goog-api-key": KEY},
            json={"contents": [{"role": "user", "parts": [{"text": "ping"}]}]},
        )
        (row,) = await gateway.rows()
    assert reply.headers["content-type"].startswith("application/json")
    parts = [p for c in reply.json() for p in c["candidates"][0]["content"]["parts"]]
    assert "ping" in "".join(part.get("text", "") for part in parts)
    assert (row.response_status, row.is_streamed) == ("success", True)
