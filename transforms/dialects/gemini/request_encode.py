"""Write a generateContent request for a provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import Encoded, Receipt, Traits
from plexus.transforms.dialects.gemini.contents_encode import Contents
from plexus.transforms.dialects.gemini.generation import encode_generation
from plexus.transforms.dialects.gemini.keys import NAME, own, own_object
from plexus.transforms.dialects.gemini.paths import chat_path
from plexus.transforms.dialects.gemini.thinking import encode_thinking
from plexus.transforms.dialects.gemini.tools_encode import encode_choice, encode_tools
from plexus.transforms.dialects.gemini.turns import arrange
from plexus.transforms.ir import ChatRequest, Media, Message, Text, ToolResult
from plexus.transforms.wire import Json, JsonObject

_SYSTEM: Final = ("system", "developer")
_TIERS: Final[Mapping[str, str]] = {
    "flex": "flex",
    "default": "standard",
    "priority": "priority",
}
_RESOLUTIONS: Final[Mapping[str, str]] = {
    "low": "MEDIA_RESOLUTION_LOW",
    "high": "MEDIA_RESOLUTION_HIGH",
}
# Written by other means than copying, or not for the wire.
_NOT_COPIED: Final = frozenset(
    {"generationConfig", "toolConfig", "systemParts", "serviceTier", "framing"}
)


def encode_request(request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
    """Write a request; what Gemini cannot be told is noted."""
    leading = _leading(request.messages)
    later = list(enumerate(request.messages))[leading:]
    turns = arrange(later, receipt)
    body: JsonObject = {"contents": Contents(traits, receipt).encode(turns)}
    if (system := _system(request, leading, receipt)) is not None:
        body["systemInstruction"] = system
    if tools := encode_tools(request, traits, receipt):
        body["tools"] = tools
    if tool_config := _tool_config(request, tools, traits, receipt):
        body["toolConfig"] = tool_config
    if config := _generation(request, traits, receipt):
        body["generationConfig"] = config
    if (tier := _tier(request, receipt)) is not None:
        body["serviceTier"] = tier
    _note_losses(request, receipt)
    kept = {key: value for key, value in own(request.ext).items() if key not in _NOT_COPIED}
    return Encoded(path=chat_path(request.model, stream=request.stream), body=body | kept)


def _leading(messages: tuple[Message, ...]) -> int:
    return next(
        (number for number, message in enumerate(messages) if message.role not in _SYSTEM),
        len(messages),
    )


def _system(request: ChatRequest, leading: int, receipt: Receipt) -> JsonObject | None:
    texts = [text.text for text in request.system]
    for number, message in enumerate(request.messages[:leading]):
        for place, part in enumerate(message.parts):
            if isinstance(part, Text):
                texts.append(part.text)
            else:
                receipt.dropped(f"messages[{number}].parts[{place}]", "a prompt is text only")
    parts: list[Json] = [{"text": text} for text in texts if text]
    others = own(request.ext).get("systemParts")
    parts += others if isinstance(others, list) else []
    return {"parts": parts} if parts else None


def _tool_config(
    request: ChatRequest, tools: list[Json], traits: Traits, receipt: Receipt
) -> JsonObject:
    config = own_object(request.ext, "toolConfig")
    if traits.mixed_tools and _mixes(tools):
        # Else: 400 "Please enable tool_config.include_server_side_tool_invocations to use Built-in
        # tools with Function calling" (lobehub/lobehub#13465, ag2ai/ag2#3145).
        config = {"includeServerSideToolInvocations": True, **config}
    choice = encode_choice(request, receipt)
    return config if choice is None else {**config, "functionCallingConfig": choice}


def _mixes(tools: list[Json]) -> bool:
    functions = [isinstance(tool, dict) and "functionDeclarations" in tool for tool in tools]
    return any(functions) and not all(functions)


def _generation(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    config = encode_generation(request, traits, receipt)
    thinking = encode_thinking(request.reasoning, request.model, traits, receipt)
    if thinking is not None:
        config["thinkingConfig"] = thinking
    details = {media.detail for media in _media(request) if "mediaResolution" not in own(media.ext)}
    details &= _RESOLUTIONS.keys()
    if details:
        # One resolution holds for all, so the finest that was asked for.
        config["mediaResolution"] = _RESOLUTIONS["high" if "high" in details else "low"]
        if len(details) > 1:
            receipt.coerced("media.detail", "high for all")
    return config | own_object(request.ext, "generationConfig")


def _media(request: ChatRequest) -> list[Media]:
    parts = [part for message in request.messages for part in message.parts]
    inner = [piece for part in parts if isinstance(part, ToolResult) for piece in part.parts]
    return [part for part in [*parts, *inner] if isinstance(part, Media)]


def _tier(request: ChatRequest, receipt: Receipt) -> Json:
    kept = own(request.ext).get("serviceTier")
    if kept is not None or request.tier in {None, "auto"}:
        return kept
    tier = _TIERS.get(request.tier or "")
    if tier is None:
        receipt.dropped("tier", f"Gemini has no tier {request.tier!r}")
    return tier


def _note_losses(request: ChatRequest, receipt: Receipt) -> None:
    lost: Mapping[str, object] = {
        "verbosity": request.verbosity,
        "cache_key": request.cache_key,
        "user": request.user,
        "metadata": request.metadata,
        "cache": request.cache or _is_marked(request) or None,
    }
    for path, value in lost.items():
        if value is not None:
            receipt.dropped(path, "Gemini has no such field")
    if request.parallel_tools is False:
        receipt.dropped("parallel_tools", "Gemini cannot be held to one call")
    # Responses keeps this in its ext, whether or not probabilities were asked for.
    said = {"top_logprobs"} if request.sampling.logprobs is not None else set[str]()
    for dialect, fields in request.ext.items():
        for key, value in fields.items():
            if dialect != NAME and value is not None and key not in said:
                receipt.dropped(key, f"only {dialect} has this field")


def _is_marked(request: ChatRequest) -> bool:
    parts = [part for message in request.messages for part in message.parts]
    marks = [getattr(item, "cache", None) for item in (*request.system, *request.tools, *parts)]
    return marks.count(None) < len(marks)
