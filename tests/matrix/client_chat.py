"""The OpenAI SDK, chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import openai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage

from plexus.transforms.wire import parse_object
from tests.matrix.talk import PARAMETERS, Answer, Counts, File, Talk, Topic


class ChatClient:
    """Makes conversations over `/v1/chat/completions`."""

    name: ClassVar[str] = "chat"
    stops: ClassVar[Mapping[str, str]] = {
        "end": "stop",
        "tools": "tool_calls",
        "length": "length",
        "refusal": "stop",
        "filtered": "content_filter",
    }

    def __init__(self, url: str, key: str) -> None:
        self.sdk = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def talk(self, topic: Topic) -> Talk:
        """Begin a conversation."""
        return _Talk(self.sdk, topic)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.sdk.close()


class _Talk:
    def __init__(self, sdk: openai.AsyncOpenAI, topic: Topic) -> None:
        self._sdk = sdk
        self._topic = topic
        self._messages: list = []
        if topic.system is not None:
            self._messages.append({"role": "system", "content": topic.system})

    async def ask(self, words: str, file: File | None = None) -> Answer:
        content: object = words
        if file is not None:
            content = [{"type": "text", "text": words}, _part(file)]
        self._messages.append({"role": "user", "content": content})
        return await self._send()

    def turn_to(self, model: str) -> None:
        self._topic = replace(self._topic, model=model)

    async def give(self, results: Sequence[str | File]) -> Answer:
        calls = self._messages[-1].tool_calls
        for call, result in zip(calls, results, strict=True):
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        return await self._send()

    async def _send(self) -> Answer:
        asked = {"model": self._topic.model, "messages": self._messages, **_options(self._topic)}
        whole = await (self._streamed(asked) if self._topic.stream else self._whole(asked))
        message = whole.choices[0].message
        self._messages.append(message)  # as the SDK's documentation has it
        return _answer(whole, message)

    async def _whole(self, asked: dict) -> ChatCompletion:
        reply = await self._sdk.chat.completions.create(**asked)
        return ChatCompletion.model_validate(reply.to_dict(mode="json"))

    async def _streamed(self, asked: dict) -> ChatCompletion:
        state = ChatCompletionStreamState()
        options = {"include_usage": True}
        chunks = await self._sdk.chat.completions.create(
            **asked, stream=True, stream_options=options
        )
        async for chunk in chunks:
            ChatCompletionChunk.model_validate(chunk.to_dict(mode="json"))
            state.handle_chunk(chunk)
        whole = state.current_completion_snapshot.to_dict(mode="json")
        return ChatCompletion.model_validate(_without(whole, _OF_THE_STATE))


# What the SDK's accumulator adds to the message, and leaves in it of the deltas.
_OF_THE_STATE = frozenset({"parsed", "parsed_arguments", "index"})


def _without(value: object, names: frozenset[str]) -> object:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _without(item, names) for key, item in value.items() if key not in names}
    return kept if "finish_reason" not in value else {**kept, "index": 0}


def _part(file: File) -> dict:
    if file.mime.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": file.url}}
    return {"type": "file", "file": {"filename": "a.pdf", "file_data": file.url}}


def _options(topic: Topic) -> dict:
    options: dict = {}
    if topic.limit is not None:
        options["max_completion_tokens"] = topic.limit
    if topic.temperature is not None:
        options["temperature"] = topic.temperature
    if topic.think:
        options["reasoning_effort"] = "low"
    if topic.tool is not None:
        tool = {"name": topic.tool, "description": "the weather"}
        if topic.freeform:
            options["tools"] = [{"type": "custom", "custom": tool}]
        else:
            function = {**tool, "parameters": PARAMETERS}
            options["tools"] = [{"type": "function", "function": function}]
    if topic.forced:
        options["tool_choice"] = {"type": "function", "function": {"name": topic.tool}}
        options["parallel_tool_calls"] = False
    if topic.schema is not None:
        shape = {"name": "answer", "schema": topic.schema, "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": shape}
    return options


def _answer(whole: ChatCompletion, message: ChatCompletionMessage) -> Answer:
    extra = message.model_extra or {}
    return Answer(
        text=message.content or "",
        thoughts=extra.get("reasoning_content") or extra.get("reasoning") or "",
        refusal=message.refusal or "",
        calls=tuple(
            (call.custom.name, call.custom.input)
            if call.type == "custom"
            else (call.function.name, parse_object(call.function.arguments))
            for call in message.tool_calls or ()
        ),
        stop=whole.choices[0].finish_reason,
        counts=_counts(whole),
    )


def _counts(whole: ChatCompletion) -> Counts:
    usage = whole.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    prompt, output = usage.prompt_tokens_details, usage.completion_tokens_details
    return Counts(
        prompt=usage.prompt_tokens,
        output=usage.completion_tokens,
        cached=(prompt.cached_tokens if prompt else 0) or 0,
        written=(prompt.cache_write_tokens if prompt else 0) or 0,
        reasoning=(output.reasoning_tokens if output else 0) or 0,
    )
