"""The embedded demo provider: answers chat completions with no network and no key.

It makes the first `curl` of the README work, offline, through every door and dialect of the
gateway. It is deterministic, and says at every turn that it is no real model.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

from plexus.addons.upstream.embedded_reply import Call, Reply, compose
from plexus.addons.upstream.embedded_request import Ask, read
from plexus.transforms.sse import frame
from plexus.transforms.wire import Json, JsonObject

type EmbeddedReply = JsonObject | AsyncIterator[bytes]

_PAUSE_S: Final = 0.025  # between two tokens
_DONE: Final = b"data: [DONE]\n\n"


async def answer(
    body: JsonObject,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    new_id: Callable[[], str],
) -> EmbeddedReply:
    """Answer a chat-completions body: a whole reply, or SSE frames if it asks for a stream.

    `now` gives seconds since 1970, `sleep` waits seconds, `new_id` gives letters and digits that
    were not given before. A coroutine because providers are waited for; this one never blocks.
    Raise `GatewayError(BAD_REQUEST)` naming the field that is wrong.
    """
    ask = read(body)
    head: JsonObject = {
        "id": f"chatcmpl-{new_id()}",
        "object": "chat.completion.chunk" if ask.stream else "chat.completion",
        "created": int(now()),
        "model": ask.model,
        "system_fingerprint": "plexus-demo",
    }
    reply = compose(ask, new_id)
    return _stream(ask, reply, head, sleep) if ask.stream else _whole(ask, reply, head)


def _whole(ask: Ask, reply: Reply, head: JsonObject) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": "".join(reply.text), "refusal": None}
    if reply.calls:
        message["content"] = None
        message["tool_calls"] = [
            {"id": call.id, "type": call.kind, **_function(call, "".join(call.arguments))}
            for call in reply.calls
        ]
    choice: Json = {
        "index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish,
    }  # fmt: skip
    return {**head, "choices": [choice], "usage": _usage(ask, reply)}


def _function(call: Call, arguments: str, *, named: bool = True) -> JsonObject:
    # Functions hold the model's text in `arguments`, custom tools in `input`.
    name: JsonObject = {"name": call.name} if named else {}
    key = "arguments" if call.kind == "function" else "input"
    return {call.kind: {**name, key: arguments}}


def _usage(ask: Ask, reply: Reply) -> JsonObject:
    return {
        "prompt_tokens": ask.prompt_tokens,
        "completion_tokens": reply.tokens,
        "total_tokens": ask.prompt_tokens + reply.tokens,
    }


async def _stream(
    ask: Ask, reply: Reply, head: JsonObject, sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[bytes]:
    # wire-formats.md §1.3: with include_usage, every chunk but the last carries `usage: null`.
    tail: JsonObject = {"usage": None} if ask.include_usage else {}
    for i, delta in enumerate(_deltas(reply)):
        if i:
            await sleep(_PAUSE_S)
        yield frame({**head, "choices": [_choice(delta, None)], **tail})
    yield frame({**head, "choices": [_choice({}, reply.finish)], **tail})
    if ask.include_usage:
        yield frame({**head, "choices": [], "usage": _usage(ask, reply)})
    yield _DONE


def _choice(delta: JsonObject, finish: str | None) -> Json:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _deltas(reply: Reply) -> Iterator[JsonObject]:
    role: JsonObject = {
        "role": "assistant",
        "content": None if reply.calls else "",
        "refusal": None,
    }
    if not reply.calls:
        yield role
    for token in reply.text:
        yield {"content": token}
    for index, call in enumerate(reply.calls):
        opening: JsonObject = {
            "index": index, "id": call.id, "type": call.kind, **_function(call, ""),
        }  # fmt: skip
        yield {**(role if index == 0 else {}), "tool_calls": [opening]}
        for token in call.arguments:
            fragment: JsonObject = {"index": index, **_function(call, token, named=False)}
            yield {"tool_calls": [fragment]}
