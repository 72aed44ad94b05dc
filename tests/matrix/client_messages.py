"""The Anthropic SDK, messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import anthropic
from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from tests.matrix.talk import PARAMETERS, Answer, Counts, File, Talk, Topic

DEFAULT_LIMIT = 4096  # tokens; this format wants a number
BUDGET = 2048  # tokens of thinking

_EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)
_RAW = frozenset(
    {"message_start", "content_block_start", "content_block_delta", "content_block_stop",
     "message_delta", "message_stop"}
)  # fmt: skip


class MessagesClient:
    """Makes conversations over `/v1/messages`."""

    name: ClassVar[str] = "messages"
    stops: ClassVar[Mapping[str, str]] = {
        "end": "end_turn",
        "tools": "tool_use",
        "length": "max_tokens",
        "refusal": "refusal",
        "filtered": "refusal",
    }

    def __init__(self, url: str, key: str) -> None:
        self.sdk = anthropic.AsyncAnthropic(base_url=url, api_key=key, max_retries=0)

    def talk(self, topic: Topic) -> Talk:
        """Begin a conversation."""
        return _Talk(self.sdk, topic)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.sdk.close()


class _Talk:
    def __init__(self, sdk: anthropic.AsyncAnthropic, topic: Topic) -> None:
        self._sdk = sdk
        self._topic = topic
        self._messages: list = []

    async def ask(self, words: str, file: File | None = None) -> Answer:
        content: object = words
        if file is not None:
            content = [_block(file), {"type": "text", "text": words}]
        self._messages.append({"role": "user", "content": content})
        return await self._send()

    def turn_to(self, model: str) -> None:
        self._topic = replace(self._topic, model=model)

    async def give(self, results: Sequence[str | File]) -> Answer:
        calls = [block for block in self._messages[-1]["content"] if block.type == "tool_use"]
        content = [
            {
                "type": "tool_result",
                "tool_use_id": call.id,
                "content": result if isinstance(result, str) else [_block(result)],
            }
            for call, result in zip(calls, results, strict=True)
        ]
        self._messages.append({"role": "user", "content": content})
        return await self._send()

    async def _send(self) -> Answer:
        asked = {"model": self._topic.model, "messages": self._messages, **_options(self._topic)}
        reply = await (self._streamed(asked) if self._topic.stream else self._whole(asked))
        Message.model_validate(reply.to_dict(mode="json"))
        # As the SDK's documentation has it; empty content would be refused.
        self._messages.append({"role": "assistant", "content": reply.content})
        return _answer(reply)

    async def _whole(self, asked: dict) -> Message:
        return await self._sdk.messages.create(**asked)

    async def _streamed(self, asked: dict) -> Message:
        async with self._sdk.messages.stream(**asked) as stream:
            async for event in stream:
                if event.type in ("content_block_start", "content_block_delta"):
                    _EVENT.validate_python(event.to_dict(mode="json"))
            return await stream.get_final_message()


def _block(file: File) -> dict:
    source = {"type": "base64", "media_type": file.mime, "data": file.data}
    kind = "image" if file.mime.startswith("image/") else "document"
    return {"type": kind, "source": source}


def _options(topic: Topic) -> dict:
    options: dict = {"max_tokens": topic.limit or DEFAULT_LIMIT}
    if topic.system is not None:
        options["system"] = topic.system
    if topic.temperature is not None:
        options["extra_body"] = {"temperature": topic.temperature}
    if topic.think:
        options["thinking"] = {"type": "enabled", "budget_tokens": BUDGET}
    if topic.tool is not None:
        tool = {"name": topic.tool, "description": "the weather", "input_schema": PARAMETERS}
        options["tools"] = [tool]
    if topic.forced:
        choice = {"type": "tool", "name": topic.tool, "disable_parallel_tool_use": True}
        options["tool_choice"] = choice
    if topic.schema is not None:
        options["output_config"] = {"format": {"type": "json_schema", "schema": topic.schema}}
    return options


def _answer(reply: Message) -> Answer:
    blocks = reply.content
    details = reply.stop_details
    refused = reply.stop_reason == "refusal"
    text = "".join(block.text for block in blocks if block.type == "text")
    explained = details.explanation if refused and details is not None else None
    return Answer(
        text="" if refused else text,
        thoughts="".join(block.thinking for block in blocks if block.type == "thinking"),
        refusal=(text or explained or "") if refused else "",
        calls=tuple((block.name, block.input) for block in blocks if block.type == "tool_use"),
        stop=str(reply.stop_reason),
        counts=_counts(reply),
    )


def _counts(reply: Message) -> Counts:
    usage = reply.usage
    cached = usage.cache_read_input_tokens or 0
    written = usage.cache_creation_input_tokens or 0
    details = usage.output_tokens_details
    return Counts(
        prompt=usage.input_tokens + cached + written,
        output=usage.output_tokens,
        cached=cached,
        written=written,
        reasoning=(details.thinking_tokens if details else 0) or 0,
    )
