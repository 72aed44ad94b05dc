"""Counting: asked where one can, estimated where one cannot."""

import asyncio
from typing import Any

import pytest

from plexus.addons.exchange import Buffered, Exchange
from plexus.addons.upstream.count import count_tokens
from plexus.config.snapshot import Adapter, Model
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump, parse_object
from tests.addons.factories import DIALECTS, exchange, plan, provider, target
from tests.addons.making import Replying, Scripted, whole

COUNT = Match(Operation.COUNT_TOKENS)
HELLO: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hello you"}]}
ANTHROPIC = {"urls": {"messages": "http://acme.test/v1"}, "api_key": "sk-provider-secret"}


def asking(dialect: str = "messages", body: JsonObject = HELLO, **other: Any) -> Exchange:
    call: dict[str, Any] = {"match": COUNT, "dialect": DIALECTS[dialect], **other}
    return exchange(body=body, raw=dump(body), model="m", plan=plan(), **call)


async def answer(call: Exchange, upstream: Scripted, **other: Any) -> Buffered:
    where = target("acme/big", provider=provider("acme", **(ANTHROPIC | other)))
    return await count_tokens(call, where, upstream, DIALECTS)


async def test_a_target_that_speaks_the_clients_format_is_asked() -> None:
    upstream = Scripted(whole(b'{ "input_tokens": 42, "more": null }'))
    call = asking()
    reply = await answer(call, upstream)
    assert (reply.status, reply.body) == (200, b'{ "input_tokens": 42, "more": null }')
    (sent,) = upstream.sent
    assert sent.url == "http://acme.test/v1/messages/count_tokens"
    assert sent.headers["x-api-key"] == "sk-provider-secret"
    assert parse_object(sent.body) == {**HELLO, "model": "big"}
    (attempt,) = call.attempts
    assert (attempt.status, attempt.error, attempt.passthrough) == (200, None, True)
    assert call.receipt == ()


async def test_a_target_of_another_format_is_estimated_and_the_estimate_is_marked() -> None:
    upstream = Scripted()
    call = asking()
    reply = await answer(call, upstream, urls={"chat": "http://acme.test/v1"})
    assert parse_object(reply.body) == {"input_tokens": 3 + 4 + 2}
    assert [str(note) for note in call.receipt] == [
        "invented input_tokens (estimated: acme/big is spoken to in chat)"
    ]
    assert not upstream.sent and not call.attempts


@pytest.mark.parametrize(
    ("dialect", "path", "body", "field"),
    [
        ("responses", "/v1/responses/input_tokens", {"input": "Hello you"}, "input_tokens"),
        (
            "gemini",
            "/v1beta/models/big:countTokens",
            {"contents": [{"parts": [{"text": "Hello you"}]}]},
            "totalTokens",
        ),
    ],
)
async def test_every_format_is_asked_in_its_own_place(
    dialect: str, path: str, body: JsonObject, field: str
) -> None:
    base = "http://acme.test" + ("/v1" if dialect == "responses" else "")
    upstream = Scripted(whole(dump({field: 3})))
    call = asking(dialect, body, match=Match(Operation.COUNT_TOKENS, "m", stream=False))
    reply = await answer(call, upstream, urls={dialect: base})
    assert parse_object(reply.body) == {field: 3}
    assert upstream.sent[0].url == "http://acme.test" + path


async def test_a_target_of_another_format_that_can_count_is_asked_in_its_own_words() -> None:
    upstream = Scripted(whole(b'{"totalTokens":31}'))
    body: JsonObject = {**HELLO, "system": "Brief.", "thinking": {"type": "adaptive"}}
    reply = await answer(asking(body=body), upstream, urls={"gemini": "http://acme.test"})
    assert parse_object(reply.body) == {"input_tokens": 31}
    (sent,) = upstream.sent
    assert sent.url == "http://acme.test/v1beta/models/big:countTokens"
    assert parse_object(sent.body) == {
        "generateContentRequest": {
            "model": "models/big",
            "contents": [{"role": "user", "parts": [{"text": "Hello you"}]}],
            "systemInstruction": {"parts": [{"text": "Brief."}]},
        }
    }


async def test_geminis_client_is_told_in_its_words_what_another_target_counted() -> None:
    upstream = Scripted(whole(b'{"input_tokens":12}'))
    contents: JsonObject = {"contents": [{"parts": [{"text": "Hello you"}]}]}
    match = Match(Operation.COUNT_TOKENS, "m", stream=False)
    call = asking("gemini", {"generateContentRequest": contents}, match=match)
    reply = await answer(call, upstream)
    assert parse_object(reply.body) == {"totalTokens": 12}
    (sent,) = upstream.sent
    assert sent.url == "http://acme.test/v1/messages/count_tokens"
    assert parse_object(sent.body) == {
        "model": "big",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello you"}]}],
    }
    (attempt,) = call.attempts
    assert attempt.dialect is DIALECTS["messages"] and not attempt.passthrough


async def test_a_wrapped_call_of_geminis_is_asked_about_under_the_targets_model() -> None:
    contents: JsonObject = {"contents": [{"parts": [{"text": "Hello you"}]}]}
    body: JsonObject = {"generateContentRequest": {"model": "models/m", **contents}}
    upstream = Scripted(whole(b'{"totalTokens":3}'))
    call = asking("gemini", body, match=Match(Operation.COUNT_TOKENS, "m", stream=False))
    await answer(call, upstream, urls={"gemini": "http://acme.test"})
    assert upstream.sent[0].url == "http://acme.test/v1beta/models/big:countTokens"
    assert parse_object(upstream.sent[0].body) == {
        "generateContentRequest": {"model": "models/big", **contents}
    }


async def test_what_is_configured_for_calls_holds_for_the_prompt_but_adds_nothing_to_it() -> None:
    rule: JsonObject = {"model": "big", "rewriteTo": "huge", "conditions": [{"field": "messages"}]}
    adapter = Adapter(name="model_override", options={"rules": [rule]})
    upstream = Scripted(whole(b'{"input_tokens":1}'))
    call = asking(body={**HELLO, "tools": []})
    await answer(call, upstream, adapters=(adapter,), extra_body={"top_k": 5, "tools": [{}]})
    assert parse_object(upstream.sent[0].body) == {**HELLO, "model": "huge", "tools": [{}]}


@pytest.mark.parametrize(
    "reply",
    [
        GatewayError(Kind.UPSTREAM_DOWN, "no connection"),
        whole(b'{"error":{"message":"not found"}}', status=404),
        whole(b"no", status=405),
        whole(b'{"error":{"type":"authentication_error","message":"bad key"}}', status=401),
        whole(b'{"error":{"type":"rate_limit_error","message":"slow"}}', status=429),
        whole(b"<html>", status=502),
        whole(b"<html>welcome</html>"),
        whole(b'{"input_tokens":"many"}'),
        whole(b"[]"),
    ],
)
async def test_a_target_that_gives_no_count_is_estimated(reply: Replying | GatewayError) -> None:
    call = asking()
    found = await answer(call, Scripted(reply))
    assert parse_object(found.body) == {"input_tokens": 9}
    assert [str(note) for note in call.receipt] == [
        "invented input_tokens (estimated: acme/big gave no count)"
    ]
    assert call.attempts[0].error is not None and call.attempts[0].ended is not None
    assert not isinstance(reply, Replying) or reply.closed == 1


@pytest.mark.parametrize("status", [400, 413])
async def test_what_the_provider_finds_wrong_with_the_request_is_the_clients_to_know(
    status: int,
) -> None:
    error = {"type": "invalid_request_error", "message": "odd; your key is opensesame"}
    reply = whole(dump({"type": "error", "error": error}), status=status)
    with pytest.raises(GatewayError, match=r"odd; your key is \*\*\*") as caught:
        await answer(asking(), Scripted(reply), api_key="opensesame")
    assert caught.value.kind in (Kind.BAD_REQUEST, Kind.TOO_LARGE)


async def test_what_a_provider_finds_wrong_with_our_translation_is_not_the_clients_fault() -> None:
    reply = whole(b'{"error":{"code":400,"message":"odd","status":"INVALID_ARGUMENT"}}', status=400)
    found = await answer(asking(), Scripted(reply), urls={"gemini": "http://acme.test"})
    assert parse_object(found.body) == {"input_tokens": 1 + 2}


async def test_what_we_find_wrong_with_the_request_is_the_clients_to_know() -> None:
    call = asking(body={"model": "m", "messages": "hello"})
    with pytest.raises(GatewayError, match="messages") as caught:
        await answer(call, Scripted(), urls={"chat": "http://acme.test/v1"})
    assert caught.value.kind is Kind.BAD_REQUEST


async def test_a_slow_target_is_not_waited_for() -> None:
    call = asking()
    reply = await answer(call, Scripted(asyncio.Event()), timeout_s=0.01)
    assert parse_object(reply.body) == {"input_tokens": 9}
    assert call.attempts[0].error is not None
    assert call.attempts[0].error.kind is Kind.UPSTREAM_TIMEOUT


async def test_foreign_thinking_in_the_history_does_not_spoil_the_count() -> None:
    thought: JsonObject = {"type": "thinking", "thinking": "hm", "signature": ""}
    turns: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [thought, {"type": "text", "text": "Hello"}]},
        {"role": "user", "content": "And?"},
    ]
    upstream = Scripted(whole(b'{"input_tokens":5}'))
    call = asking(body={"model": "m", "messages": turns})
    await answer(call, upstream)
    sent = parse_object(upstream.sent[0].body)
    assert sent.keys() == {"model", "messages"}
    assert b"hm" not in upstream.sent[0].body


async def test_a_models_own_settings_reach_its_count() -> None:
    upstream = Scripted(whole(b'{"input_tokens":1}'))
    where = target(
        "acme/big",
        provider=provider("acme", **ANTHROPIC, headers={"X-Team": "a"}),
        model=Model(name="claude-x", access_via=("messages",)),
    )
    await count_tokens(asking(), where, upstream, DIALECTS)
    assert parse_object(upstream.sent[0].body)["model"] == "claude-x"
    assert upstream.sent[0].headers["x-team"] == "a"
