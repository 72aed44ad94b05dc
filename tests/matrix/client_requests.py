"""What real clients sent, ready to be sent once more: to the gateway, for another provider.

`tests/wire_files.py` says where the captured requests live. Codex speaks over a WebSocket where it
can; its messages are replayed as its HTTP fallback would send them: with the whole input so far.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from plexus.transforms import wire
from plexus.transforms.wire import Json, JsonObject
from tests.wire_files import client_calls, client_dir

_DIALECTS = (
    (re.compile(r"/chat/completions$"), "chat"),
    (re.compile(r"/responses$"), "responses"),
    (re.compile(r"/messages$"), "messages"),
    (re.compile(r":(generateContent|streamGenerateContent)$"), "gemini"),
)
_GEMINI_MODEL = re.compile(r"/models/[^/:]+:")

# Set anew by whoever sends the request, or no business of a gateway's.
_NOT_SENT = frozenset(
    {"authorization", "x-api-key", "x-goog-api-key", "host", "content-length", "connection",
     "accept-encoding", "transfer-encoding", "content-encoding", "proxy-connection"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A request of a real client."""

    name: str  # "codex-http-fallback-tool#1"
    dialect: str
    path: str  # with its query
    headers: tuple[tuple[str, str], ...]
    body: JsonObject

    @property
    def client(self) -> str:
        """Whose it is: "claude-code", "py-openai"."""
        words = self.name.split("-")
        return "-".join(words[:2]) if words[0] in ("claude", "gemini", "py", "node") else words[0]

    @property
    def stream(self) -> bool:
        """Whether it asks for a stream."""
        if self.dialect == "gemini":
            return ":streamGenerateContent" in self.path
        return self.body.get("stream") is True

    def to(self, alias: str) -> Replay:
        """Return the same request for another model."""
        if self.dialect == "gemini":
            path = _GEMINI_MODEL.sub(lambda _: f"/models/{quote(alias)}:", self.path)
            return replace(self, path=path)
        return replace(self, body={**self.body, "model": alias})

    def tools(self) -> set[tuple[str, str | None, str]]:
        """The client's own tools: kind, namespace, name."""
        return set(_TOOLS[self.dialect](self.body))


@functools.cache
def replays() -> tuple[Replay, ...]:
    """Every captured chat request, by name; empty without the folder."""
    posts = [
        Replay(
            name=call.name,
            dialect=dialect,
            path=call.path,
            headers=tuple((k, v.strip()) for k, v in call.headers if _may_be_sent(k)),
            body=call.body,
        )
        for call in client_calls()
        if call.method == "POST"
        and isinstance(call.body, dict)
        and (dialect := _dialect(call.path)) is not None
    ]
    folder = client_dir()
    files = sorted(folder.glob("codex*.json")) if folder is not None else []
    return (*posts, *(replay for path in files for replay in _socket(path)))


def _may_be_sent(name: str) -> bool:
    return name.lower() not in _NOT_SENT and not name.startswith(":")


def _dialect(path: str) -> str | None:
    bare = path.partition("?")[0]
    return next((name for pattern, name in _DIALECTS if pattern.search(bare)), None)


def _socket(path: Path) -> Iterator[Replay]:
    entries = wire.parse(path.read_bytes(), where=str(path))
    said: list[Json] = []
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        body = wire.object_at(entry, "body") if isinstance(entry, dict) else None
        if body is None or not isinstance(entry, dict) or entry.get("kind") != "ws-message":
            continue
        said = [*said, *wire.list_at(body, "input")]
        kept = wire.rest(body, frozenset({"type", "previous_response_id", "generate"}))
        if said:
            yield Replay(
                name=f"{path.stem}#{number}",
                dialect="responses",
                path="/v1/responses",
                headers=(),
                body={**kept, "input": said},
            )


def _chat_tools(body: JsonObject) -> Iterator[tuple[str, str | None, str]]:
    for tool in wire.objects_at(body, "tools"):
        kind = wire.text_at(tool, "type") or "function"
        yield kind, None, wire.text_at(wire.object_at(tool, kind) or {}, "name") or ""


def _responses_tools(body: JsonObject) -> Iterator[tuple[str, str | None, str]]:
    yield from _flat(wire.objects_at(body, "tools"), None)
    for item in wire.objects_at(body, "input"):
        if item.get("type") == "additional_tools":
            yield from _flat(wire.objects_at(item, "tools"), None)


def _flat(tools: list[JsonObject], namespace: str | None) -> Iterator[tuple[str, str | None, str]]:
    for tool in tools:
        kind, name = wire.text_at(tool, "type") or "", wire.text_at(tool, "name") or ""
        if kind == "namespace":
            yield from _flat(wire.objects_at(tool, "tools"), name)
        elif kind in ("function", "custom"):
            yield kind, namespace, name


def _messages_tools(body: JsonObject) -> Iterator[tuple[str, str | None, str]]:
    for tool in wire.objects_at(body, "tools"):
        if wire.text_at(tool, "type") in (None, "custom"):
            yield "function", None, wire.text_at(tool, "name") or ""


def _gemini_tools(body: JsonObject) -> Iterator[tuple[str, str | None, str]]:
    for tool in wire.objects_at(body, "tools"):
        for key in ("functionDeclarations", "function_declarations"):
            for function in wire.objects_at(tool, key):
                yield "function", None, wire.text_at(function, "name") or ""


_TOOLS = {
    "chat": _chat_tools,
    "responses": _responses_tools,
    "messages": _messages_tools,
    "gemini": _gemini_tools,
}
