"""Write the parts of an answer for a Gemini client, whole or as they arrive."""

from __future__ import annotations

from typing import assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.calls import arguments_object, encode_call, signature_of
from plexus.transforms.dialects.gemini.keys import NAME, is_own, own
from plexus.transforms.dialects.gemini.media import encode_media
from plexus.transforms.dialects.gemini.parts import thought_part
from plexus.transforms.ir import (
    ChatRequest,
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
from plexus.transforms.wire import JsonObject


class AnswerParts:
    """Writes parts for the client that sent `request`."""

    def __init__(self, request: ChatRequest | None, receipt: Receipt) -> None:
        self._receipt = receipt
        tools = request.tools if request is not None else ()
        self._names = [tool.name for tool in tools if isinstance(tool, ToolSpec)]
        reasoning = request.reasoning if request is not None else None
        self.hides_thoughts = reasoning is not None and reasoning.show is False

    def part(self, part: Part, path: str) -> JsonObject | None:
        """Write a whole part; `None`, and a note, for what a Gemini client cannot be told."""
        match part:
            case Text():
                return {"text": part.text, **own(part.ext)} if part.text or own(part.ext) else None
            case Refusal():
                return {"text": part.text} if part.text else None
            case Thinking():
                return self.thought(part, path)
            case ToolCall():
                return self.call(part, path)
            case Media():
                return encode_media(part, path, self._receipt)
            case Opaque():
                return self._opaque(part, path)
            case ToolResult():
                self._receipt.dropped(path, "results of a provider's own tools")
                return None
            case _:
                assert_never(part)

    def thought(self, part: Thinking, path: str) -> JsonObject | None:
        """Write a thought or a bare signature."""
        signature = signature_of(part.seal, path, self._receipt)
        if self.hides_thoughts and part.text:
            self._receipt.dropped(path, "the client asked not to see thoughts")
            part = Thinking()
        if not part.text and signature is None:
            return None
        fields = own(part.ext)
        if not part.text and not is_own(part.ext):
            fields = {"thought": False}
        return thought_part(part.text, signature, fields)

    def call(self, call: ToolCall, path: str) -> JsonObject:
        """Write a call; one from another provider bears its id, one from Gemini what it bore."""
        args, wrapped = arguments_object(call)
        if wrapped:
            self._receipt.coerced(f"{path}.arguments", "no JSON object: given under _raw")
        name = original_name(call.name, self._names)
        call_id = None if is_own(call.ext) else call.id
        part = encode_call(call, name, call_id=call_id, args=args)
        signature = signature_of(call.seal, path, self._receipt)
        return part if signature is None else {**part, "thoughtSignature": signature}

    def _opaque(self, part: Opaque, path: str) -> JsonObject | None:
        if part.dialect == NAME and isinstance(part.raw, dict):
            return part.raw
        self._receipt.dropped(path, f"only {part.dialect} understands it")
        return None
