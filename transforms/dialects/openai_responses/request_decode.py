"""Read a client's request (wire-formats.md §2.1)."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Match
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.dialects.openai_responses.output_format import decode_format
from plexus.transforms.dialects.openai_responses.reasoning import decode_reasoning
from plexus.transforms.dialects.openai_responses.tool_choice import decode_tool_choice
from plexus.transforms.dialects.openai_responses.tools_decode import (
    Tool,
    decode_tools,
    lift_tools,
    tool_items,
)
from plexus.transforms.dialects.openai_responses.turns import decode_input
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest, Message, Sampling, Text, ToolSpec
from plexus.transforms.wire import (
    Json,
    JsonObject,
    bool_at,
    count_at,
    list_at,
    number_at,
    object_at,
    rest,
    text_at,
    texts_at,
)

LOGPROBS: Final = "message.output_text.logprobs"

# A field is read if it bears one of these types; else it is kept as it came.
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "model": (str,),
    "input": (str, list),
    "instructions": (str,),
    "max_output_tokens": (int, float),
    "temperature": (int, float),
    "top_p": (int, float),
    "tools": (list,),
    "tool_choice": (str, dict),
    "parallel_tool_calls": (bool,),
    "reasoning": (dict,),
    "stream": (bool,),
    "text": (dict,),
    "prompt_cache_key": (str,),
    "service_tier": (str,),
    "user": (str,),
    "metadata": (dict,),
}
# What stands in for `input`: the rest of the conversation is known to the server.
_CONTINUES: Final = ("previous_response_id", "conversation", "prompt")


def decode_request(match: Match, body: JsonObject) -> ChatRequest:
    """Return a request as it stands; state (`store`, `previous_response_id`, …) stays in `ext`.

    Raise `GatewayError(BAD_REQUEST)` naming the field.
    """
    messages = decode_input(body["input"]) if _has_input(body) else ()
    text = object_at(body, "text") or {}
    instructions = text_at(body, "instructions")
    return ChatRequest(
        model=match.model or _model(body),
        messages=messages,
        system=() if instructions is None else (Text(text=instructions),),
        tools=_tools(body, messages),
        tool_choice=decode_tool_choice(body.get("tool_choice")),
        parallel_tools=bool_at(body, "parallel_tool_calls"),
        stream=bool_at(body, "stream") is True,
        max_output=count_at(body, "max_output_tokens"),
        sampling=_sampling(body),
        reasoning=decode_reasoning(body.get("reasoning")),
        output=decode_format(text.get("format")),
        verbosity=text_at(text, "verbosity"),
        cache_key=text_at(body, "prompt_cache_key"),
        tier=text_at(body, "service_tier"),
        user=text_at(body, "user") or text_at(body, "safety_identifier"),
        metadata=object_at(body, "metadata"),
        ext={NAME: _leftovers(body, text)},
    )


def _has_input(body: JsonObject) -> bool:
    given = body.get("input")
    if given not in (None, []):
        return True
    if any(body.get(key) for key in _CONTINUES) or body.get("generate") is False:
        return False
    raise GatewayError(Kind.BAD_REQUEST, "input is missing or empty", where="input")


def _model(body: JsonObject) -> str:
    model = text_at(body, "model")
    if model:
        return model
    if object_at(body, "prompt") is not None:
        return ""  # a stored prompt brings its model along
    raise GatewayError(Kind.BAD_REQUEST, "model is missing or not a string", where="model")


def _tools(body: JsonObject, messages: tuple[Message, ...]) -> tuple[Tool, ...]:
    tools = list(decode_tools(list_at(body, "tools")))
    names = {tool.name for tool in tools if isinstance(tool, ToolSpec)}
    for message in messages:
        for item in tool_items(message):
            tools += lift_tools(item, names)
    return tuple(tools)


def _sampling(body: JsonObject) -> Sampling:
    asked = LOGPROBS in texts_at(body, "include")
    return Sampling(
        temperature=number_at(body, "temperature"),
        top_p=number_at(body, "top_p"),
        logprobs=(count_at(body, "top_logprobs") or 0) if asked else None,
    )


def _leftovers(body: JsonObject, text: JsonObject) -> JsonObject:
    kept = {key: value for key, value in body.items() if not _is_read(key, value, body)}
    known = {"format"} if decode_format(text.get("format")) is not None else set()
    if isinstance(text.get("verbosity"), str):
        known.add("verbosity")
    if more := rest(text, frozenset(known)):
        kept["text"] = more
    return kept


def _is_read(key: str, value: Json, body: JsonObject) -> bool:
    if key == "user":
        return isinstance(value, str) and value != body.get("safety_identifier")
    if isinstance(value, bool) and bool not in _TYPES.get(key, (bool,)):
        return False
    return key in _TYPES and isinstance(value, _TYPES[key])
