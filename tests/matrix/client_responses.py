"""The OpenAI SDK, responses: stateless, with its whole history sent back at every turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import openai
from openai.types.responses import Response

from plexus.transforms.wire import parse_object
from tests.matrix.talk import PARAMETERS, Answer, Counts, File, StreamFailed, Talk, Topic


class ResponsesClient:
    """Makes conversations over `/v1/responses`."""

    name: ClassVar[str] = "responses"
    stops: ClassVar[Mapping[str, str]] = {
        "end": "completed",
        "tools": "completed",
        "length": "incomplete max_output_tokens",
        "refusal": "completed",
        "filtered": "incomplete content_filter",
    }

    def __init__(self, url: str, key: str) -> None:
        self.sdk = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def talk(self, topic: Topic) -> Talk:
        """Begin a conversation."""
        return _Talk(self.sdk, topic)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.sdk.close()


_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


class _Talk:
    def __init__(self, sdk: openai.AsyncOpenAI, topic: Topic) -> None:
        self._sdk = sdk
        self._topic = topic
        self._input: list = []

    async def ask(self, words: str, file: File | None = None) -> Answer:
        content: object = words
        if file is not None:
            content = [{"type": "input_text", "text": words}, _part(file)]
        self._input.append({"role": "user", "content": content})
        return await self._send()

    def turn_to(self, model: str) -> None:
        self._topic = replace(self._topic, model=model)

    async def give(self, results: Sequence[str | File]) -> Answer:
        calls = [item for item in self._input if getattr(item, "type", "") in _CALLS]
        for call, result in zip(calls[-len(results) :], results, strict=True):
            told = result if isinstance(result, str) else [_part(result)]
            output = {"type": _CALLS[call.type], "call_id": call.call_id, "output": told}
            self._input.append(output)
        return await self._send()

    async def _send(self) -> Answer:
        asked = {"model": self._topic.model, "input": self._input, **_options(self._topic)}
        reply = await (self._streamed(asked) if self._topic.stream else self._whole(asked))
        Response.model_validate(reply.to_dict(mode="json"))
        self._input += reply.output  # as the SDK's documentation has it
        return _answer(reply)

    async def _whole(self, asked: dict) -> Response:
        return await self._sdk.responses.create(**asked)

    async def _streamed(self, asked: dict) -> Response:
        final: Response | None = None
        text = ""
        async with self._sdk.responses.stream(**asked) as stream:
            async for event in stream:
                if event.type == "response.output_text.delta":
                    text += event.delta
                if event.type in ("response.completed", "response.incomplete"):
                    final = event.response
                if event.type == "error":
                    raise StreamFailed(event.message)
                if event.type == "response.failed":
                    raise StreamFailed(event.response.error.message)
        assert final is not None, "the stream has no last event"
        assert text == final.output_text
        return final


def _part(file: File) -> dict:
    if file.mime.startswith("image/"):
        return {"type": "input_image", "image_url": file.url, "detail": "auto"}
    return {"type": "input_file", "filename": "a.pdf", "file_data": file.url}


def _options(topic: Topic) -> dict:
    options: dict = {"store": False, "include": ["reasoning.encrypted_content"]}
    if topic.system is not None:
        options["instructions"] = topic.system
    if topic.limit is not None:
        options["max_output_tokens"] = topic.limit
    if topic.temperature is not None:
        options["temperature"] = topic.temperature
    if topic.think:
        options["reasoning"] = {"effort": "low", "summary": "auto"}
    if topic.tool is not None:
        tool = {"name": topic.tool, "description": "the weather"}
        function = {**tool, "type": "function", "parameters": PARAMETERS, "strict": False}
        options["tools"] = [{**tool, "type": "custom"} if topic.freeform else function]
    if topic.forced:
        options["tool_choice"] = {"type": "function", "name": topic.tool}
        options["parallel_tool_calls"] = False
    if topic.schema is not None:
        shape = {"type": "json_schema", "name": "answer", "schema": topic.schema, "strict": True}
        options["text"] = {"format": shape}
    return options


def _answer(reply: Response) -> Answer:
    parts = [part for item in reply.output if item.type == "message" for part in item.content]
    thoughts = [item for item in reply.output if item.type == "reasoning"]
    return Answer(
        text=reply.output_text,
        thoughts="".join(part.text for item in thoughts for part in item.summary),
        refusal="".join(part.refusal for part in parts if part.type == "refusal"),
        calls=tuple(
            (item.name, item.input)
            if item.type == "custom_tool_call"
            else (item.name, parse_object(item.arguments))
            for item in reply.output
            if item.type in _CALLS
        ),
        stop=" ".join(filter(None, [reply.status, _reason(reply)])),
        counts=_counts(reply),
    )


def _reason(reply: Response) -> str | None:
    return reply.incomplete_details.reason if reply.incomplete_details else None


def _counts(reply: Response) -> Counts:
    usage = reply.usage
    assert usage is not None
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    return Counts(
        prompt=usage.input_tokens,
        output=usage.output_tokens,
        cached=usage.input_tokens_details.cached_tokens,
        written=usage.input_tokens_details.cache_write_tokens,
        reasoning=usage.output_tokens_details.reasoning_tokens,
    )
