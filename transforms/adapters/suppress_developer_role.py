"""Call developers' prompts system prompts, for providers that know no other."""

from __future__ import annotations

from plexus.transforms.adapter import Adapter, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject, list_at

_CONVERSATIONS = ("messages", "input")  # chat's and Responses' names for it


def _change(body: JsonObject, _place: Place, _receipt: Receipt) -> JsonObject:
    changed = {
        key: [_as_system(item) for item in list_at(body, key)]
        for key in _CONVERSATIONS
        if any(_is_developers(item) for item in list_at(body, key))
    }
    return {**body, **changed} if changed else body


def _as_system(item: Json) -> Json:
    if isinstance(item, dict) and _is_developers(item):
        return {**item, "role": "system"}
    return item


def _is_developers(item: Json) -> bool:
    return isinstance(item, dict) and item.get("role") == "developer"


ADAPTER: Adapter = Plain(name="suppress_developer_role", change=_change)
