"""Write a past turn of the assistant for a provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Media, Opaque, Part, Refusal, Text, Thinking, ToolCall
from plexus.transforms.wire import Json, JsonObject, list_at

from .calls import (
    as_function,
    client_seal,
    detail_of,
    encode_call,
    encode_function_call,
    is_legacy,
    wire_id,
    with_signature,
)
from .content_encode import Numbered, encode_content, numbered, parts_of, words_alone
from .fields import is_own, marker, overlay, own, rest
from .media_encode import image_part, words
from .prose import cite
from .reasoning import FIELDS, encode_for_provider, text_field
from .tools_encode import provider_name
from .turns import Turn

_ONLY_CALLS: Final = frozenset({ToolCall})
_UNKNOWN: Final = " "  # DeepSeek's newest models refuse an empty text here
_NOT_FOR_OPENAI: Final = frozenset(
    {*FIELDS, "reasoning_details", "extra_content", "thought_signature"}
)


def encode_turn(turn: Turn, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    """Return the message of a turn, or none if there is nothing in it to say."""
    message = turn.message
    if words := words_alone(message):
        return [_with_thoughts({"role": "assistant", "content": words}, turn, traits, receipt)]
    mine = is_own(message.ext)
    kinds = set(map(type, message.parts))  # nearly always one or two of the seven
    parts = parts_of(message)
    said = [] if kinds == _ONLY_CALLS else numbered(turn.path, parts)
    left = _left(turn, traits, receipt)
    body: JsonObject = {"role": "assistant"}
    content = _content(said, traits, receipt, mine=mine) if said else None
    if content or "content" not in left:
        body["content"] = content
    if Refusal in kinds:
        body |= _refusal(said, traits, mine=mine)
    if Media in kinds:
        body |= _own_media(said)
    if Text in kinds:
        body |= _citations(said, receipt, mine=mine)
    if ToolCall in kinds:
        body |= _calls(turn, parts, left, traits, receipt)
    if Thinking in kinds or any([call.seal for call in parts if isinstance(call, ToolCall)]):
        body |= _thoughts(said, parts, left, traits, receipt)
    if message.name is not None:
        body["name"] = message.name
    whole = overlay(body, left)
    if not mine and not whole.get("content") and "tool_calls" not in whole:
        return [] if whole.keys() <= {"role", "content"} else [{**whole, "content": ""}]
    return [_with_thoughts(whole, turn, traits, receipt)]


def _with_thoughts(whole: JsonObject, turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    if not traits.reasoning_required:
        return whole
    name = text_field(traits)
    if name is None or name in whole:
        return whole
    if traits.reasoning_turns == "calls" and "tool_calls" not in whole:
        return whole
    receipt.invented(f"{turn.path}.{name}", "a blank: this provider insists on it")
    return {**whole, name: _UNKNOWN}


def _left(turn: Turn, traits: Traits, receipt: Receipt) -> JsonObject:
    left = own(turn.message.ext)
    if not left:
        return left
    refused = _NOT_FOR_OPENAI if traits.official else frozenset[str]()
    if not traits.cache_marks:
        refused |= {"cache_control"}
    for key in left:
        if key in refused:
            receipt.dropped(f"{turn.path}.{key}")
    return {key: value for key, value in left.items() if key not in refused}


def _content(parts: Numbered, traits: Traits, receipt: Receipt, *, mine: bool) -> Json:
    said = [(path, part) for path, part in parts if _is_content(part, traits)]
    said += [
        (path, Text(text=part.text))
        for path, part in parts
        if isinstance(part, Refusal) and not (mine or traits.official)
    ]
    for path, part in parts:
        if isinstance(part, Media) and not is_own(part.ext):
            receipt.dropped(path, f"an assistant's {part.kind} cannot be sent back")
            said.append((path, Text(text=words(part))))
    if not said:
        return None
    marked = traits.cache_marks and any(isinstance(p, Text) and p.cache for _, p in said)
    if mine or marked or any(isinstance(part, Thinking) for _, part in said):
        return encode_content(said, traits, receipt)
    for path, part in said:
        if isinstance(part, Opaque):
            receipt.dropped(path, f"a block that only {part.dialect} understands")
        elif isinstance(part, Text) and part.cache is not None:
            receipt.dropped(f"{path}.cache")
    texts = [part.text for _, part in said if isinstance(part, Text)]
    return "".join(texts) if texts else None


def _is_content(part: object, traits: Traits) -> bool:
    if isinstance(part, Thinking):
        if traits.reasoning_field == "content" and part.text:
            return True
        shown = traits.reasoning_field is None and not traits.official
        return shown and marker(part.ext, "part") is not None
    if isinstance(part, Media):
        return _in_content(part)
    return isinstance(part, Text | Opaque)


def _in_content(media: Media) -> bool:
    # Not in `images` or `audio` beside it.
    return isinstance(marker(media.ext, "type"), str) and not marker(media.ext, "images")


def _refusal(parts: Numbered, traits: Traits, *, mine: bool) -> JsonObject:
    texts = [part.text for _, part in parts if isinstance(part, Refusal)]
    return {"refusal": "".join(texts)} if texts and (mine or traits.official) else {}


def _own_media(parts: Numbered) -> JsonObject:
    body: JsonObject = {}
    images: list[Json] = []
    for _, part in parts:
        if not isinstance(part, Media) or not is_own(part.ext) or _in_content(part):
            continue
        if part.kind == "audio":
            body["audio"] = own_audio(part)
        else:
            images.append({**image_part(part), **rest(part.ext)})
    return {**body, "images": images} if images else body


def own_audio(media: Media) -> JsonObject:
    """Write a message's `audio` as it was."""
    known: JsonObject = {"id": media.file_id} if media.data is None else {"data": media.data}
    return overlay(known, rest(media.ext))


def _citations(parts: Numbered, receipt: Receipt, *, mine: bool) -> JsonObject:
    written: list[Json] = []
    length = 0
    for path, part in parts:
        if not isinstance(part, Text):
            continue
        if mine:
            end = length + len(part.text)
            written += cite(part.citations, path, receipt, start=length, end=end)
        elif part.citations:
            receipt.dropped(f"{path}.citations")
        length += len(part.text)
    return {"annotations": written} if written else {}


def _calls(
    turn: Turn, parts: Sequence[Part], left: JsonObject, traits: Traits, receipt: Receipt
) -> JsonObject:
    body: JsonObject = {}
    calls: list[JsonObject] = []
    for at, part in enumerate(parts):
        if not isinstance(part, ToolCall):
            continue
        if is_legacy(part):
            body["function_call"] = encode_function_call(part)
            continue
        if part.seal is not None or part.cache is not None:
            _note_lost(part, f"{turn.path}.parts[{at}]", traits, receipt)
        calls.append(_call(part, traits))
    if calls:
        calls[0] = with_signature(calls[0], traits, receipt)
        body["tool_calls"] = [*calls, *list_at(left, "tool_calls")]
    return body


def _note_lost(call: ToolCall, path: str, traits: Traits, receipt: Receipt) -> None:
    is_carried = is_own(call.ext) or (traits.call_seals and client_seal(call))
    if call.seal is not None and not is_carried:
        receipt.dropped(f"{path}.seal", f"only {call.seal.dialect} providers can read it")
    if call.cache is not None and not traits.cache_marks:
        receipt.dropped(f"{path}.cache")


def _call(call: ToolCall, traits: Traits) -> JsonObject:
    seal = client_seal(call) if traits.call_seals else {}
    name = provider_name(call)
    if name != call.name:
        call = replace(call, name=name)
    if call.kind == "custom" and not (traits.official or is_own(call.ext)):
        call = as_function(call)
    body = encode_call(call, id_=wire_id(call.id, traits), cache=traits.cache_marks)
    body.update(seal)
    if traits.official:
        body.pop("extra_content", None)
    return body


def _thoughts(
    said: Numbered,
    parts: Sequence[Part],
    left: JsonObject,
    traits: Traits,
    receipt: Receipt,
) -> JsonObject:
    blocks = [
        (place, part)
        for place, part in said
        if isinstance(part, Thinking)
        and not _is_content(part, traits)
        and marker(part.ext, "derived") is None
    ]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    details = [detail for call in calls if call.seal is not None for detail in detail_of(call)]
    if not blocks and not details:
        return {}
    if traits.reasoning_turns == "calls" and not calls:
        for place, _ in blocks:
            receipt.dropped(place, "this provider takes reasoning back with tool calls only")
        return {}
    written = encode_for_provider(blocks, details, traits, receipt)
    # What a client said in so many words goes back unchanged.
    return {key: value for key, value in written.items() if not left.get(key)}
