"""Read a provider's whole answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from plexus.transforms.dialects.gemini.calls import decode_call
from plexus.transforms.dialects.gemini.candidates import NO_CANDIDATE, ending, extras, is_vertex
from plexus.transforms.dialects.gemini.citations import decode_citations
from plexus.transforms.dialects.gemini.errors import decode_stream_error
from plexus.transforms.dialects.gemini.ids import call_id
from plexus.transforms.dialects.gemini.keys import as_objects, camel, dict_at, mark
from plexus.transforms.dialects.gemini.logprobs import decode_logprobs
from plexus.transforms.dialects.gemini.parts import decode_part, is_bare
from plexus.transforms.dialects.gemini.stops import block_name, reason_name
from plexus.transforms.dialects.gemini.usage import decode_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatResponse, Choice, Part, Stop, Text, ToolCall
from plexus.transforms.wire import JsonObject, count_at, dump_text, object_at, rest, text_at

_READ: Final = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId"})
_CONTENT: Final = frozenset({"role", "parts"})
_ANSWERS: Final = ("candidates", "promptFeedback", "usageMetadata", "responseId")


def decode_response(body: JsonObject) -> ChatResponse:
    """Read an answer; a blocked prompt is one without candidates (wire-formats.md §4.2).

    Raise `GatewayError`: the provider's, if the body is an error, else `UPSTREAM_INVALID`.
    """
    body = camel(body)
    if body.get("error") is not None:
        raise decode_stream_error(body["error"])
    if all(body.get(key) is None for key in _ANSWERS):
        raise GatewayError(
            Kind.UPSTREAM_INVALID,
            "the provider's answer is no GenerateContentResponse: it has no candidates",
            where="candidates",
        )
    meta = dict_at(body, "usageMetadata")
    usage = decode_usage(meta)
    ext = rest(body, _READ)
    if usage is None and meta:
        ext["usageMetadata"] = meta
    return ChatResponse(
        id=text_at(body, "responseId") or "",
        model=text_at(body, "modelVersion") or "",
        choices=_choices(body),
        usage=usage,
        created=created_at(body),
        ext=mark(ext),
    )


def _choices(body: JsonObject) -> tuple[Choice, ...]:
    candidates = sorted(
        as_objects(body.get("candidates")), key=lambda candidate: count_at(candidate, "index") or 0
    )
    if not candidates:
        return (_without_candidate(body),)
    seed, vertex = text_at(body, "responseId") or "", is_vertex(body)
    return tuple(
        _choice(candidate, number, seed, vertex=vertex)
        for number, candidate in enumerate(candidates)
    )


def _without_candidate(body: JsonObject) -> Choice:
    stop, detail = blocked(body)
    return Choice(stop=stop or Stop.END, stop_detail=detail, ext=mark({NO_CANDIDATE: True}))


def blocked(body: JsonObject) -> tuple[Stop | None, str | None]:
    """Return `Stop.FILTER` and Google's words if the prompt was blocked, else two `None`s."""
    feedback = object_at(body, "promptFeedback") or {}
    reason = block_name(feedback.get("blockReason"))
    if reason is None:
        return None, None
    return Stop.FILTER, text_at(feedback, "blockReasonMessage") or reason


def _choice(candidate: JsonObject, number: int, seed: str, *, vertex: bool) -> Choice:
    content = dict_at(candidate, "content")
    wire_parts = [part for part in as_objects(content.get("parts")) if not is_bare(part)]
    parts = _parts(wire_parts, number, seed)
    calls = any(isinstance(part, ToolCall) for part in parts)
    reason = reason_name(candidate.get("finishReason"), vertex=vertex)
    stop, detail = ending(reason, text_at(candidate, "finishMessage"), calls=calls)
    result = object_at(candidate, "logprobsResult")
    kept = extras(candidate, reason)
    if outer := rest(content, _CONTENT):
        kept["content"] = outer
    return Choice(
        parts=_cited(parts, candidate),
        stop=stop,
        stop_detail=detail,
        logprobs=None if result is None else decode_logprobs(result),
        ext=mark(kept),
    )


def _parts(wire_parts: list[JsonObject], candidate: int, seed: str) -> list[Part]:
    parts: list[Part] = []
    calls = 0
    for part in wire_parts:
        if "functionCall" in part:
            parts.append(decode_call(part, call_id=minted_id(part, seed, candidate, calls)))
            calls += 1
        else:
            parts.append(decode_part(part))
    return parts


def minted_id(part: JsonObject, seed: str, candidate: int, ordinal: int) -> str:
    """Return the id for a call that bears none, the same whether it was streamed or not."""
    call = dict_at(part, "functionCall")
    words = f"{text_at(call, 'name')}{dump_text(call.get('args'))}" if not seed else ""
    return call_id(seed, candidate, ordinal, words)


def _cited(parts: list[Part], candidate: JsonObject) -> tuple[Part, ...]:
    texts = [part.text if isinstance(part, Text) else None for part in parts]
    for cited in decode_citations(candidate, texts):
        part = parts[cited.text] if cited.text < len(parts) else None
        if isinstance(part, Text):
            parts[cited.text] = replace(part, citations=(*part.citations, cited.citation))
    return tuple(parts)


def created_at(body: JsonObject) -> int | None:
    """Return `createTime` in seconds since 1970."""
    try:
        return int(datetime.fromisoformat(text_at(body, "createTime") or "").timestamp())
    except (ValueError, OverflowError, OSError):
        return None
