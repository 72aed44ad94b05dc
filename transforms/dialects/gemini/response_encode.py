"""Write a whole answer for a Gemini client."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.answer_parts import AnswerParts
from plexus.transforms.dialects.gemini.candidates import NO_CANDIDATE, is_absent
from plexus.transforms.dialects.gemini.citations import encode_grounding
from plexus.transforms.dialects.gemini.keys import is_own, own, own_object
from plexus.transforms.dialects.gemini.logprobs import encode_logprobs
from plexus.transforms.dialects.gemini.stops import is_unusual, reason_of, stop_of
from plexus.transforms.dialects.gemini.usage import encode_usage
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Ext,
    Refusal,
    Stop,
    Text,
    ToolCall,
)
from plexus.transforms.wire import JsonObject, text_at

_WRITTEN: Final = frozenset({"content", "finishReason", "finishMessage", NO_CANDIDATE})


def encode_response(
    response: ChatResponse, request: ChatRequest | None, receipt: Receipt
) -> JsonObject:
    """Write a GenerateContentResponse; a blocked prompt is one without candidates."""
    parts = AnswerParts(request, receipt)
    candidates = [
        candidate(choice, number, parts)
        for number, choice in enumerate(response.choices)
        if choice.parts or not is_absent(choice.ext)
    ]
    body: JsonObject = {"candidates": [*candidates]} if candidates else {}
    if response.usage is not None:
        body["usageMetadata"] = encode_usage(response.usage)
    if response.model:
        body["modelVersion"] = response.model
    if response.id:
        body["responseId"] = response.id
    return body | own(response.ext)


def candidate(choice: Choice, number: int, writer: AnswerParts) -> JsonObject:
    """Write one candidate."""
    written: list[JsonObject] = []
    cited = []
    for place, part in enumerate(choice.parts):
        wire_part = writer.part(part, f"choices[{number}].parts[{place}]")
        if wire_part is None:
            continue
        if isinstance(part, Text) and part.citations:
            cited.append((len(written), part.text, part.citations))
        written.append(wire_part)
    content: JsonObject = {**own_object(choice.ext, "content"), "role": "model"}
    if written:
        content["parts"] = [*written]
    ending = finish(
        choice.stop,
        choice.stop_detail,
        choice.ext,
        calls=any(isinstance(part, ToolCall) for part in choice.parts),
        refused=any(isinstance(part, Refusal) for part in choice.parts),
    )
    found: JsonObject = {"content": content, **ending, "index": number}
    if not is_own(choice.ext) and (grounding := encode_grounding(cited)) is not None:
        found["groundingMetadata"] = grounding
    if (logprobs := encode_logprobs(choice.logprobs)) is not None:
        found["logprobsResult"] = logprobs
    return found | extra_fields(choice.ext)


def extra_fields(ext: Ext) -> JsonObject:
    """Return what a Gemini candidate held besides its content and its ending."""
    return {key: value for key, value in own(ext).items() if key not in _WRITTEN}


def finish(stop: Stop, detail: str | None, ext: Ext, *, calls: bool, refused: bool) -> JsonObject:
    """Return finishReason and finishMessage; Gemini's own reason, if it still fits the stop.

    Empty for an answer of Gemini's that named no reason.
    """
    kept = own(ext)
    if refused and stop is not Stop.LENGTH:
        stop = Stop.REFUSAL
    reason = text_at(kept, "finishReason")
    if reason is None or stop_of(reason, calls=calls) is not stop:
        if is_own(ext) and reason is None and stop in {Stop.END, Stop.TOOL}:
            return {}
        reason = reason_of(stop)
    found: JsonObject = {"finishReason": reason}
    message = text_at(kept, "finishMessage")
    if message is None and is_unusual(stop) and detail != reason:
        message = detail
    return found if message is None else {**found, "finishMessage": message}
