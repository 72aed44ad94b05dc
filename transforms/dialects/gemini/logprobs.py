"""Translate token probabilities between Gemini's two parallel lists and OpenAI's one."""

from __future__ import annotations

from plexus.transforms.wire import Json, JsonObject, number_at, objects_at, text_at


def decode_logprobs(result: JsonObject) -> list[Json]:
    """Return `logprobsResult` in OpenAI's shape: [{token, logprob, bytes, top_logprobs}]."""
    tops = objects_at(result, "topCandidates")
    entries: list[Json] = []
    for number, chosen in enumerate(objects_at(result, "chosenCandidates")):
        rivals = objects_at(tops[number], "candidates") if number < len(tops) else []
        entries.append({**_token(chosen), "top_logprobs": [_token(rival) for rival in rivals]})
    return entries


def _token(candidate: JsonObject) -> JsonObject:
    token = text_at(candidate, "token") or ""
    return {
        "token": token,
        "logprob": number_at(candidate, "logProbability"),
        "bytes": list(token.encode("utf-8", "surrogatepass")),
    }


def encode_logprobs(items: Json) -> JsonObject | None:
    """Return a `logprobsResult`, or `None` if there is nothing to report."""
    entries = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if not entries:
        return None
    return {
        "chosenCandidates": [_candidate(entry) for entry in entries],
        "topCandidates": [
            {"candidates": [_candidate(rival) for rival in objects_at(entry, "top_logprobs")]}
            for entry in entries
        ],
    }


def _candidate(entry: JsonObject) -> JsonObject:
    return {
        "token": text_at(entry, "token") or "",
        "logProbability": number_at(entry, "logprob") or 0,
    }
