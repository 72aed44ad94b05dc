"""`plexus convert`: the translator at the command line, with the receipt, for bug reports.

The result goes to stdout, the receipt to stderr, so that a report can hold both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from plexus.transforms.codec import Dialect, Match, Operation, Receipt, Traits
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from plexus.transforms.transcode import Transcoder
from plexus.transforms.wire import bool_at, dump, parse_object, text_at

# As people call them, besides the names that configuration uses.
_SPELLINGS: Final[Mapping[str, str]] = {
    "openai": "chat",
    "anthropic": "messages",
    "google": "gemini",
    "openai-chat": "chat",
    "openai-responses": "responses",
}


def convert(arguments: argparse.Namespace) -> int:
    """Convert a file; return the exit status."""
    try:
        data = _read(arguments.file)
        source, target = _dialect(arguments.source), _dialect(arguments.target)
        receipt = Receipt()
        if arguments.stream:
            result = _stream(data, source, target, receipt)
        elif arguments.response:
            result = _response(data, source, target, receipt)
        else:
            result = _request(data, source, target, receipt, arguments.model)
    except GatewayError as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    _tell(receipt)
    return 0


def _request(
    data: bytes, source: Dialect, target: Dialect, receipt: Receipt, model: str | None
) -> bytes:
    body = parse_object(data, where="the request")
    named = model or text_at(body, "model") or "model"
    match = Match(Operation.CHAT, model=named, stream=bool_at(body, "stream") is True)
    request = source.chat.decode_request(match, body)
    encoded = target.chat.encode_request(request, Traits(), receipt)
    print(f"POST {encoded.path}", file=sys.stderr)
    return dump(encoded.body) + b"\n"


def _response(data: bytes, source: Dialect, target: Dialect, receipt: Receipt) -> bytes:
    response = source.chat.decode_response(parse_object(data, where="the response"))
    return dump(target.chat.encode_response(response, None, receipt)) + b"\n"


def _stream(data: bytes, source: Dialect, target: Dialect, receipt: Receipt) -> bytes:
    pipe = Transcoder(source, target, None, receipt)
    return pipe.feed(data) + pipe.close()


def _dialect(name: str) -> Dialect:
    known: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    found = known.get(_SPELLINGS.get(name.lower(), name.lower()))
    if found is None:
        spellings = ", ".join(sorted({*known, *_SPELLINGS}))
        raise GatewayError(Kind.BAD_REQUEST, f"unknown format {name!r}; known: {spellings}")
    return found


def _read(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise GatewayError(Kind.BAD_REQUEST, f"cannot read {path}: {error.strerror}") from error


def _tell(receipt: Receipt) -> None:
    for note in receipt.notes:
        print(note, file=sys.stderr)
    if not receipt.notes:
        print("nothing lost", file=sys.stderr)
