"""The four formats from a client's side: what it sends, and what it makes of the reply.

Read without the code under test, so that a reply is judged as a client would.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.calls import Call

type _Json = Any  # what clients find in a reply

HOSTS = {
    "chat": "api.openai.com",
    "responses": "api.openai.com",
    "messages": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
}
_PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a client made of a reply."""

    text: str = ""
    begun: int = 0  # how many answers began, where the format says so
    ended: int = 0  # how many ended as finished answers do
    errors: int = 0
    torn: bool = False  # the last event is not whole
    after_end: int = 0  # pieces of text behind the end

    @property
    def is_one_answer(self) -> bool:
        """Whether this is one finished answer and nothing else."""
        one = self.ended == 1 and self.begun <= 1 and not self.after_end
        return one and not self.errors and not self.torn

    @property
    def is_told_of_failure(self) -> bool:
        """Whether the client knows that its answer is not whole."""
        return self.errors > 0 and self.ended == 0 and not self.torn


def path(call: Call) -> str:
    """Return where to post the call."""
    if call.format != "gemini":
        return _PATHS[call.format]
    method = "streamGenerateContent?alt=sse" if call.stream else "generateContent"
    return f"/v1beta/models/{call.model}:{method}"


def body(call: Call) -> dict[str, object]:
    """Return what to post."""
    if call.format == "gemini":
        return {"contents": [{"role": "user", "parts": [{"text": call.prompt}]}]}
    general: dict[str, object] = {"model": call.model, "stream": call.stream}
    if call.format == "responses":
        return {**general, "input": call.prompt}
    general["messages"] = [{"role": "user", "content": call.prompt}]
    return {**general, "max_tokens": 500} if call.format == "messages" else general


def heard(call: Call, reply: bytes) -> Heard:
    """Read a reply with status 200. Raise `ValueError`, `LookupError` or `TypeError`."""
    if not call.stream:
        return Heard(text=_WHOLE[call.format](json.loads(reply)), ended=1)
    lines = reply.replace(b"\r\n", b"\n")
    found = Heard(torn=bool(lines) and not lines.endswith(b"\n\n"))
    if not found.torn:
        for event in _events(lines):
            _EVENT[call.format](found, event)
    if call.format == "chat" and reply.count(b"data: [DONE]") != 1 and not found.errors:
        found.ended = 0
    return found


def _events(reply: bytes) -> Iterator[_Json]:
    for block in reply.decode().split("\n\n"):
        data = "".join(line[5:] for line in block.splitlines() if line.startswith("data:"))
        if data and data.strip() != "[DONE]":
            yield json.loads(data)


def _say(found: Heard, text: str | None) -> None:
    found.text += text or ""
    found.after_end += bool(text) and found.ended > 0


def _chat_event(found: Heard, event: _Json) -> None:
    found.errors += "error" in event
    for choice in event.get("choices", ()):
        _say(found, choice["delta"].get("content"))
        found.ended += choice.get("finish_reason") is not None


def _messages_event(found: Heard, event: _Json) -> None:
    kind = event["type"]
    found.begun += kind == "message_start"
    found.errors += kind == "error"
    found.ended += kind == "message_stop"
    if kind == "content_block_delta":
        _say(found, event["delta"].get("text"))


def _responses_event(found: Heard, event: _Json) -> None:
    kind = event["type"]
    found.begun += kind == "response.created"
    found.errors += kind in {"error", "response.failed"}
    found.ended += kind in {"response.completed", "response.incomplete"}
    if kind == "response.output_text.delta":
        _say(found, event["delta"])


def _gemini_event(found: Heard, event: _Json) -> None:
    found.errors += "error" in event
    for candidate in event.get("candidates", ()):
        for part in candidate.get("content", {}).get("parts", ()):
            _say(found, part.get("text"))
        found.ended += "finishReason" in candidate


_EVENT: Mapping[str, Callable[[Heard, _Json], None]] = {
    "chat": _chat_event,
    "messages": _messages_event,
    "responses": _responses_event,
    "gemini": _gemini_event,
}


def _gemini_text(reply: _Json) -> str:
    return "".join(part["text"] for part in reply["candidates"][0]["content"]["parts"])


def _responses_text(reply: _Json) -> str:
    messages = [item for item in reply["output"] if item["type"] == "message"]
    return "".join(part["text"] for item in messages for part in item["content"])


_WHOLE: Mapping[str, Callable[[_Json], str]] = {
    "chat": lambda reply: str(reply["choices"][0]["message"]["content"]),
    "messages": lambda reply: "".join(part["text"] for part in reply["content"]),
    "responses": _responses_text,
    "gemini": _gemini_text,
}
