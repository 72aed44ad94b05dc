"""Perplexity: models that search, run no tools, and want the speakers to take turns.

Sources at the top level and the cumulative `message` in chunks are the decoder's
(wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.families import LOW_TO_HIGH
from plexus.transforms.quirk import Facts, Quirk
from plexus.transforms.wire import Json, JsonObject, object_at, objects_at

_OBJECT: JsonObject = {"schema": {"type": "object"}}


def _given(traits: Traits) -> Traits:
    return replace(traits, inline_system=False, efforts=("minimal", *LOW_TO_HIGH))


def _mend(body: JsonObject, _model: str, receipt: Receipt) -> JsonObject:
    """Let turns alternate, and ask for JSON by a schema: there is no JSON mode."""
    mended = dict(body)
    messages = _alternating(objects_at(body, "messages"))
    if len(messages) < len(objects_at(body, "messages")):
        receipt.coerced("messages", "neighbours of one speaker are one turn")
        mended["messages"] = messages
    form = object_at(body, "response_format") or {}
    if form.get("type") == "json_object":
        receipt.coerced("output", "JSON mode as a schema of any object")
        mended["response_format"] = {"type": "json_schema", "json_schema": dict(_OBJECT)}
    return mended


def _alternating(messages: list[JsonObject]) -> list[Json]:
    merged: list[JsonObject] = []
    for message in messages:
        before = merged[-1] if merged else {}
        if message.get("role") == before.get("role") and message.get("role") != "system":
            content = [*_parts(before), *_parts(message)]
            merged[-1] = {**before, "content": content}
        else:
            merged.append(message)
    return [*merged]


def _parts(message: JsonObject) -> list[Json]:
    content = message.get("content")
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []


QUIRK: Quirk = Facts(
    name="perplexity",
    hosts=("api.perplexity.ai",),
    dialects=("chat",),
    given=_given,
    refuses=frozenset({"tools", "tool_choice", "parallel_tool_calls"}),
    mend=_mend,
)
