"""What a response repeats of its request; strict clients want all of it (wire-formats.md §2.2)."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.origin import own
from plexus.transforms.dialects.openai_responses.output_format import encode_format
from plexus.transforms.dialects.openai_responses.tool_choice import encode_tool_choice
from plexus.transforms.dialects.openai_responses.tools_encode import encode_tools
from plexus.transforms.ir import ChatRequest
from plexus.transforms.wire import JsonObject, object_at

# wire-formats.md §7.10
_DEFAULTS: Final[JsonObject] = {
    "background": False,
    "completed_at": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
_REPEATED: Final = (
    "background",
    "max_tool_calls",
    "prompt",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "top_logprobs",
    "truncation",
)


def echo(request: ChatRequest | None) -> JsonObject:
    """Return the fields of a response object that repeat `request`, defaults for the rest."""
    if request is None:
        return dict(_DEFAULTS)
    said: JsonObject = {
        "instructions": "\n\n".join(part.text for part in request.system) or None,
        "max_output_tokens": request.max_output,
        "metadata": request.metadata,
        "parallel_tool_calls": request.parallel_tools,
        "prompt_cache_key": request.cache_key,
        "reasoning": _reasoning(request),
        "service_tier": request.tier,
        "temperature": request.sampling.temperature,
        "text": _text(request),
        "tool_choice": encode_tool_choice(request),
        "tools": [*encode_tools(request, Receipt())],
        "top_p": request.sampling.top_p,
        "user": _user(request),
    }
    kept = own(request.ext)
    said.update({key: kept.get(key) for key in _REPEATED})
    given = {key: value for key, value in said.items() if value is not None}
    return {**_DEFAULTS, "store": True, **given, **client_state(request)}


def client_state(request: ChatRequest | None) -> JsonObject:
    """Return what the client said of the conversation's state; its provider may be told less."""
    kept = {} if request is None else own(request.ext)
    said = {key: kept.get(key) for key in ("store", "previous_response_id", "conversation")}
    if isinstance(said["conversation"], str):
        said["conversation"] = {"id": said["conversation"]}
    return {key: value for key, value in said.items() if value is not None}


def _reasoning(request: ChatRequest) -> JsonObject:
    reasoning = request.reasoning
    if reasoning is None:
        return {"effort": None, "summary": None}
    effort = "none" if reasoning.mode == "off" else reasoning.effort
    return {**own(reasoning.ext), "effort": effort, "summary": reasoning.summary}


def _text(request: ChatRequest) -> JsonObject:
    text: JsonObject = {"format": encode_format(request.output, Receipt()) or {"type": "text"}}
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    return {**(object_at(own(request.ext), "text") or {}), **text}


def _user(request: ChatRequest) -> str | None:
    return None if request.user == own(request.ext).get("safety_identifier") else request.user
