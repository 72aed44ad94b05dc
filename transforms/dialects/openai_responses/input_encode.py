"""Write the turns of a conversation as the items of `input`."""

from __future__ import annotations

from typing import assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_responses.content_encode import (
    encode_input,
    encode_output,
    unknown_part,
)
from plexus.transforms.dialects.openai_responses.ids import item_id
from plexus.transforms.dialects.openai_responses.items_encode import (
    call_item,
    message_item,
    reasoning_item,
    result_item,
)
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, item_of, own
from plexus.transforms.dialects.openai_responses.repairs import Placed, repaired
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject, object_at

# State that the provider has and `input` does not show.
_CONTINUES = ("previous_response_id", "conversation", "prompt")


def encode_turns(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    """Return the items of `input`, mended where OpenAI would refuse them."""
    writer = _Writer(request, traits, receipt)
    for number, message in enumerate(request.messages):
        writer.write(message, f"messages[{number}]")
    complete = not any(own(request.ext).get(key) for key in _CONTINUES)
    return repaired(writer.items, complete=complete, receipt=receipt)


class _Writer:
    """Collects content until something that is an item of its own ends the message."""

    def __init__(self, request: ChatRequest, traits: Traits, receipt: Receipt) -> None:
        self.items: list[Placed] = []
        self._content: list[JsonObject] = []
        self._fields: JsonObject = {}
        self._role = "user"
        self._receipt = receipt
        self._strict = traits.official
        self._own = is_own(request.ext)
        self._stored = self._own and own(request.ext).get("store") is not False
        self._custom = {
            part.id
            for message in request.messages
            for part in message.parts
            if isinstance(part, ToolCall) and part.kind == "custom"
        }

    def write(self, message: Message, path: str) -> None:
        if (raw := object_at(own(message.ext), "raw")) is not None:
            self._add(raw, path)
            return
        if message.name is not None:
            self._receipt.dropped(f"{path}.name", "messages have no name here")
        self._role = message.role
        self._fields = item_of(message.ext) or {}
        for number, part in enumerate(message.parts):
            self._write_part(part, f"{path}.parts[{number}]")
        self._flush(path)

    def _write_part(self, part: Part, path: str) -> None:
        match part:
            case Text() | Refusal():
                self._write_words(part, path)
            case Media() if self._role == "assistant":
                self._write_shown(part, path)
            case Media():
                self._write_input(part, path)
            case Thinking():
                self._write_item(
                    reasoning_item(
                        part,
                        stored=self._stored,
                        strict=self._strict,
                        receipt=self._receipt,
                        path=path,
                    ),
                    path,
                )
            case ToolCall():
                if part.seal is not None:
                    self._receipt.dropped(f"{path}.seal", f"only {part.seal.dialect} can read it")
                self._write_item(call_item(part), path)
            case ToolResult():
                custom = part.kind == "custom" or part.call_id in self._custom
                self._write_item(
                    result_item(part, custom=custom, receipt=self._receipt, path=path), path
                )
            case Opaque():
                self._write_opaque(part, path)
            case _:
                assert_never(part)

    def _write_words(self, part: Text | Refusal, path: str) -> None:
        if not part.text and not is_own(part.ext):
            return  # OpenAI wants no empty parts, and nothing is lost
        if self._role != "assistant":
            self._write_input(Text(text=part.text, ext=part.ext), path)
            return
        fields = item_of(part.ext)
        if fields is not None:
            self._flush(path)
            self._fields = fields
        self._content.append(encode_output(part, self._receipt, path))

    def _write_input(self, part: Text | Media, path: str) -> None:
        written = encode_input(part, self._receipt, path)
        if written is not None:
            self._content.append(written)

    def _write_shown(self, part: Media, path: str) -> None:
        fields = item_of(part.ext)
        if fields is not None:
            self._write_item({**fields, "result": part.data or ""}, path)
            return
        shown = encode_input(part, self._receipt, path)
        if shown is not None:
            self._receipt.coerced(path, "what the assistant showed stands in a user's message")
            self._write_item(message_item("user", [shown], {}), path)

    def _write_opaque(self, part: Opaque, path: str) -> None:
        if part.dialect != NAME or not isinstance(part.raw, dict):
            self._receipt.dropped(path, f"a block that only {part.dialect} understands")
        elif (content := unknown_part(part)) is not None:
            self._content.append(content)
        else:
            self._write_item(part.raw, path)

    def _write_item(self, item: JsonObject | None, path: str) -> None:
        self._flush(path)
        if item is not None:
            self._add(item, path)

    def _flush(self, path: str) -> None:
        if self._content:
            fields = self._fields
            if self._role == "assistant" and not fields and not self._own and not self._strict:
                # Servers that check against the SDK's types want these (vLLM does); OpenAI
                # itself does not, and knows which ids are its own.
                identity = item_id("msg", path, len(self.items))
                fields = {"id": identity, "status": "completed"}
            self._add(message_item(self._role, self._content, fields), path)
        self._content, self._fields = [], {}

    def _add(self, item: JsonObject, path: str) -> None:
        self.items.append(Placed(item, path))
