"""Find the recorded conversations and captured client requests that tests run against.

They live outside the repository: `$PLEXUS_WIRE_DIR` (default `../shared/wire`) and
`$PLEXUS_CLIENT_DIR` (default `../shared/client-requests`). Any set in the same layout will do, so
no test may count on a certain file being there. Without the folder a test is skipped, with the
reason; it never passes for want of data.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from plexus.transforms import wire
from plexus.transforms.wire import Json, JsonObject

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded call; bodies are read when asked for."""

    name: str  # "openai-chat/0056"
    format: str  # "openai-chat", "other-openai-compatible:groq"
    provider: str
    model: str
    stream: bool
    features: frozenset[str]
    status: int  # of the reply; 200 where it was not recorded
    path: Path

    def load(self) -> JsonObject:
        """Read the whole file."""
        return wire.parse_object(self.path.read_bytes(), where=self.name)

    def request_body(self) -> Json:
        """The body the client sent; `None` where only the reply was recorded."""
        return (wire.object_at(self.load(), "request") or {}).get("body")

    def response_body(self) -> Json:
        """The reply's body: parsed JSON, or the text of a stream."""
        return (wire.object_at(self.load(), "response") or {}).get("body")

    def stream_bytes(self) -> bytes:
        """The reply's stream as it came; a JSON-array stream that was kept parsed is printed."""
        body = self.response_body()
        return body.encode() if isinstance(body, str) else wire.dump(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCall:
    """One HTTP request that a real client sent."""

    name: str  # "codex-proxy-tool#2"
    method: str
    host: str
    path: str  # with its query
    headers: tuple[tuple[str, str], ...]
    body: Json


def wire_dir() -> Path | None:
    """The folder of recordings, if it is there."""
    return _folder("PLEXUS_WIRE_DIR", "wire")


def client_dir() -> Path | None:
    """The folder of captured client requests, if it is there."""
    return _folder("PLEXUS_CLIENT_DIR", "client-requests")


def _folder(variable: str, default: str) -> Path | None:
    folder = Path(os.environ.get(variable) or REPOSITORY.parent / "shared" / default)
    return folder if folder.is_dir() else None


@functools.cache
def all_recordings() -> tuple[Recording, ...]:
    """Every recording, by name; empty without the folder."""
    root = wire_dir()
    if root is None:
        return ()
    return tuple(_recording(root, path) for path in sorted(root.rglob("*.json")))


def _recording(root: Path, path: Path) -> Recording:
    data = wire.parse_object(path.read_bytes(), where=str(path))
    status = wire.count_at(wire.object_at(data, "response") or {}, "status")
    return Recording(
        name=path.relative_to(root).with_suffix("").as_posix(),
        format=wire.text_at(data, "format") or path.parent.name,
        provider=wire.text_at(data, "provider") or "",
        model=wire.text_at(data, "model") or "",
        stream=wire.bool_at(data, "stream") is True,
        features=frozenset(wire.texts_at(data, "features")),
        status=200 if status is None else status,
        path=path,
    )


def recordings(
    *formats: str, stream: bool | None = None, ok: bool | None = None
) -> list[Recording]:
    """Return the recordings of the formats (all if none is named).

    A format ending in a colon stands for all that begin so: `other-openai-compatible:`. `stream`
    and `ok` (the reply's status is below 400) narrow the choice.
    """
    return [
        recording
        for recording in all_recordings()
        if (not formats or any(_is_of(recording.format, name) for name in formats))
        and stream in (None, recording.stream)
        and (ok is None or ok == (recording.status < 400))
    ]


def _is_of(actual: str, wanted: str) -> bool:
    return actual.startswith(wanted) if wanted.endswith(":") else actual == wanted


def each_recording(
    *formats: str,
    stream: bool | None = None,
    ok: bool | None = None,
    where: Callable[[Recording], bool] = lambda _: True,
) -> pytest.MarkDecorator:
    """Run a test once per recording, as its argument `recording`."""
    found = [r for r in recordings(*formats, stream=stream, ok=ok) if where(r)]
    wanted = " ".join(formats) or "any format"
    return _parametrize("recording", {r.name: r for r in found}, _why_none("WIRE", wanted))


needs_recordings = pytest.mark.skipif(
    wire_dir() is None, reason="no recordings: set PLEXUS_WIRE_DIR to their folder"
)


@functools.cache
def client_calls() -> tuple[ClientCall, ...]:
    """Every captured HTTP request, by name; empty without the folder."""
    root = client_dir()
    if root is None:
        return ()
    return tuple(call for path in sorted(root.glob("*.json")) for call in _calls_in(path))


def _calls_in(path: Path) -> Iterator[ClientCall]:
    entries = wire.parse(path.read_bytes(), where=str(path))
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if not isinstance(entry, dict) or entry.get("kind") != "request":
            continue
        yield ClientCall(
            name=f"{path.stem}#{number}",
            method=wire.text_at(entry, "method") or "GET",
            host=wire.text_at(entry, "host") or "",
            path=wire.text_at(entry, "path") or "/",
            headers=tuple(
                (str(pair[0]), str(pair[1]))
                for pair in wire.list_at(entry, "headers")
                if isinstance(pair, list) and len(pair) == 2
            ),
            body=entry.get("body"),
        )


def each_client_call(path_part: str = "") -> pytest.MarkDecorator:
    """Run a test once per captured request whose path holds `path_part`, as argument `call`."""
    found = {call.name: call for call in client_calls() if path_part in call.path}
    return _parametrize("call", found, _why_none("CLIENT", path_part or "any path"))


def _why_none(which: str, wanted: str) -> str:
    return f"nothing recorded for {wanted}: set PLEXUS_{which}_DIR to the folder that has it"


def _parametrize(argument: str, found: Mapping[str, object], reason: str) -> pytest.MarkDecorator:
    if not found:
        nothing = pytest.param(None, id="none", marks=pytest.mark.skip(reason=reason))
        return pytest.mark.parametrize(argument, [nothing])
    return pytest.mark.parametrize(argument, found.values(), ids=found.keys())
