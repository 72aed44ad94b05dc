"""Write the assistant's message of an answer for a client."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import (
    ChatRequest,
    Choice,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.names import original_name
from plexus.transforms.wire import Json, JsonObject, list_at, object_at

from .assistant_encode import own_audio
from .calls import as_custom, client_seal, detail_of, encode_call, encode_function_call, is_legacy
from .content_encode import Numbered, encode_content, numbered
from .fields import NAME, is_own, marker, overlay, own, rest
from .media_encode import image_part, markdown
from .prose import Prose, cite
from .reasoning import encode_for_client
from .tools_decode import is_legacy as is_legacy_tool

_ANY: Traits = Traits()


@dataclass(frozen=True, slots=True)
class Client:
    """What an answer must know of the request."""

    names: tuple[str, ...] = ()  # of its tools
    customs: frozenset[str] = frozenset()  # those of the custom ones
    legacy: bool = False  # knows `function_call`, not `tool_calls`

    @classmethod
    def of(cls, request: ChatRequest | None) -> Self:
        """Read it from the request; without one, the client is taken for an ordinary one."""
        if request is None:
            return cls()
        specs = [tool for tool in request.tools if isinstance(tool, ToolSpec)]
        return cls(
            names=tuple(tool.name for tool in specs),
            customs=frozenset(tool.name for tool in specs if tool.kind == "custom"),
            legacy=any(is_legacy_tool(tool) for tool in specs),
        )

    def named(self, call: ToolCall) -> ToolCall:
        """Return a call by the name that the client gave to its tool."""
        name = original_name(call.name, self.names)
        return call if name == call.name else replace(call, name=name)

    def fits(self, call: ToolCall) -> ToolCall:
        """Return a call as the tool it is for was defined (wire-formats.md §7.4)."""
        return as_custom(call) if call.kind == "function" and call.name in self.customs else call


def encode_answer(choice: Choice, path: str, client: Client, receipt: Receipt) -> JsonObject:
    """Write `message`; what chat cannot say is dropped and noted."""
    parts = numbered(path, choice.parts)
    left = object_at(own(choice.ext), "message") or {}
    body: JsonObject = {"role": "assistant"}
    content, cited = _content(parts, receipt)
    if content is not None and not isinstance(left.get("content"), dict):
        body["content"] = content
    elif "content" not in left:
        body["content"] = None
    body |= _thoughts(parts)
    if cited:
        body["annotations"] = [*cited, *list_at(left, "annotations")]
    refusal = "".join(part.text for _, part in parts if isinstance(part, Refusal))
    if refusal:
        body["refusal"] = refusal
    body |= _media(parts, receipt) | _calls(parts, left, client, receipt)
    return overlay(body, left)


def _content(parts: Numbered, receipt: Receipt) -> tuple[Json, list[Json]]:
    prose = Prose()
    pieces: list[str] = []
    cited: list[Json] = []
    for path, part in parts:
        if isinstance(part, Text):
            pieces.append(prose.text(part.text))
            start = prose.length - len(part.text)
            cited += cite(part.citations, path, receipt, start=start, end=prose.length)
        elif isinstance(part, Media) and is_picture(part):
            pieces.append(prose.picture(part))
            receipt.coerced(path, PICTURE)
        elif isinstance(part, Opaque | ToolResult) and not _needs_array(part):
            receipt.dropped(path, note_of(part))
    if any(_needs_array(part) for _, part in parts):
        return encode_content(_in_array(parts), _ANY, receipt), cited
    return ("".join(pieces) if pieces else None), cited


def _in_array(parts: Numbered) -> Numbered:
    shown: list[tuple[str, Part]] = []
    for path, part in parts:
        if isinstance(part, Text) or _needs_array(part):
            shown.append((path, part))
        elif isinstance(part, Media) and is_picture(part):
            shown.append((path, Text(text=markdown(part))))
    return shown


def note_of(part: Opaque | ToolResult) -> str:
    """Say why a block is left out of an answer."""
    if isinstance(part, ToolResult):
        return "chat answers hold no tool results"
    return f"a block that only {part.dialect} understands"


PICTURE: Final = "an image goes as markdown"


def is_picture(media: Media) -> bool:
    """Whether media belongs into the text, for want of a field of its own."""
    return media.kind == "image" and not marker(media.ext, "images")


def _needs_array(part: object) -> bool:
    if isinstance(part, Thinking):
        return marker(part.ext, "part") is not None
    return isinstance(part, Opaque) and part.dialect == NAME


def _thoughts(parts: Numbered) -> JsonObject:
    blocks = [
        part
        for _, part in parts
        if isinstance(part, Thinking)
        and marker(part.ext, "part") is None
        and marker(part.ext, "derived") is None
    ]
    details = [
        detail for _, part in parts if isinstance(part, ToolCall) for detail in detail_of(part)
    ]
    return encode_for_client(blocks, details)


def _media(parts: Numbered, receipt: Receipt) -> JsonObject:
    body: JsonObject = {}
    images: list[Json] = []
    for path, part in parts:
        if not isinstance(part, Media) or is_picture(part):
            continue
        if part.kind == "audio":
            body["audio"] = own_audio(part) if is_own(part.ext) else audio(part)
        elif part.kind == "image":
            images.append({**image_part(part), **rest(part.ext)})
        else:
            receipt.dropped(path, f"chat answers hold no {part.kind}")
    return {**body, "images": images} if images else body


def audio(media: Media) -> JsonObject:
    """Write spoken output of another vendor: it has no transcript and nothing expires."""
    return {"id": "audio_0", "data": media.data or "", "expires_at": 0, "transcript": ""}


def _calls(parts: Numbered, left: JsonObject, client: Client, receipt: Receipt) -> JsonObject:
    body: JsonObject = {}
    calls: list[Json] = []
    for path, part in parts:
        if not isinstance(part, ToolCall):
            continue
        call = client.named(part)
        if not is_legacy(call) and not client.legacy:
            calls.append(
                {**encode_call(client.fits(call), id_=call.id, cache=False), **client_seal(call)}
            )
        elif "function_call" in body:
            receipt.dropped(path, "function_call holds one call")
        else:
            body["function_call"] = encode_function_call(call)
    if calls:
        body["tool_calls"] = [*calls, *list_at(left, "tool_calls")]
    return body
