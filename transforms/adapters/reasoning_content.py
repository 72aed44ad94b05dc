"""Say thoughts in the field that DeepSeek coined, for providers that refuse any other."""

from __future__ import annotations

from plexus.transforms.adapter import Adapter, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject, list_at, object_at, text_at

_OTHERS = ("reasoning", "thinking")


def _change(body: JsonObject, _place: Place, _receipt: Receipt) -> JsonObject:
    messages = list_at(body, "messages")
    changed = [_renamed(item) if isinstance(item, dict) else item for item in messages]
    if all(new is old for new, old in zip(changed, messages, strict=True)):
        return body
    return {**body, "messages": changed}


def _renamed(message: JsonObject) -> JsonObject:
    if message.get("role") != "assistant" or not message.keys() & set(_OTHERS):
        return message
    thoughts = (
        text_at(message, "reasoning_content")
        or text_at(message, "reasoning")
        or text_at(message, "thinking")
        or text_at(object_at(message, "thinking") or {}, "content")
    )
    renamed = {key: value for key, value in message.items() if key not in _OTHERS}
    return {**renamed, "reasoning_content": thoughts} if thoughts else renamed


ADAPTER: Adapter = Plain(name="reasoning_content", change=_change)
