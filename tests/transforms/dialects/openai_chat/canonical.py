"""Bring two ways of saying one thing in chat's format into one; nothing else may differ.

Each rule stands on documentation: OpenAI's reference (a string is short for one text part, or for
a list with one stop sequence; absent and null are the same; `stream` and `n` have defaults), or the
server's that takes both forms (Mistral: bare image URLs, tools without a type).
"""

from __future__ import annotations

from typing import Any

from plexus.transforms import wire
from plexus.transforms.codec import Traits
from plexus.transforms.wire import JsonObject


def traits_of(body: JsonObject) -> Traits:
    """The traits of a provider that takes what `body` says."""
    text = wire.dump_text(body)
    return Traits(
        max_tokens_field=(
            "max_completion_tokens" if "max_completion_tokens" in body else "max_tokens"
        ),
        developer_role=True,
        inline_system=True,
        effort="reasoning" if "reasoning" in body else "reasoning_effort",
        cache_marks='"cache_control"' in text,
    )


def canonical_request(body: JsonObject) -> JsonObject:
    """The canonical form of a request body."""
    out: Any = _without_nulls(body)
    out["messages"] = [_message(message) for message in out["messages"]]
    if out.get("stream") is False:
        del out["stream"]
    if out.get("stream") is True:
        out.setdefault("stream_options", {})["include_usage"] = True  # we always ask
    if isinstance(out.get("stop"), str):
        out["stop"] = [out["stop"]]
    for tool in out.get("tools", []):
        tool.setdefault("type", "function")
    if not out.get("tools") and "functions" not in out:
        for key in ("tools", "tool_choice", "parallel_tool_calls"):
            out.pop(key, None)
    return out


def canonical_response(body: JsonObject) -> JsonObject:
    """The canonical form of an answer."""
    out: Any = _without_nulls(body)
    out.setdefault("created", 0)
    out.setdefault("object", "chat.completion")
    for choice in out["choices"]:
        # A filtered answer may lack the message; clients need one.
        choice["message"] = _message(choice.get("message") or {"role": "assistant"})
        # "" says no more than that the answer is over.
        if not choice.get("finish_reason"):
            choice["finish_reason"] = "tool_calls" if _calls(choice["message"]) else "stop"
    if not out.get("id"):
        out["id"] = "chatcmpl-plexus"
    return out


def _calls(message: Any) -> list[Any]:
    return message.get("tool_calls") or []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _message(message: Any) -> Any:
    out = dict(message)
    content = out.get("content")
    if isinstance(content, list):
        out["content"] = [_part(part) for part in content]
        if len(content) == 1 and content[0].keys() == {"type", "text"}:
            out["content"] = content[0]["text"]
    if isinstance(out.get("tool_calls"), list):
        out["tool_calls"] = [_call(call) for call in out["tool_calls"]]
    return out


def _part(part: Any) -> Any:
    if part.get("type") == "image_url" and isinstance(part["image_url"], str):
        return {**part, "image_url": {"url": part["image_url"]}}
    return part


def _call(call: Any) -> Any:
    out = {"type": "function", **call}
    if not out.get("id"):
        out["id"] = "minted"
    function = out.get("function")
    if function:
        arguments = function.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = wire.dump_text(arguments)
        out["function"] = {**function, "arguments": arguments.strip() or "{}"}
    return out
