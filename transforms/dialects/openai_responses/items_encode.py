"""Write the items of a conversation toward a provider: calls, results, reasoning, messages."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.content_encode import encode_input, unknown_part
from plexus.transforms.dialects.openai_responses.ids import call_id, is_minted, tool_name
from plexus.transforms.dialects.openai_responses.origin import NAME, item_of
from plexus.transforms.ir import Opaque, Thinking, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject, rest, text_at

_ID: Final = frozenset({"id"})
_ITEM_IDS: Final = {"function": "fc_", "custom": "ctc_"}


def message_item(role: str, content: list[JsonObject], fields: JsonObject) -> JsonObject:
    """Return a message item."""
    return {"type": "message", **fields, "role": role, "content": [*content]}


def call_item(call: ToolCall) -> JsonObject:
    """Return a call; with its item id only if that is a real one (wire-formats.md §7.4)."""
    kept = item_of(call.ext) or {}
    if not (text_at(kept, "id") or "").startswith(_ITEM_IDS[call.kind]):
        kept = rest(kept, _ID)
    item: JsonObject = {"name": tool_name(call.name), **kept, "call_id": call_id(call.id)}
    if call.kind == "custom":
        return {**item, "type": "custom_tool_call", "input": call.arguments}
    arguments = call.arguments if call.arguments.strip() else "{}"
    return {**item, "type": "function_call", "arguments": arguments}


def result_item(result: ToolResult, *, custom: bool, receipt: Receipt, path: str) -> JsonObject:
    """Return what a tool returned: a string, or parts if it is more than one text."""
    content = _result_content(result, receipt, path)
    if result.is_error:
        content = _marked(content, receipt, path)
    output: Json = [*content]
    if not content:
        output = ""
    elif len(content) == 1 and content[0].keys() == {"type", "text"}:
        output = content[0]["text"]
    return {
        **(item_of(result.ext) or {}),
        "type": "custom_tool_call_output" if custom else "function_call_output",
        "call_id": call_id(result.call_id),
        "output": output,
    }


def _result_content(result: ToolResult, receipt: Receipt, path: str) -> list[JsonObject]:
    content = []
    for number, part in enumerate(result.parts):
        where = f"{path}.parts[{number}]"
        if isinstance(part, Opaque):
            written = unknown_part(part)
            if written is None:
                receipt.dropped(where, f"a block that only {part.dialect} understands")
        else:
            written = encode_input(part, receipt, where)
        if written is not None:
            content.append(written)
    return content


def _marked(content: list[JsonObject], receipt: Receipt, path: str) -> list[JsonObject]:
    # This format has no flag for a failed tool, so the words must say it.
    texts = [text for part in content if (text := text_at(part, "text"))]
    if texts and texts[0].lstrip().lower().startswith("error"):
        return content
    receipt.coerced(f"{path}.is_error", "said in words")
    if content and (text := text_at(content[0], "text")) is not None:
        return [{**content[0], "text": f"Error: {text}"}, *content[1:]]
    return [{"type": "input_text", "text": "Error"}, *content]


def reasoning_item(
    thinking: Thinking, *, stored: bool, strict: bool, receipt: Receipt, path: str
) -> JsonObject | None:
    """Return reasoning that the provider can take back; `None`, noted, for any other.

    `stored`: the provider keeps what it answered, so a bare id is enough for it. `strict`: OpenAI
    itself, which takes no readable chain (dataplane.md §5.6) and knows only its own ids.
    """
    kept = item_of(thinking.ext) or {}
    seal = thinking.seal if thinking.seal and thinking.seal.dialect == NAME else None
    identity = text_at(kept, "id") or (seal.id if seal else None)
    if seal is None and not _is_known(thinking, identity, stored=stored, strict=strict):
        receipt.dropped(path, "reasoning that this provider did not seal")
        return None
    item: JsonObject = {**kept, "type": "reasoning", "summary": summary_parts(thinking)}
    if identity is not None and identity.startswith("rs_"):
        item["id"] = identity
    if thinking.raw:
        item["content"] = chain_parts(thinking)
    if item.get("content") and (seal is not None or strict):
        receipt.coerced(f"{path}.content", "only the summary and the seal may be sent back")
        item["content"] = []
    if seal is not None:
        item["encrypted_content"] = seal.data
    return item


def _is_known(thinking: Thinking, identity: str | None, *, stored: bool, strict: bool) -> bool:
    if thinking.seal is not None or item_of(thinking.ext) is None:
        return False
    if identity is not None and is_minted(identity):
        return False  # another provider's, in this format's clothes
    return not strict or (stored and identity is not None)


def summary_parts(thinking: Thinking) -> list[Json]:
    """Return the `summary` of a reasoning item."""
    texts = [] if thinking.raw else _texts(thinking)
    return _parts(thinking, "summary", "summary_text", texts)


def chain_parts(thinking: Thinking) -> list[Json]:
    """Return the `content` of a reasoning item that shows the chain itself."""
    return _parts(thinking, "content", "reasoning_text", _texts(thinking))


def _parts(thinking: Thinking, key: str, kind: str, texts: list[str]) -> list[Json]:
    original = (item_of(thinking.ext) or {}).get(key)
    if isinstance(original, list):
        return original
    return [{"type": kind, "text": text} for text in texts]


def _texts(thinking: Thinking) -> list[str]:
    if thinking.segments:
        return list(thinking.segments)
    return [thinking.text] if thinking.text else []
