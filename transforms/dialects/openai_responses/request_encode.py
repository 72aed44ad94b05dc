"""Write a request for a provider of this format (wire-formats.md §7, Responses columns)."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Encoded, Receipt, Traits
from plexus.transforms.dialects.openai_responses.input_encode import encode_turns
from plexus.transforms.dialects.openai_responses.items_encode import message_item
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, own
from plexus.transforms.dialects.openai_responses.output_format import encode_format
from plexus.transforms.dialects.openai_responses.reasoning import encode_reasoning, is_on
from plexus.transforms.dialects.openai_responses.request_decode import LOGPROBS
from plexus.transforms.dialects.openai_responses.tool_choice import encode_tool_choice
from plexus.transforms.dialects.openai_responses.tools_encode import encode_tools
from plexus.transforms.ir import ChatRequest, Sampling, Text, ToolSpec
from plexus.transforms.wire import Json, JsonObject, dump, dump_text, object_at, text_at, texts_at

PATH: Final = "/responses"

_SEALED: Final = "reasoning.encrypted_content"
_BILLING: Final = "x-anthropic-billing-header"
_LEAST_OUTPUT: Final = 16  # tokens, wire-formats.md §7.1
_LONGEST_USER: Final = 64  # characters; Claude Code's blobs are longer (edge case 75)
_MERGED: Final = frozenset({"text", "include"})
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_TIER_NAMES: Final = {"standard": "default", "standard_only": "default"}


def encode_request(request: ChatRequest, traits: Traits, receipt: Receipt) -> Encoded:
    """Return the request; what this format can't say goes into the receipt."""
    kept = own(request.ext)
    body: JsonObject = {"model": request.model} if request.model else {}
    body.update(_conversation(request, traits, receipt))
    body.update(_tools(request, receipt))
    body.update(_sampling(request, traits, receipt))
    body.update(_answer(request, traits, receipt))
    body.update(_call(request, receipt))
    body.update(_state(request))
    body.update({k: v for k, v in kept.items() if k not in body and k not in _MERGED})
    _note_foreign(request, receipt)
    return Encoded(path=PATH, body=body)


def _note_foreign(request: ChatRequest, receipt: Receipt) -> None:
    for dialect, fields in request.ext.items():
        for key, value in fields.items():
            if dialect != NAME and value is not None and value is not False:
                receipt.dropped(key, f"a field of {dialect} alone")


def _conversation(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    items = encode_turns(request, traits, receipt)
    if request.messages and not is_own(request.ext):
        _note_prefill(request, receipt)
    texts = _system(request, receipt)
    instructions = "\n\n".join(texts)
    if texts and not items and not is_own(request.ext):
        # OpenAI wants some input; a prompt alone can be it.
        receipt.coerced("system", "stands as the only message")
        return {"input": [_developer(instructions)]}
    if (words := _format_in_words(request, traits, items)) is not None:
        items.append(_developer(words))
        receipt.invented("messages", "JSON mode wants the word JSON in its input")
    written: JsonObject = {"instructions": instructions} if texts else {}
    if items or not is_own(request.ext):
        written["input"] = [*items]
    return written


def _system(request: ChatRequest, receipt: Receipt) -> list[str]:
    texts = [text.text for text in request.system]
    if texts and texts[0].startswith(_BILLING) and not is_own(request.ext):
        # It differs in every request, so that no prefix of it can be cached (wire-formats.md §7.2).
        receipt.coerced("system[0]", "Claude Code's billing line is for Anthropic alone")
        return texts[1:]
    return texts


def _developer(text: str) -> JsonObject:
    return message_item("developer", [{"type": "input_text", "text": text}], {})


def _note_prefill(request: ChatRequest, receipt: Receipt) -> None:
    last = request.messages[-1]
    if last.role == "assistant" and last.parts and isinstance(last.parts[-1], Text):
        path = f"messages[{len(request.messages) - 1}]"
        receipt.coerced(path, "the model answers after it and does not go on with it")


def _format_in_words(request: ChatRequest, traits: Traits, items: list[JsonObject]) -> str | None:
    output = request.output
    if output is None:
        return None
    if output.kind == "schema" and not traits.structured_output:
        return f"Answer with a JSON object that fits this schema: {dump_text(output.schema)}"
    if output.kind != "json" or is_own(request.ext) or b"json" in dump([*items]).lower():
        return None
    return "Answer with a JSON object."


def _tools(request: ChatRequest, receipt: Receipt) -> JsonObject:
    written: JsonObject = {}
    if tools := encode_tools(request, receipt):
        written["tools"] = [*tools]
    choice = encode_tool_choice(request)
    if choice is not None and (tools or _has_lifted(request)):
        written["tool_choice"] = choice
    elif choice not in (None, "auto", "none"):
        receipt.dropped("tool_choice", "there are no tools to choose from")
    if request.parallel_tools is not None:
        written["parallel_tool_calls"] = request.parallel_tools
    return written


def _has_lifted(request: ChatRequest) -> bool:
    return any(isinstance(tool, ToolSpec) and is_own(tool.ext) for tool in request.tools)


def _sampling(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    sampling = request.sampling
    for name, value in _unsayable(sampling):
        if value not in (None, ()):
            receipt.dropped(f"sampling.{name}", "this format has no such field")
    if sampling.n is not None and sampling.n > 1:
        receipt.dropped("sampling.n", "this format gives one answer")
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    written: JsonObject = {key: value for key, value in drawn.items() if value is not None}
    if not traits.sampling:
        for key in written:
            receipt.dropped(f"sampling.{key}", "the model does not take it")
        written = {}
    if sampling.logprobs:
        written["top_logprobs"] = sampling.logprobs
    if request.max_output is not None:
        written["max_output_tokens"] = max(request.max_output, _LEAST_OUTPUT)
        if request.max_output < _LEAST_OUTPUT:
            receipt.coerced("max_output", f"{_LEAST_OUTPUT} is the least")
    return written


def _unsayable(sampling: Sampling) -> tuple[tuple[str, object], ...]:
    return (
        ("top_k", sampling.top_k),
        ("seed", sampling.seed),
        ("stop", sampling.stop),
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
        ("logit_bias", sampling.logit_bias),
    )


def _answer(request: ChatRequest, traits: Traits, receipt: Receipt) -> JsonObject:
    text: JsonObject = {**(object_at(own(request.ext), "text") or {})}
    form = encode_format(request.output, receipt, schemas=traits.structured_output)
    if form is not None:
        text["format"] = form
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    written: JsonObject = {"text": text} if text else {}
    if (reasoning := encode_reasoning(request.reasoning, traits, receipt)) is not None:
        written["reasoning"] = reasoning
    return written


def _call(request: ChatRequest, receipt: Receipt) -> JsonObject:
    written: JsonObject = {"stream": True} if request.stream else {}
    if request.cache_key is not None:
        written["prompt_cache_key"] = request.cache_key
    if request.metadata is not None:
        written["metadata"] = request.metadata
    if (tier := _tier(request, receipt)) is not None:
        written["service_tier"] = tier
    if (user := _user(request, receipt)) is not None:
        written["user"] = user
    if not is_own(request.ext) and _has_cache_marks(request):
        receipt.coerced("cache", "OpenAI caches beginnings of prompts by itself")
    return written


def _tier(request: ChatRequest, receipt: Receipt) -> str | None:
    tier = request.tier
    if tier is None or is_own(request.ext):
        return tier
    known = _TIER_NAMES.get(tier.lower(), tier.lower())
    if known in _TIERS:
        return known
    receipt.dropped("tier", f"{tier!r} is no tier of this format")
    return None


def _user(request: ChatRequest, receipt: Receipt) -> str | None:
    user = request.user
    if user is None or user == text_at(own(request.ext), "safety_identifier"):
        return None
    if len(user) > _LONGEST_USER and not is_own(request.ext):
        receipt.dropped("user", f"longer than {_LONGEST_USER} characters")
        return None
    return user


def _has_cache_marks(request: ChatRequest) -> bool:
    parts = [part for message in request.messages for part in message.parts]
    marked = [*request.system, *request.tools, *parts]
    marks = [getattr(thing, "cache", None) for thing in marked]
    return request.cache is not None or marks.count(None) < len(marks)


def _state(request: ChatRequest) -> JsonObject:
    kept = own(request.ext)
    written: JsonObject = {}
    include: list[Json] = [*texts_at(kept, "include")]
    store = kept.get("store")
    if not is_own(request.ext):
        written["store"] = store = False
    if request.sampling.logprobs is not None and LOGPROBS not in include:
        include.append(LOGPROBS)
    if store is False and is_on(request.reasoning) and _SEALED not in include:
        include.append(_SEALED)
    if include:
        written["include"] = include
    return written
