"""Read an assistant's message: a past turn in a request, or the answer in a response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from plexus.transforms.ir import Ext, Media, Part, Refusal, Text, Thinking, ToolCall
from plexus.transforms.wire import Json, JsonObject, dump_text, list_at, text_at

from .calls import decode_call, decode_function_call
from .citations import take_citations
from .content import decode_content
from .fields import NAME, keep, take_object, take_objects, take_text
from .media import decode_media
from .reasoning import Thoughts, decode_thoughts
from .seals import google_seal

_DERIVED: Final[Ext] = {NAME: {"derived": True}}


def decode_assistant(left: JsonObject, mint: Callable[[int], str]) -> tuple[Part, ...]:
    """Take the parts out of a message's fields: thoughts, content, refusal, media, calls.

    `mint` gives the id of the n-th call, should it have none. What stays in `left` was empty, is
    unknown, or says the same once more.
    """
    raw_calls = list_at(left, "tool_calls")
    thoughts = decode_thoughts(left, _ids(raw_calls))
    content = _content(left)
    refusal = take_text(left, "refusal")
    media = [*_images(left), *_audio(left)]
    calls = _calls(left, raw_calls, thoughts, mint)
    return (
        *thoughts.blocks,
        *content,
        *([Refusal(text=refusal)] if refusal else []),
        *media,
        *_sealed_by_message(left, calls),
    )


def _ids(raw_calls: list[Json]) -> set[str]:
    return {id_ for raw in raw_calls if isinstance(raw, dict) and (id_ := text_at(raw, "id"))}


def _content(left: JsonObject) -> tuple[Part, ...]:
    content = left.get("content")
    if isinstance(content, dict):  # Cloudflare's JSON mode: the object stays for our own kind
        parts: tuple[Part, ...] = (Text(text=dump_text(content)),)
    else:
        parts = decode_content(content)
        if parts:
            del left["content"]
    first = next((at for at, part in enumerate(parts) if isinstance(part, Text)), None)
    if first is None:
        return parts
    cited = take_citations(left)
    text = parts[first]
    if not cited or not isinstance(text, Text):
        return parts
    return (*parts[:first], replace(text, citations=cited), *parts[first + 1 :])


def _images(left: JsonObject) -> list[Part]:
    # OpenRouter's image models answer in `images`, beside the content.
    if "images" not in left:
        return []
    raws = take_objects(left, "images")
    images = [decode_media(raw) for raw in raws]
    if not all(images):
        left["images"] = list[Json](raws)
        return []
    return [
        replace(image, ext={NAME: {**image.ext[NAME], "images": True}}) for image in images if image
    ]


def _audio(left: JsonObject) -> list[Part]:
    if "audio" not in left:
        return []
    raw = dict(take_object(left, "audio") or {})
    if data := take_text(raw, "data"):
        return [Media(kind="audio", data=data, ext=keep(raw))]
    if id_ := take_text(raw, "id"):
        return [Media(kind="audio", file_id=id_, ext=keep(raw))]
    if raw:
        left["audio"] = raw
    return []


def _calls(
    left: JsonObject, raws: list[Json], thoughts: Thoughts, mint: Callable[[int], str]
) -> list[ToolCall]:
    calls: list[ToolCall] = []
    others: list[Json] = []
    for number, raw in enumerate(raws):
        call = None
        if isinstance(raw, dict):
            fallback = "" if text_at(raw, "id") else mint(number)
            call = decode_call(raw, fallback, thoughts.of_calls)
        if call is None:
            others.append(raw)
        else:
            calls.append(call)
    if calls:
        del left["tool_calls"]
    if calls and others:
        left["tool_calls"] = others
    return [*calls, *_function_call(left, len(calls), mint)]


def _function_call(left: JsonObject, number: int, mint: Callable[[int], str]) -> list[ToolCall]:
    raw = left.get("function_call")
    call = decode_function_call(raw, mint(number)) if isinstance(raw, dict) else None
    if call is None:
        return []
    del left["function_call"]
    return [call]


def _sealed_by_message(left: JsonObject, calls: list[ToolCall]) -> list[Part]:
    """Hang the message's own Gemini signature on its first call, for which it stands."""
    seal = google_seal(left)
    if seal is None:
        return [*calls]
    if not calls:
        return [Thinking(seal=seal, ext=_DERIVED)]
    first = calls[0]
    return [first if first.seal else replace(first, seal=seal), *calls[1:]]
