"""What is fuzzed: each dialect's decoders of streams, requests, answers and errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial

from plexus.addons.metering.prompt import prompt_tokens
from plexus.transforms import wire
from plexus.transforms.codec import Dialect, Match, Operation, Receipt, Traits
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    Sealed,
    Segmented,
    Started,
)
from plexus.transforms.registry import discover
from plexus.transforms.transcode import Passthrough
from tests.fuzz.mutate import split

type Target = Callable[[bytes, int], None]  # bytes, seed of the splits; raises on a fault

_MATCHES = (Match(Operation.CHAT, "m"), Match(Operation.COUNT_TOKENS, "m", stream=False))


def targets() -> Mapping[str, Target]:
    """Every decoder, by the name that `--decoder` takes."""
    found: dict[str, Target] = {}
    dialects: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    for name, dialect in dialects.items():
        found[f"{name}-stream"] = partial(_stream, dialect, tuple(dialects.values()))
        found[f"{name}-request"] = partial(_request, dialect, tuple(dialects.values()))
        found[f"{name}-response"] = partial(_response, dialect, tuple(dialects.values()))
        found[f"{name}-error"] = partial(_error, dialect)
    return found


def _stream(dialect: Dialect, clients: tuple[Dialect, ...], data: bytes, seed: int) -> None:
    rand = random.Random(seed)
    decoder = dialect.chat.stream_decoder()
    events = [event for piece in split(data, rand) for event in decoder.feed(piece)]
    events += decoder.close()
    _check(events)
    again = dialect.chat.stream_decoder()
    whole = again.feed(data) + again.close()
    assert [repr(e) for e in events] == [repr(e) for e in whole], "splits change the events"
    encoder = rand.choice(clients).chat.stream_encoder(None, Receipt())
    for event in events:
        encoder.encode(event)
    encoder.close()
    pipe = Passthrough(dialect, "req_1")
    for piece in split(data, rand):
        pipe.feed(piece)
    pipe.close()


def _check(events: list[Event]) -> None:
    opened: set[int] = set()
    begun = 0
    for at, event in enumerate(events):
        match event:
            case Started():
                assert at == 0, "a second start"
            case BlockStarted(index=index):
                assert index == begun, "blocks are not counted in order"
                begun += 1
                opened.add(index)
            case BlockEnded(index=index):
                opened.remove(index)
            case BlockDelta() | Sealed() | Cited() | Segmented():
                assert event.index in opened, "something is told of a closed block"
            case Failed():
                assert at == len(events) - 1, "something follows the failure"
            case _:
                pass
    ended = any(isinstance(event, Finished | Failed) for event in events)
    assert ended or not begun, "the stream neither finished nor failed"  # usage may come alone
    assert not opened or isinstance(events[-1], Failed), "a block was left open"


def _request(dialect: Dialect, others: tuple[Dialect, ...], data: bytes, seed: int) -> None:
    rand = random.Random(seed)
    try:
        request = dialect.chat.decode_request(rand.choice(_MATCHES), wire.parse_object(data))
        traits = Traits(official=rand.random() < 0.5)
        body = rand.choice(others).chat.encode_request(request, traits, Receipt()).body
    except GatewayError:
        return
    assert prompt_tokens(request, dialect.name) >= 0, "less than no tokens"
    wire.dump(body)


def _response(dialect: Dialect, others: tuple[Dialect, ...], data: bytes, seed: int) -> None:
    dialect.sniff(data)
    try:
        response = dialect.chat.decode_response(wire.parse_object(data))
        client = random.Random(seed).choice(others)
        body = client.chat.encode_response(response, None, Receipt())
    except GatewayError:
        return
    wire.dump(body)


def _error(dialect: Dialect, data: bytes, seed: int) -> None:
    error = dialect.decode_error(random.Random(seed).choice((400, 401, 429, 500, 529)), {}, data)
    assert error.message, "an error without a message"
    wire.dump(dialect.encode_error(error, "req_1"))
    dialect.encode_stream_error(error, "req_1")
