"""Give tool calls and their results ids that Anthropic takes (dataplane.md §5.8.3).

Other providers' ids hold dots, colons and pipes. The same id always becomes the same one, so that
a call and its result stay together over turns, retries and targets.
"""

from __future__ import annotations

import hashlib
from typing import Final

from plexus.transforms.adapter import Adapter, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.identity import NAME, safe_id
from plexus.transforms.wire import Json, JsonObject, dump, list_at

_CALLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_ANSWERED: Final = "tool_use_id"


def _change(body: JsonObject, _place: Place, receipt: Receipt) -> JsonObject:
    messages = list_at(body, "messages")
    changed = [_message(item) for item in messages]
    if all(new is old for new, old in zip(changed, messages, strict=True)):
        return body
    receipt.coerced("messages", "ids of tool calls in Anthropic's letters")
    return {**body, "messages": changed}


def _message(message: Json) -> Json:
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(content, list):
        return message
    changed = [_block(block) for block in content]
    if all(new is old for new, old in zip(changed, content, strict=True)):
        return message
    return {**message, "content": changed}


def _block(block: Json) -> Json:
    if not isinstance(block, dict):
        return block
    key = "id" if _is_call(block) else _ANSWERED
    if key == _ANSWERED and _ANSWERED not in block:
        return block
    old = block.get(key)
    new = _normal(old)
    return block if new == old else {**block, key: new}


def _is_call(block: JsonObject) -> bool:
    kind = block.get("type")
    return isinstance(kind, str) and kind in _CALLS


def _normal(id_: Json) -> str:
    if isinstance(id_, str):
        return safe_id(id_)
    return f"tool_{hashlib.sha256(dump(id_)).hexdigest()[:8]}"


def _speaks_messages(place: Place) -> bool:
    return place.dialect == NAME


ADAPTER: Adapter = Plain(
    name="normalize_anthropic_tool_ids", change=_change, where=_speaks_messages
)
