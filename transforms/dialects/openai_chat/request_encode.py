"""Write a chat completions request for a provider."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Encoded, Receipt, Traits
from plexus.transforms.ir import ChatRequest, ServerTool, ToolSpec
from plexus.transforms.wire import JsonObject, object_at

from .effort import encode_reasoning
from .fields import NAME, is_own, overlay, own
from .forced import reconcile
from .messages_encode import encode_messages
from .parameters import encode_hints, encode_output, encode_sampling
from .paths import CHAT_PATH
from .tools_encode import encode_choice, encode_tools, wraps_custom

_NEEDS_TOOLS: Final = frozenset({"tools", "functions"})
_OPTIONS: Final = "stream_options"


def encode_request(request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
    """Write a request; a streamed one asks for usage wherever it can (dataplane.md §5.2)."""
    request = reconcile(request, traits, receipt)
    body: JsonObject = {
        "model": request.model,
        "messages": encode_messages(request, traits, receipt),
    }
    if request.max_output is not None:
        body[traits.max_tokens_field] = request.max_output
    body |= encode_sampling(request, traits, receipt)
    body |= _tools(request, traits, receipt)
    if request.output is not None:
        body |= encode_output(request.output, traits, receipt)
    if request.reasoning is not None:
        body |= encode_reasoning(request.reasoning, traits, receipt)
    body |= encode_hints(request, traits, receipt)
    body |= _metadata(request, traits, receipt)
    if request.stream:
        body |= _stream(request, traits)
    _note_foreign(request, receipt)
    left = own(request.ext)
    if not traits.stream_usage:
        left = {key: value for key, value in left.items() if key != _OPTIONS}
    return Encoded(path=CHAT_PATH, body=overlay(body, left))


def _tools(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    choice = request.tool_choice
    tools = request.tools
    if (
        choice is not None
        and choice.mode == "allowed"
        and not (traits.official or is_own(choice.ext))
    ):
        tools = tuple(tool for tool in tools if _is_allowed(tool, choice.names))
    body = encode_tools(tools, traits, receipt)
    if not body.keys() & _NEEDS_TOOLS:
        # Both are refused without tools (wire-formats.md §1.1).
        if choice is not None and choice.mode not in ("auto", "none"):
            receipt.dropped("tool_choice", "there are no tools")
        return body
    if choice is not None:
        body |= encode_choice(choice, _customs(request, traits), traits, receipt)
    if request.parallel_tools is not None:
        body["parallel_tool_calls"] = request.parallel_tools
    return body


def _is_allowed(tool: ToolSpec | ServerTool, names: tuple[str, ...]) -> bool:
    return isinstance(tool, ServerTool) or tool.name in names


def _customs(request: ChatRequest, traits: Traits) -> frozenset[str]:
    return frozenset(
        tool.name
        for tool in request.tools
        if isinstance(tool, ToolSpec) and tool.kind == "custom" and not wraps_custom(tool, traits)
    )


def _metadata(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    if request.metadata is None:
        return {}
    if is_own(request.ext):
        return {"metadata": request.metadata}
    receipt.dropped("metadata")
    return {}


def _stream(request: ChatRequest, traits: Traits) -> JsonObject:
    if not traits.stream_usage:
        return {"stream": True}
    options = object_at(own(request.ext), _OPTIONS) or {}
    return {"stream": True, _OPTIONS: {"include_usage": True, **options}}


def _note_foreign(request: ChatRequest, receipt: Receipt) -> None:
    # Responses keeps this in its ext, whether or not probabilities were asked for.
    said = {"top_logprobs"} if request.sampling.logprobs is not None else set[str]()
    for dialect, fields in request.ext.items():
        for key, value in fields.items():
            if dialect != NAME and value is not None and key not in said:
                receipt.dropped(key, f"{dialect} only")
    if request.cache is not None:
        receipt.dropped("cache")
