"""Show stored responses, conversations and their items as OpenAI's API does."""

from __future__ import annotations

from typing import Final

from plexus.store.records import ConversationRecord, ResponseRecord
from plexus.transforms.dialects.openai_responses.echo import echo
from plexus.transforms.dialects.openai_responses.ids import item_id
from plexus.transforms.wire import Json, JsonObject, text_at, try_parse

_PREFIXES: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "image_generation_call": "ig",
}
_WITH_STATUS: Final = frozenset({"message", "function_call", "function_call_output"})


def response_object(record: ResponseRecord) -> JsonObject:
    """Return a response as its client was given it, with what its server left out filled in."""
    body = try_parse(record.body)
    given = body if isinstance(body, dict) else {}
    shown: JsonObject = {**echo(None), "store": True, "error": None, "incomplete_details": None}
    shown.update(given)
    shown["id"], shown["object"] = record.id, "response"
    shown["output"] = items_of(record.output)
    shown["previous_response_id"] = _id_in(record.previous_key)
    conversation = _id_in(record.conversation_key)
    shown["conversation"] = None if conversation is None else {"id": conversation}
    if shown.get("completed_at") is None and record.completed_at is not None:
        shown["completed_at"] = record.completed_at // 1000
    return shown


def served_by(record: ResponseRecord) -> JsonObject:
    """Return who answered, for administrators (dataplane.md §6.3)."""
    return {
        "provider": record.provider,
        "model": record.target_model,
        "apiType": record.api_type,
        "canonicalModel": record.canonical_model,
    }


def conversation_object(record: ConversationRecord) -> JsonObject:
    """Return a conversation."""
    return {
        "id": record.id,
        "object": "conversation",
        "created_at": record.created_at // 1000,
        "metadata": try_parse(record.metadata),
    }


def deleted(identity: str, kind: str) -> JsonObject:
    """Return what is said of a thing that was deleted."""
    return {"id": identity, "object": kind, "deleted": True}


def items_of(text: str) -> list[Json]:
    """Return stored items."""
    found = try_parse(text)
    return found if isinstance(found, list) else []


def identified(items: list[Json], seed: str) -> list[JsonObject]:
    """Return items as lists show them: whole messages, each with an id that follows from `seed`."""
    return [_identified(item, seed, number) for number, item in enumerate(items)]


def _identified(item: Json, seed: str, number: int) -> JsonObject:
    given: JsonObject = item if isinstance(item, dict) else {"role": "user", "content": item}
    kind = text_at(given, "type") or "message"
    shown: JsonObject = {"type": kind, **given}
    if kind == "message":
        shown["content"] = _content(shown)
    if kind in _WITH_STATUS:
        shown.setdefault("status", "completed")
    if not text_at(shown, "id"):
        shown["id"] = item_id(_PREFIXES.get(kind, "item"), seed, number)
    return shown


def _content(message: JsonObject) -> Json:
    content = message.get("content")
    if not isinstance(content, str):
        return content
    if message.get("role") == "assistant":
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [{"type": "input_text", "text": content}]


def _id_in(key: str | None) -> str | None:
    return None if key is None else key.rpartition("/")[2]
