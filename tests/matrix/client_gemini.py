"""The Google Gen AI SDK, with its own chat sessions, which keep the history."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import ClassVar

from google import genai
from google.genai import types

from tests.matrix.talk import PARAMETERS, Answer, Counts, File, Talk, Topic

BUDGET = 2048  # tokens of thinking


class GeminiClient:
    """Makes conversations over `/v1beta/models/…`."""

    name: ClassVar[str] = "gemini"
    stops: ClassVar[Mapping[str, str]] = {
        "end": "STOP",
        "tools": "STOP",
        "length": "MAX_TOKENS",
        "refusal": "SAFETY",
        "filtered": "SAFETY",
    }

    def __init__(self, url: str, key: str) -> None:
        options = types.HttpOptions(base_url=url, retry_options=types.HttpRetryOptions(attempts=1))
        self.sdk = genai.Client(api_key=key, http_options=options)

    def talk(self, topic: Topic) -> Talk:
        """Begin a conversation."""
        return _Talk(self.sdk, topic)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.sdk.aio.aclose()
        self.sdk.close()


class _Talk:
    def __init__(self, sdk: genai.Client, topic: Topic) -> None:
        self._sdk = sdk
        self._config = _config(topic)
        self._chat = sdk.aio.chats.create(model=topic.model, config=self._config)
        self._stream = topic.stream
        self._calls: list[types.FunctionCall] = []

    async def ask(self, words: str, file: File | None = None) -> Answer:
        parts = [types.Part.from_text(text=words)]
        if file is not None:
            data = base64.b64decode(file.data)
            parts.append(types.Part.from_bytes(data=data, mime_type=file.mime))
        return await self._send(parts)

    def turn_to(self, model: str) -> None:
        history = list(self._chat.get_history(curated=True))
        self._chat = self._sdk.aio.chats.create(model=model, config=self._config, history=history)

    async def give(self, results: Sequence[str | File]) -> Answer:
        # As the SDK's documentation has it: by name, without the call's id.
        return await self._send(
            [_response(call, result) for call, result in zip(self._calls, results, strict=True)]
        )

    async def _send(self, parts: list[types.Part]) -> Answer:
        if self._stream:
            chunks = [chunk async for chunk in await self._chat.send_message_stream(parts)]
        else:
            chunks = [await self._chat.send_message(parts)]
        found = [part for chunk in chunks for part in _parts(chunk)]
        self._calls = [part.function_call for part in found if part.function_call is not None]
        return _answer(found, chunks)


def _response(call: types.FunctionCall, result: str | File) -> types.Part:
    name = call.name or ""
    if isinstance(result, str):
        return types.Part.from_function_response(name=name, response={"result": result})
    shown = types.FunctionResponsePart.from_bytes(
        data=base64.b64decode(result.data), mime_type=result.mime
    )
    return types.Part.from_function_response(name=name, response={}, parts=[shown])


def _config(topic: Topic) -> types.GenerateContentConfig:
    config = types.GenerateContentConfig(
        system_instruction=topic.system,
        max_output_tokens=topic.limit,
        temperature=topic.temperature,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    if topic.think:
        config.thinking_config = types.ThinkingConfig(include_thoughts=True, thinking_budget=BUDGET)
    if topic.tool is not None:
        function = types.FunctionDeclaration(
            name=topic.tool, description="the weather", parameters_json_schema=PARAMETERS
        )
        config.tools = [types.Tool(function_declarations=[function])]
    if topic.forced:
        choice = types.FunctionCallingConfig(
            mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=[topic.tool or ""]
        )
        config.tool_config = types.ToolConfig(function_calling_config=choice)
    if topic.schema is not None:
        config.response_mime_type = "application/json"
        config.response_json_schema = topic.schema
    return config


def _parts(chunk: types.GenerateContentResponse) -> list[types.Part]:
    content = chunk.candidates[0].content if chunk.candidates else None
    return list(content.parts or ()) if content is not None else []


def _answer(parts: list[types.Part], chunks: list[types.GenerateContentResponse]) -> Answer:
    ends = [c.candidates[0].finish_reason for c in chunks if c.candidates]
    assert all(end is None for end in ends[:-1]), f"ended more than once: {ends}"
    end = ends[-1] if ends else None
    text = "".join(part.text or "" for part in parts if not part.thought)
    refused = end is not None and end.name == "SAFETY"
    return Answer(
        text="" if refused else text,
        thoughts="".join(part.text or "" for part in parts if part.thought),
        refusal=text if refused else "",
        calls=tuple(
            (part.function_call.name or "", part.function_call.args or {})
            for part in parts
            if part.function_call is not None
        ),
        stop=end.name if end is not None else "none",
        counts=_counts(chunks[-1]),
    )


def _counts(last: types.GenerateContentResponse) -> Counts:
    usage = last.usage_metadata
    assert usage is not None
    answer, thoughts = usage.candidates_token_count or 0, usage.thoughts_token_count or 0
    assert usage.total_token_count == (usage.prompt_token_count or 0) + answer + thoughts
    return Counts(
        prompt=usage.prompt_token_count,
        output=answer + thoughts,
        cached=usage.cached_content_token_count or 0,
        written=None,
        reasoning=thoughts,
    )
