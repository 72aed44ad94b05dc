"""Read the items of a conversation: the same in a request's history and in an answer."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.openai_responses.content_decode import decode_content, decode_piece
from plexus.transforms.dialects.openai_responses.media import sniff
from plexus.transforms.dialects.openai_responses.origin import NAME, keep_item
from plexus.transforms.dialects.openai_responses.tools_decode import flat_name
from plexus.transforms.envelope import envelope_to_seal
from plexus.transforms.ir import Media, Opaque, Part, Refusal, Seal, Text, Thinking, ToolCall
from plexus.transforms.ir import ToolResult as Result
from plexus.transforms.wire import Json, JsonObject, dump_text, list_at, rest, text_at

_MESSAGE: Final = frozenset({"type", "role", "content"})
_REASONING: Final = frozenset({"type", "summary", "content", "encrypted_content"})
_CALL: Final = frozenset({"type", "call_id", "name", "arguments", "input"})
_RESULT: Final = frozenset({"type", "call_id", "output"})
_INPUTS: Final = {"function_call": "arguments", "custom_tool_call": "input"}


def message_fields(item: JsonObject) -> JsonObject:
    """Return what a message item says beside its role and content: id, status, phase, …"""
    kept = rest(item, _MESSAGE)
    if item.get("type") not in (None, "message"):
        kept["type"] = item["type"]
    return kept


def decode_item(item: JsonObject) -> tuple[Part, ...]:
    """Return the parts of an assistant's item or a tool result; what is unknown stays opaque."""
    match text_at(item, "type"):
        case "message" if item.get("role") in (None, "assistant"):
            return _message(item)
        case None if item.get("role") == "assistant":
            return _message(item)
        case "reasoning":
            return (decode_reasoning(item),)
        case "function_call" | "custom_tool_call":
            return (decode_call(item) or Opaque(dialect=NAME, raw=item),)
        case "image_generation_call" if isinstance(item.get("result"), str):
            return (_decode_image(item),)
        case "function_call_output" | "custom_tool_call_output":
            return (_decode_result(item) or Opaque(dialect=NAME, raw=item),)
        case _:
            return (Opaque(dialect=NAME, raw=item),)


def _message(item: JsonObject) -> tuple[Part, ...]:
    pieces = decode_content(item.get("content"), message_fields(item))
    if any(isinstance(piece, Text | Refusal) for piece in pieces):
        return pieces
    return (Opaque(dialect=NAME, raw=item),)


def decode_reasoning(item: JsonObject) -> Thinking:
    """Return a reasoning item: its summary or else its chain, and its seal.

    An envelope of ours in place of encrypted content is opened (wire-formats.md §7.5).
    """
    summary, chain = _texts(item, "summary"), _texts(item, "content")
    kept = rest(item, _REASONING)
    raw = not summary and bool(chain)
    if item.get("summary", []) != _parts("summary_text", summary):
        kept["summary"] = item["summary"]
    if "content" in item and not (raw and item["content"] == _parts("reasoning_text", chain)):
        kept["content"] = item["content"]
    if "encrypted_content" in item and not isinstance(item["encrypted_content"], str):
        kept["encrypted_content"] = item["encrypted_content"]
    segments = chain if raw else summary
    return Thinking(
        text="\n\n".join(segments),
        seal=decode_seal(item),
        segments=tuple(segments),
        raw=raw,
        ext=keep_item(kept),
    )


def decode_seal(item: JsonObject) -> Seal | None:
    """Return the seal of a reasoning item, if it has encrypted content."""
    data = text_at(item, "encrypted_content")
    if data is None:
        return None
    ours = Seal(dialect=NAME, kind="encrypted", data=data, id=text_at(item, "id"))
    return envelope_to_seal(data) or ours


def _texts(item: JsonObject, key: str) -> list[str]:
    found = [text_at(part, "text") for part in list_at(item, key) if isinstance(part, dict)]
    return [text for text in found if text is not None]


def _parts(kind: str, texts: list[str]) -> list[Json]:
    return [{"type": kind, "text": text} for text in texts]


def decode_call(item: JsonObject) -> ToolCall | None:
    """Return a call of a client's tool; `None` without the type and ids that make it one."""
    kind = text_at(item, "type") or ""
    call_id, name = text_at(item, "call_id"), text_at(item, "name")
    if call_id is None or name is None or kind not in _INPUTS:
        return None
    kept = rest(item, _CALL)
    namespace = text_at(item, "namespace")
    if namespace:
        kept["name"] = name
        name = flat_name(namespace, name)
    written = item.get(_INPUTS[kind])
    return ToolCall(
        id=call_id,
        name=name,
        arguments=written if isinstance(written, str) else _printed(written),
        kind="custom" if kind == "custom_tool_call" else "function",
        ext=keep_item(kept),
    )


def _printed(value: Json) -> str:
    return "" if value is None else dump_text(value)


def _decode_image(item: JsonObject) -> Media:
    data, form = text_at(item, "result") or "", text_at(item, "output_format")
    return Media(
        kind="image",
        mime=f"image/{form}" if form else sniff(data) or "image/png",
        data=data,
        ext=keep_item(rest(item, frozenset({"result"}))),
    )


def _decode_result(item: JsonObject) -> Result | None:
    call_id = text_at(item, "call_id")
    if call_id is None:
        return None
    return Result(
        call_id=call_id,
        parts=_result_parts(item.get("output")),
        kind="custom" if item["type"] == "custom_tool_call_output" else "function",
        ext=keep_item(rest(item, _RESULT)),
    )


def _result_parts(output: Json) -> tuple[Text | Media | Opaque, ...]:
    if not isinstance(output, list):
        text = output if isinstance(output, str) else _printed(output)
        return (Text(text=text),) if text else ()
    pieces = [piece for part in output if (piece := decode_piece(part)) is not None]
    return tuple(Text(text=p.text) if isinstance(p, Refusal) else p for p in pieces)
