"""Bring two ways of saying one thing in Anthropic's format into one; nothing else may differ.

Each rule stands on Anthropic's documentation: a string is short for one text block, neighbours of
one role are one turn, absent, null and the documented default are the same.
"""

from __future__ import annotations

from plexus.transforms.dialects.anthropic.media import sniffed_type
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at, text_at


def canonical_request(body: JsonObject, *, counting: bool = False) -> JsonObject:
    """The canonical form of a request body; `counting`: it asks for a count of tokens only."""
    out = _without_nulls(body)
    out["messages"] = [*_turns(objects_at(out, "messages"))]
    out["system"] = [*_blocks(out.get("system"))]
    out["stream"] = out.get("stream") is True
    out["tools"] = [_without(tool, strict=False) for tool in objects_at(out, "tools")]
    if choice := object_at(out, "tool_choice"):
        out["tool_choice"] = _without(choice, disable_parallel_tool_use=False)
    if "output_format" in out:  # the beta's name for what is now output_config.format
        config = object_at(out, "output_config") or {}
        out["output_config"] = {**config, "format": out.pop("output_format")}
    if counting:
        out.pop("max_tokens", None)
    return out


def canonical_response(body: JsonObject) -> JsonObject:
    """The canonical form of an answer."""
    out = _without_nulls(body)
    out["content"] = [_block(block) for block in objects_at(out, "content")]
    if usage := object_at(out, "usage"):
        zeros: JsonObject = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        out["usage"] = usage = {**zeros, **usage}
        if searches := object_at(usage, "server_tool_use"):
            # Required by current SDK types, absent from older recordings.
            zeros = {"web_search_requests": 0, "web_fetch_requests": 0}
            usage["server_tool_use"] = {**zeros, **searches}
    return out


def _without_nulls(value: JsonObject) -> JsonObject:
    return {key: _nulls_gone(inner) for key, inner in value.items() if inner is not None}


def _nulls_gone(value: Json) -> Json:
    if isinstance(value, dict):
        return _without_nulls(value)
    return [_nulls_gone(item) for item in value] if isinstance(value, list) else value


def _without(value: JsonObject, **defaults: Json) -> JsonObject:
    return {k: v for k, v in value.items() if k not in defaults or v != defaults[k]}


def _turns(messages: list[JsonObject]) -> list[JsonObject]:
    turns: list[JsonObject] = []
    for message in messages:
        blocks = _blocks(message["content"])
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**turns[-1], "content": [*list_at(turns[-1], "content"), *blocks]}
        elif blocks:
            turns.append({**message, "content": [*blocks]})
    return turns


def _blocks(content: Json) -> list[JsonObject]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    listed = content if isinstance(content, list) else []
    blocks = [_block(block) for block in listed if isinstance(block, dict)]
    # Blank text is refused by the API, or says nothing where it is not.
    return [b for b in blocks if b.get("type") != "text" or (text_at(b, "text") or "").strip()]


def _block(block: JsonObject) -> JsonObject:
    out = _without(block, citations=[], is_error=False)
    if out.get("type") == "tool_result":
        out["content"] = [*_blocks(out.get("content"))]
    source = object_at(out, "source") or {}
    if data := text_at(source, "data"):
        # The API takes padding or none, and refuses a type that the bytes belie.
        declared = source.get("media_type")
        out["source"] = {
            **source,
            "data": data.rstrip("="),
            "media_type": sniffed_type(data) or declared,
        }
    return out
