"""Bring two ways of saying one thing in this format into one; nothing else may differ.

Each rule stands on OpenAI's reference: a string is short for one text part or one user message,
`type` of a message is optional, an image's `detail` defaults to auto, annotations and log
probabilities default to none, `stream` to false, an empty list of tools or of `include` says what
its absence says, a tool choice needs tools.
"""

from __future__ import annotations

from plexus.transforms import wire
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at

# What a response must have for strict clients, with the values that stand for "not said".
DEFAULTS: JsonObject = {
    "object": "response", "created_at": 0, "status": "completed", "background": False,
    "completed_at": None, "error": None, "incomplete_details": None, "instructions": None,
    "max_output_tokens": None, "max_tool_calls": None, "metadata": {}, "model": "",
    "parallel_tool_calls": True, "previous_response_id": None, "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None}, "safety_identifier": None,
    "service_tier": "auto", "store": False, "temperature": 1.0,
    "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_logprobs": 0,
    "top_p": 1.0, "truncation": "disabled", "usage": None, "user": None,
}  # fmt: skip
_RESULTS = ("function_call_output", "custom_tool_call_output")


def canonical_request(body: JsonObject) -> JsonObject:
    """The canonical form of a request body."""
    out = wire.parse_object(wire.dump(body))
    given = out.get("input")
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    if isinstance(given, list):
        out["input"] = [_item(item) for item in given]
    for key in ("tools", "include"):
        if out.get(key) == []:
            del out[key]
    if out.get("stream") is False:
        del out["stream"]
    if "tools" not in out and not _brings_tools(out) and out.get("tool_choice") in ("auto", "none"):
        del out["tool_choice"]
    return out


def _brings_tools(body: JsonObject) -> bool:
    return any(item.get("type") == "additional_tools" for item in objects_at(body, "input"))


def _item(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    if "role" in item:
        item.setdefault("type", "message")
    if item["type"] == "message":
        item["content"] = _content(item.get("content"), assistant=item["role"] == "assistant")
    if item["type"] in _RESULTS:
        item["output"] = _content(item["output"], assistant=False)
    return item


def _content(content: Json, *, assistant: bool) -> list[Json]:
    if isinstance(content, str):
        kind = "output_text" if assistant else "input_text"
        content = [{"type": kind, "text": content}] if content else []
    parts = [part for part in content or [] if isinstance(part, dict)] if content else []
    for part in parts:
        if part["type"] == "output_text":
            part.setdefault("annotations", [])
        if part["type"] == "input_image":
            part.setdefault("detail", "auto")
    return [*parts]


def canonical_response(body: JsonObject) -> JsonObject:
    """The canonical form of a whole answer."""
    out = wire.parse_object(wire.dump({**DEFAULTS, **body}))
    for item in objects_at(out, "output"):
        for part in objects_at(item, "content"):
            if part.get("type") == "output_text":
                part.setdefault("annotations", [])
                part.setdefault("logprobs", [])
    usage = object_at(out, "usage")
    if usage is not None:
        details = object_at(usage, "input_tokens_details") or {}
        usage["input_tokens_details"] = {"cached_tokens": 0, "cache_write_tokens": 0, **details}
        thought = object_at(usage, "output_tokens_details") or {}
        usage["output_tokens_details"] = {"reasoning_tokens": 0, **thought}
        total = (wire.count_at(usage, "input_tokens") or 0) + (
            wire.count_at(usage, "output_tokens") or 0
        )
        usage.setdefault("total_tokens", total)
    return out


def without_seals(body: JsonObject) -> JsonObject:
    """The answer without encrypted content: a stream's last event encrypts it anew (§2.3)."""
    out = wire.parse_object(wire.dump(body))
    for item in objects_at(out, "output"):
        item.pop("encrypted_content", None)
    return out


def terminal(events: list[JsonObject]) -> JsonObject | None:
    """The response object of the event that ends a stream."""
    for event in events:
        if event.get("type") in ("response.completed", "response.incomplete", "response.failed"):
            return object_at(event, "response")
    return None


def output_types(body: JsonObject) -> list[Json]:
    """The types of the items of an answer."""
    return [item.get("type") for item in list_at(body, "output") if isinstance(item, dict)]
