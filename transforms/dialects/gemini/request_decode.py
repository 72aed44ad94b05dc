"""Read a client's generateContent request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.gemini import generation
from plexus.transforms.dialects.gemini.contents_decode import decode_contents
from plexus.transforms.dialects.gemini.keys import NAME, as_objects, camel, dict_at
from plexus.transforms.dialects.gemini.thinking import decode_thinking
from plexus.transforms.dialects.gemini.tools_decode import decode_choice, decode_tools, other_config
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest, Media, Message, Part, Text
from plexus.transforms.wire import Json, JsonObject, count_at, rest, text_at

_READ: Final = frozenset(
    {
        "model",
        "contents",
        "systemInstruction",
        "tools",
        "toolConfig",
        "generationConfig",
        "serviceTier",
    }
)
_TIERS: Final[Mapping[str, str]] = {
    "flex": "flex",
    "standard": "default",
    "priority": "priority",
}
_DETAILS: Final[Mapping[str, str]] = {
    "MEDIA_RESOLUTION_LOW": "low",
    "MEDIA_RESOLUTION_HIGH": "high",
}


def decode_request(match: Match, body: JsonObject) -> ChatRequest:
    """Read a request in either spelling; raise `GatewayError(BAD_REQUEST)` naming the field.

    The model stands in the path; of a countTokens body, its `generateContentRequest` is read.
    """
    fields = camel(body)
    if match.operation is Operation.COUNT_TOKENS and "generateContentRequest" in fields:
        fields = dict_at(fields, "generateContentRequest")
    model = match.model or _bare_model(fields)
    if not model:
        raise GatewayError(
            Kind.BAD_REQUEST,
            "model: give it in the path, models/{model}:generateContent",
            where="model",
        )
    config = dict_at(fields, "generationConfig")
    thinking = config.get("thinkingConfig")
    system, other_system = _system(fields.get("systemInstruction"))
    return ChatRequest(
        model=model,
        messages=_detailed(decode_contents(fields.get("contents")), config),
        system=system,
        tools=decode_tools(fields.get("tools")),
        tool_choice=decode_choice(fields),
        stream=match.stream is True,
        max_output=count_at(config, "maxOutputTokens"),
        sampling=generation.decode_sampling(config),
        reasoning=decode_thinking(thinking) if isinstance(thinking, dict) else None,
        output=generation.decode_output(config),
        tier=_TIERS.get((text_at(fields, "serviceTier") or "").lower()),
        ext={NAME: _extras(match, fields, config, other_system)},
    )


def _bare_model(fields: JsonObject) -> str:
    return (text_at(fields, "model") or "").removeprefix("models/")


def _extras(
    match: Match, fields: JsonObject, config: JsonObject, other_system: list[Json]
) -> JsonObject:
    extras = rest(fields, _READ)
    found: JsonObject = {
        "generationConfig": generation.leftovers(config),
        "toolConfig": other_config(fields),
        "systemParts": other_system,
    }
    tier = fields.get("serviceTier")
    if tier is not None:
        found["serviceTier"] = tier
    if match.framing == "array":
        found["framing"] = "array"
    return extras | {key: value for key, value in found.items() if value}


def _system(value: Json) -> tuple[tuple[Text, ...], list[Json]]:
    """Return the system prompt, and what stands in it that is no plain text."""
    if isinstance(value, str):
        return (Text(text=value),), []
    parts = as_objects(camel(value).get("parts")) if isinstance(value, dict) else []
    texts = tuple(Text(text=text) for part in parts if (text := _plain(part)) is not None)
    return texts, [part for part in parts if _plain(part) is None]


def _plain(part: JsonObject) -> str | None:
    return text_at(part, "text") if part.keys() == {"text"} else None


def _detailed(messages: tuple[Message, ...], config: JsonObject) -> tuple[Message, ...]:
    """Give every image the resolution that the request names for all of them."""
    detail = _DETAILS.get(text_at(config, "mediaResolution") or "")
    if detail is None:
        return messages
    return tuple(
        replace(message, parts=tuple(_with_detail(part, detail) for part in message.parts))
        for message in messages
    )


def _with_detail(part: Part, detail: str) -> Part:
    if isinstance(part, Media) and part.kind == "image" and part.detail is None:
        return replace(part, detail=detail)
    return part
