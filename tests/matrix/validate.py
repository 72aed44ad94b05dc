"""Hold a request against the rules of whoever got it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from plexus.transforms.codec import as_json_object
from plexus.transforms.wire import Json, JsonObject, list_at, objects_at, text_at
from tests.fakes.script import Received
from tests.matrix import validate_chat, validate_gemini, validate_messages, validate_responses
from tests.matrix.targets import Target

# What clients of the chat format send back of an answer, beyond what OpenAI's request types have.
_REPLAYED = frozenset(
    {"reasoning", "reasoning_content", "reasoning_details", "extra_content", "annotations"}
)
# What compatible servers have beyond OpenAI.
_EXTENSIONS: Mapping[str | None, frozenset[str]] = {
    "alibaba": frozenset({"reasoning_content", "enable_thinking", "thinking_budget"}),
    "deepseek": frozenset({"reasoning_content", "thinking"}),
    "groq": frozenset({"reasoning"}),
    "mistral": frozenset({"prefix", "random_seed"}),
    "openrouter": frozenset({"reasoning", "reasoning_details", "cache_control"}),
    "vllm": frozenset({"reasoning", "chat_template_kwargs"}),
    "xai": frozenset({"reasoning_content"}),
}
_NINE = re.compile(r"[A-Za-z0-9]{9}")


def problems(target: Target, request: Received, *, native: bool) -> list[str]:
    """Return what the target would refuse; `native`: the client's own words, passed through."""
    body = as_json_object(request.body)
    traits = target.traits
    match target.dialect:
        case "chat":
            return _chat(target, body, native=native)
        case "responses":
            return validate_responses.problems(body)
        case "messages":
            return validate_messages.problems(body, official=traits.official)
        case _:
            return validate_gemini.problems(
                request.path,
                request.query,
                body,
                native=native,
                signed=traits.thought_signatures,
                mixes=traits.mixed_tools,
            )


def _chat(target: Target, body: JsonObject, *, native: bool) -> list[str]:
    if native:
        return validate_chat.problems(body, extensions=_REPLAYED)
    found = list(_OWN_RULES.get(target.quirk, _none)(body))
    return found + validate_chat.problems(
        _IN_OPENAIS_WORDS.get(target.quirk, dict)(body),
        official=target.traits.official,
        extensions=_EXTENSIONS.get(target.quirk, frozenset()),
    )


def _none(_body: JsonObject) -> Iterator[str]:
    yield from ()


def _mistral(body: JsonObject) -> Iterator[str]:
    if "stream_options" in body:
        yield "stream_options: Mistral knows no such field"
    for message in objects_at(body, "messages"):
        ids = [text_at(call, "id") for call in objects_at(message, "tool_calls")]
        ids += [text_at(message, "tool_call_id")] if message.get("role") == "tool" else []
        if not all(_NINE.fullmatch(id_ or "") for id_ in ids):
            yield f"{ids}: Mistral's ids are nine letters and digits"


def _mistral_as_openai(body: JsonObject) -> JsonObject:
    messages: list[Json] = [_thoughtless(message) for message in objects_at(body, "messages")]
    choice = "required" if body.get("tool_choice") == "any" else body.get("tool_choice")
    told: JsonObject = {**body, "messages": messages}
    told |= {"tool_choice": choice} if choice is not None else {}
    return told | ({"stream_options": {"include_usage": True}} if body.get("stream") else {})


def _thoughtless(message: JsonObject) -> JsonObject:
    parts = objects_at(message, "content")
    if not any(part.get("type") == "thinking" for part in parts):
        return message
    kept = [part for part in list_at(message, "content") if part not in parts or _is_text(part)]
    return {**message, "content": kept or None}


def _is_text(part: Json) -> bool:
    return isinstance(part, dict) and part.get("type") == "text"


_OWN_RULES: Mapping[str | None, Callable[[JsonObject], Iterator[str]]] = {"mistral": _mistral}
_IN_OPENAIS_WORDS: Mapping[str | None, Callable[[JsonObject], JsonObject]] = {
    "mistral": _mistral_as_openai
}
