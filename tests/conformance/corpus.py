"""What the recordings hold: every request, answer, stream and error of a chat call, as cases.

Files mix formats (Azure's folder has chat and Responses), so the bytes themselves say which dialect
they are; what is no chat call (embeddings, pictures, lists of models) is counted and left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from plexus.transforms import wire
from plexus.transforms.codec import Dialect, Head, Match, Operation
from plexus.transforms.registry import discover
from plexus.transforms.wire import Json, JsonObject
from tests.wire_files import ClientCall, Recording, all_recordings, client_calls

type Kind = Literal["request", "response", "stream", "error"]

_CALLS = (Operation.CHAT, Operation.COUNT_TOKENS)
_STREAM_MARKS = {
    '"response.created"': "responses",
    '"response.completed"': "responses",
    '"message_start"': "messages",
    '"candidates"': "gemini",
    '"promptFeedback"': "gemini",
    '"choices"': "chat",
}
_MODEL_IN_PATH = re.compile(r"/(?:models|deployments)/([^/:]+)[/:]")
_CHAT_ANSWERS = ("chat.completion", "chat.completions", "chat.completion.chunk", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to translate; `match` is of requests only, `data` of streams, `body` of others."""

    name: str  # the file's name
    format: str  # the folder's
    dialect: str
    kind: Kind
    status: int = 200  # of the reply that the request got, too
    match: Match | None = None
    body: Json = None
    data: bytes = b""


@functools.cache
def dialects() -> dict[str, Dialect]:
    """All dialects, by name."""
    return discover("plexus.transforms.dialects", "DIALECT")


def cases() -> Iterator[Case]:
    """Every case of the corpus, recordings first, then what real clients sent."""
    for recording in all_recordings():
        yield from _cases_of(recording)
    for call in client_calls():
        yield from _request_of_client(call)


def _cases_of(recording: Recording) -> Iterator[Case]:
    data = recording.load()
    request = wire.object_at(data, "request") or {}
    body = request.get("body")
    found = _route(request) if isinstance(body, dict) else None
    if found is not None:
        yield Case(
            name=recording.name,
            format=recording.format,
            dialect=found[0],
            kind="request",
            status=recording.status,
            match=found[1],
            body=body,
        )
    yield from _reply(recording, found[0] if found else None)


def _reply(recording: Recording, asked: str | None) -> Iterator[Case]:
    body = recording.response_body()
    dialect = dialect_of_reply(body)
    kind: Kind = "stream" if isinstance(body, str | list) else "response"
    if recording.status >= 400:
        dialect, kind = asked or _dialect_of_format(recording.format), "error"
    if dialect is None:
        return
    yield Case(
        name=recording.name,
        format=recording.format,
        dialect=dialect,
        kind=kind,
        status=recording.status,
        body=None if kind == "stream" else body,
        data=recording.stream_bytes() if kind == "stream" else b"",
    )


def dialect_of_reply(body: Json) -> str | None:
    """Say whose whole answer or stream this is; `None`: it is none to a chat call."""
    if isinstance(body, str):
        found = [(body.find(mark), name) for mark, name in _STREAM_MARKS.items() if mark in body]
        return min(found)[1] if found else None  # the first: an answer may quote another's words
    if isinstance(body, list):
        first = body[0] if body else None
        return dialect_of_reply(first) if isinstance(first, dict) else None
    if not isinstance(body, dict):
        return None
    if isinstance(body.get("choices"), list) and (body.get("object") or "") in _CHAT_ANSWERS:
        return "chat"
    if body.get("type") == "message":
        return "messages"
    if {"candidates", "promptFeedback"} & body.keys():
        return "gemini"
    is_response = body.get("object") == "response" or isinstance(body.get("output"), list)
    return "responses" if is_response and body.get("object") != "response.compaction" else None


def _dialect_of_format(name: str) -> str | None:
    own = {
        "anthropic-messages": "messages",
        "gemini": "gemini",
        "openai-responses": "responses",
        "openai-chat": "chat",
    }
    return "chat" if name.startswith("other-") else own.get(name)


def _route(request: JsonObject) -> tuple[str, Match] | None:
    url = urlsplit(wire.text_at(request, "url") or "")
    return _matched(wire.text_at(request, "method") or "POST", url.path, url.query)


def _matched(method: str, path: str, query: str) -> tuple[str, Match] | None:
    for candidate in (path, _usual(path)):
        for name, dialect in dialects().items():
            match = dialect.match(Head(method, candidate, query, {}))
            if match is not None and match.operation in _CALLS:
                return name, _with_model(match, path)
    return None


def _usual(path: str) -> str:
    """Where a call that some host serves elsewhere stands at its vendor."""
    for tail in ("/responses", "/chat/completions"):
        if path.endswith(tail):
            return "/v1" + tail
    is_vertex = "/anthropic/" in path and path.endswith((":rawPredict", ":streamRawPredict"))
    return "/v1/messages" if is_vertex else path


def _with_model(match: Match, path: str) -> Match:
    found = _MODEL_IN_PATH.search(path)
    return match if match.model or not found else replace(match, model=found[1])


def _request_of_client(call: ClientCall) -> Iterator[Case]:
    path, _, query = call.path.partition("?")
    found = _matched(call.method, path, query)
    if found is None or not isinstance(call.body, dict):
        return
    yield Case(
        name=call.name,
        format="client-requests",
        dialect=found[0],
        kind="request",
        match=found[1],
        body=call.body,
    )
