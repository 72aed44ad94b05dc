"""What each format offers to check with: its canonical forms, its SDK's types, its well-formedness.

The canonical forms are those of the dialects' own tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anthropic.types import Message
from google.genai import types
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from plexus.transforms import wire
from plexus.transforms.codec import Encoded, Match, Traits
from plexus.transforms.wire import JsonObject, objects_at
from tests.conformance.accumulate import frames
from tests.matrix import validate_chat, validate_gemini, validate_messages, validate_responses
from tests.transforms.dialects.anthropic import canonical as anthropic
from tests.transforms.dialects.anthropic import rules as anthropic_rules
from tests.transforms.dialects.gemini import canonical as gemini
from tests.transforms.dialects.gemini import rules as gemini_rules
from tests.transforms.dialects.openai_chat import canonical as chat
from tests.transforms.dialects.openai_responses import canonical as responses
from tests.transforms.dialects.openai_responses import rules as responses_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format's checks; those that return nothing raise for what they refuse."""

    request: Callable[[JsonObject, Match], JsonObject]  # canonical
    answer: Callable[[JsonObject], JsonObject]  # canonical
    traits: Callable[[JsonObject], Traits]  # of a provider that takes this very request
    official: Traits
    request_problems: Callable[[Encoded], list[str]]
    check_answer: Callable[[JsonObject], object]
    check_stream: Callable[[bytes], object]


def _chat_request(body: JsonObject, match: Match) -> JsonObject:
    return chat.canonical_request(body if match.model is None else {**body, "model": match.model})


def _messages_request(body: JsonObject, match: Match) -> JsonObject:
    out = body if match.model is None else {**body, "model": match.model}
    return anthropic.canonical_request(out, counting=match.operation == "count_tokens")


def _responses_request(body: JsonObject, match: Match) -> JsonObject:
    return responses.canonical_request(
        body if match.model is None else {**body, "model": match.model}
    )


def _gemini_request(body: JsonObject, _match: Match) -> JsonObject:
    return gemini.canonical_request(body)


def _chat_problems(encoded: Encoded) -> list[str]:
    return validate_chat.problems(encoded.body, official=True, extensions=frozenset())


def _messages_problems(encoded: Encoded) -> list[str]:
    return validate_messages.problems(encoded.body, official=True)


def _responses_problems(encoded: Encoded) -> list[str]:
    return validate_responses.problems(encoded.body)


def _gemini_problems(encoded: Encoded) -> list[str]:
    path, _, query = encoded.path.partition("?")
    asked = {"alt": "sse"} if "alt=sse" in query else {}
    return validate_gemini.problems(path, asked, encoded.body, native=False)


def _check_chat_stream(data: bytes) -> None:
    assert data.endswith(b"data: [DONE]\n\n"), "no [DONE] at the end"
    chunks = [chunk for chunk in frames(data) if "error" not in chunk]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(_as_typed(chunk))
    ends = [
        choice.get("finish_reason") is not None
        for chunk in chunks
        for choice in objects_at(chunk, "choices")
        if choice.get("index") == 0
    ]
    assert ends, "no choice"
    assert ends[-1], "the last chunk says no finish_reason"
    assert not any(ends[:-1]), "a chunk follows the finish_reason"


def _as_typed(chunk: JsonObject) -> JsonObject:
    # The SDK's chunks know no custom tools, which OpenAI's streams have.
    return wire.parse_object(wire.dump(chunk).replace(b'"type":"custom"', b'"type":"function"'))


def _check_chat(body: JsonObject) -> object:
    return ChatCompletion.model_validate(body)


def _check_message(body: JsonObject) -> object:
    return Message.model_validate_json(wire.dump(body))


def _check_gemini(body: JsonObject) -> object:
    return types.GenerateContentResponse.model_validate(json.loads(wire.dump(body)))


FORMATS: Mapping[str, Format] = {
    "chat": Format(
        request=_chat_request,
        answer=chat.canonical_response,
        traits=chat.traits_of,
        official=Traits(
            official=True,
            max_tokens_field="max_completion_tokens",
            developer_role=True,
            inline_system=True,
        ),
        request_problems=_chat_problems,
        check_answer=_check_chat,
        check_stream=_check_chat_stream,
    ),
    "messages": Format(
        request=_messages_request,
        answer=anthropic.canonical_response,
        traits=lambda _body: Traits(official=True, inline_system=True),
        official=Traits(official=True, inline_system=True),
        request_problems=_messages_problems,
        check_answer=_check_message,
        check_stream=anthropic_rules.check_stream,
    ),
    "gemini": Format(
        request=_gemini_request,
        answer=gemini.canonical_answer,
        traits=lambda _body: Traits(),
        official=Traits(official=True),
        request_problems=_gemini_problems,
        check_answer=_check_gemini,
        check_stream=gemini_rules.check_stream,
    ),
    "responses": Format(
        request=_responses_request,
        answer=responses.canonical_response,
        traits=lambda _body: Traits(official=True),
        official=Traits(official=True),
        request_problems=_responses_problems,
        check_answer=responses_rules.check_response,
        check_stream=responses_rules.check_stream,
    ),
}
