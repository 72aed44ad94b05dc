"""`python -m tests.bench.translate`: what translating costs, in CPU and memory, without a network.

Three figures: a 100-chunk stream translated against passed through, for all pairs, in the codecs
alone (`python -m tests.bench` has the whole call); a request of 200 KB decoded against one
`json.loads` of it; memory held by one open stream, early and late. Two formats force a stream to
keep its text: Gemini's citations count bytes of the whole answer, Responses tells it all again.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

from plexus.transforms import wire
from plexus.transforms.codec import Dialect, Match, Operation, Receipt, Traits
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import ChatRequest, Message, Stop, Text, ToolSpec, Usage
from plexus.transforms.registry import discover
from plexus.transforms.transcode import Passthrough, Pipe, Transcoder

CHUNKS = 100
ROUNDS = 40
SIZE = 200_000  # bytes of the request
OPEN = (1_000, 100_000)  # chunks after which memory is looked at
TARGETS = {"stream": 2.5, "request": 3.0, "memory": 1.5}


def dialects() -> dict[str, Dialect]:
    """All dialects, by name."""
    return discover("plexus.transforms.dialects", "DIALECT")


def events(chunks: int) -> Iterator[Event]:
    """An answer of so many words."""
    yield Started(id="r1", model="m", created=1)
    yield BlockStarted(index=0, block=Text(text=""))
    for number in range(chunks):
        yield BlockDelta(0, "text", f" word{number}")
    yield BlockEnded(index=0)
    yield UsageSeen(Usage(input=10, output=chunks))
    yield Finished(stop=Stop.END)


def frames(dialect: Dialect, chunks: int) -> list[bytes]:
    """The stream as it comes from a provider, chunk by chunk."""
    encoder = dialect.chat.stream_encoder(None, Receipt())
    found = [encoder.encode(event) for event in events(chunks)]
    return [data for data in [*found, encoder.close()] if data]


def best(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU seconds of the fastest round: whatever is slower was disturbed."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return min(times)


def run(pipe: Pipe, data: list[bytes]) -> None:
    """Send a stream through a pipe."""
    for piece in data:
        pipe.feed(piece)
    pipe.close()


def stream_cost(source: Dialect, client: Dialect) -> tuple[float, float]:
    """CPU seconds of translating a stream, and of passing it through."""
    data = frames(source, CHUNKS)
    through = best(lambda: run(Passthrough(source, "r"), data))
    across = best(lambda: run(Transcoder(source, client, None, Receipt()), data))
    return across, through


def big_request(dialect: Dialect) -> bytes:
    """A request of some 200 KB: a long conversation and tools with schemas."""
    schema: wire.JsonObject = {
        "type": "object",
        "properties": {
            f"field_{n}": {"type": "string", "description": "x" * 40} for n in range(20)
        },
    }
    tools = tuple(ToolSpec(name=f"tool_{n}", schema=schema) for n in range(40))
    words = Text(text="Some words of a long conversation. " * 20)
    turns = tuple(
        Message(role="assistant" if n % 2 else "user", parts=(words,)) for n in range(181)
    )
    request = ChatRequest(model="m", messages=turns, tools=tools, max_output=1000)
    return wire.dump(dialect.chat.encode_request(request, Traits(), Receipt()).body)


def request_cost(dialect: Dialect) -> tuple[float, float, int]:
    """CPU seconds of decoding a request, of one `json.loads`, and its size."""
    data = big_request(dialect)
    match = Match(Operation.CHAT, "m")
    ours = best(lambda: dialect.chat.decode_request(match, wire.parse_object(data)))
    return ours, best(lambda: json.loads(data)), len(data)


def open_stream(source: Dialect, client: Dialect) -> list[int]:
    """Bytes held by one open translation after so many chunks."""
    data = frames(source, 2)
    at = next(n for n, frame in enumerate(data) if b" word1" in frame)
    pipe = Transcoder(source, client, None, Receipt())
    tracemalloc.start()
    for frame in data[:at]:
        pipe.feed(frame)
    body = data[at]
    held, done = [], 0
    for mark in OPEN:
        for _ in range(mark - done):
            pipe.feed(body)
        done = mark
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return held


def report() -> Iterator[tuple[str, float, float]]:
    """Every figure: its name, its value and the most that it may be."""
    found = dialects()
    for source in found.values():
        for client in found.values():
            if source.name != client.name:
                across, through = stream_cost(source, client)
                name = (
                    f"{source.name} to {client.name}, {across * 1e6:.0f} us to {through * 1e6:.0f}"
                )
                yield name, across / through, TARGETS["stream"]
    for dialect in found.values():
        ours, theirs, size = request_cost(dialect)
        yield f"{dialect.name} request of {size:,} bytes", ours / theirs, TARGETS["request"]
    for source, client in itertools.permutations(found.values(), 2):
        early, late = open_stream(source, client)
        name = f"{source.name} to {client.name}, {early:,} bytes held, then {late:,}"
        kept = "gemini" in (source.name, client.name) or "responses" in (source.name, client.name)
        yield name, late / max(early, 1), float("inf") if kept else TARGETS["memory"]


def main() -> int:
    """Print the figures; exit status 1 if one is above its target."""
    missed = 0
    for name, value, most in report():
        missed += value > most
        print(f"{name:60} {value:6.2f}  (at most {most}){'  MISSED' if value > most else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
