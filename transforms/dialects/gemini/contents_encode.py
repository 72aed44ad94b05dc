"""Write turns as contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, assert_never

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.calls import (
    arguments_object,
    encode_call,
    encode_result,
    signature_of,
)
from plexus.transforms.dialects.gemini.keys import NAME, is_own, own
from plexus.transforms.dialects.gemini.media import encode_media
from plexus.transforms.dialects.gemini.parts import thought_part
from plexus.transforms.dialects.gemini.turns import Turn
from plexus.transforms.ir import (
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.names import GEMINI, legal_name
from plexus.transforms.wire import Json, JsonObject

# Google's documented way to replay a call that another model made (wire-formats.md §4.8).
SKIP_SIGNATURE: Final = "skip_thought_signature_validator"
PLACEHOLDER: Final = "."  # not blank: Gemini refuses that


@dataclass(slots=True)
class Contents:
    """Writes the contents of one request."""

    traits: Traits
    receipt: Receipt

    def encode(self, turns: list[Turn]) -> list[Json]:
        """Return the contents: the first one the user's, none of them empty.

        What is left of a turn may be nothing; then its neighbours, of one role, are merged.
        """
        written: list[tuple[Turn, list[Json]]] = []
        for turn in turns:
            parts: list[Json] = [*self._turn(turn)]
            last = written[-1][0] if written else None
            if last is not None and last.role == turn.role and not (last.native and turn.native):
                written[-1][1].extend(parts)
            elif parts or turn.native:
                written.append((turn, parts))
        if not written or (written[0][0].role == "model" and not written[0][0].native):
            self.receipt.invented("messages", "Gemini's first turn must be the user's")
            written.insert(0, (Turn("user"), [{"text": PLACEHOLDER}]))
        return [{**turn.fields, "role": turn.role, "parts": parts} for turn, parts in written]

    def _turn(self, turn: Turn) -> list[JsonObject]:
        written: list[JsonObject] = []
        beside: list[JsonObject] = []  # media of results, which follow all of them
        for path, part in turn.parts:
            if beside and not isinstance(part, ToolResult):
                written += beside
                beside = []
            written += self._part(part, path, beside, native=turn.native)
        written += beside
        if turn.role == "model" and self.traits.thought_signatures:
            self._sign(written)
        return written

    def _part(
        self, part: Part, path: str, beside: list[JsonObject], *, native: bool
    ) -> list[JsonObject]:
        match part:
            case Text():
                return [{"text": part.text, **own(part.ext)}] if part.text or native else []
            case Refusal():
                return [{"text": part.text}] if part.text else []
            case Media():
                return [encode_media(part, path, self.receipt, urls=self.traits.image_urls)]
            case Thinking():
                return self._thinking(part, path)
            case ToolCall():
                return [self._call(part, path)]
            case ToolResult():
                return [self._result(part, path, beside)]
            case Opaque():
                return self._opaque(part, path)
            case _:
                assert_never(part)

    def _thinking(self, part: Thinking, path: str) -> list[JsonObject]:
        signature = signature_of(part.seal, path, self.receipt)
        if signature is None and not is_own(part.ext):
            self.receipt.dropped(path, "a thought without Gemini's signature is not sent back")
            return []
        fields = own(part.ext)
        if not part.text and not is_own(part.ext):
            fields = {"thought": False}  # a bare signature, back from another format
        return [thought_part(part.text, signature, fields)]

    def _call(self, call: ToolCall, path: str) -> JsonObject:
        args, wrapped = arguments_object(call)
        if wrapped:
            self.receipt.coerced(f"{path}.arguments", "no JSON object: sent under _raw")
        part = encode_call(call, legal_name(call.name, GEMINI), call_id=None, args=args)
        signature = signature_of(call.seal, path, self.receipt)
        return part if signature is None else {**part, "thoughtSignature": signature}

    def _result(self, result: ToolResult, path: str, beside: list[JsonObject]) -> JsonObject:
        name = legal_name(result.name or result.call_id, GEMINI)
        media: list[JsonObject] = []
        for number, part in enumerate(result.parts):
            where = f"{path}.parts[{number}]"
            if isinstance(part, Media):
                media.append(encode_media(part, where, self.receipt, urls=self.traits.image_urls))
            elif isinstance(part, Opaque):
                media += self._opaque(part, where)
        if self.traits.result_media or is_own(result.ext):
            return encode_result(result, name, media, elsewhere=False)
        if media:
            self.receipt.coerced(f"{path}.parts", "media beside the result that they belong to")
        beside += media
        return encode_result(result, name, [], elsewhere=bool(media))

    def _opaque(self, part: Opaque, path: str) -> list[JsonObject]:
        if part.dialect == NAME and isinstance(part.raw, dict):
            return [part.raw]
        self.receipt.dropped(path, f"only {part.dialect} understands it")
        return []

    def _sign(self, parts: list[JsonObject]) -> None:
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None and "thoughtSignature" not in first:
            self.receipt.invented("thoughtSignature", "the call was not made by this model")
            first["thoughtSignature"] = SKIP_SIGNATURE
