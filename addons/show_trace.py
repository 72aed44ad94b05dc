"""`plexus trace`: what was captured of one call, for people or as JSON."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping

from plexus.addons.assembly import open_store
from plexus.certs.sealer import SealError
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import TraceRecord
from plexus.transforms.wire import (
    Json,
    JsonObject,
    dump_text,
    list_at,
    object_at,
    objects_at,
    parse_object,
    text_at,
)


def show_trace(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print the trace of a call; return the exit status."""
    try:
        found = asyncio.run(_find(read_environment(env), arguments.request_id))
    except (ConfigError, StoreError, SealError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    if found is None:
        print(
            f"plexus: nothing was captured of {arguments.request_id}; calls are captured while "
            "DEBUG=true, failed ones with `debug: {captureOnError: true}`, and kept for 30 days",
            file=sys.stderr,
        )
        return 1
    trace = parse_object(found.content, where="the trace")
    for line in [dump_text(trace)] if arguments.json else _lines(trace):
        print(line)
    return 0


async def _find(environment: Environment, request_id: str) -> TraceRecord | None:
    store = await open_store(environment)
    try:
        return await store.traces.get(request_id)
    finally:
        await store.close()


def _lines(trace: JsonObject) -> Iterator[str]:
    story = object_at(trace, "story") or {}
    yield from (f"{name}: {_word(value)}" for name, value in story.items())
    request = object_at(trace, "request") or {}
    yield from _message(f"client → plexus: {text_at(request, 'line')}", request)
    for number, sent in enumerate(objects_at(trace, "sent"), start=1):
        yield from _message(f"plexus → provider ({number}): POST {text_at(sent, 'url')}", sent)
        reply = object_at(sent, "reply") or {}
        yield from _message(f"provider → plexus ({number}): {reply.get('status')}", reply)
    reply = object_at(trace, "reply") or {}
    yield from _message(f"plexus → client: {reply.get('status')}", reply)


def _message(title: str, message: JsonObject) -> Iterator[str]:
    yield ""
    yield f"── {_shown(title)}"
    for pair in list_at(message, "headers"):
        if isinstance(pair, list):
            yield _shown(": ".join(_word(part) for part in pair))
    body = object_at(message, "body") or {}
    yield ""
    text = text_at(body, "text")
    if text is None:
        text = f"(not text; base64: {text_at(body, 'base64')})"
    yield from map(_shown, text.splitlines())
    if body.get("truncated") is True:
        yield f"(cut off; the body had {body.get('size')} bytes)"


def _word(value: Json) -> str:
    return _shown(value if isinstance(value, str) else dump_text(value))


def _shown(text: str) -> str:
    # Others choose the text, and terminals obey what is written to them.
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in text)
