"""All kinds of calls that are measured, in the order in which they are reported.

A new one is one entry: `… proxy-h1` and the like take their yardstick from the call of the same
first word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.bench.bodies import as_messages, asking, conversation, printed
from tests.bench.replies import CHUNKS, abundantly, slowly, small_reply, stream_reply
from tests.bench.scenario import Door, Scenario

LARGE_REQUEST: Final = 200_000  # bytes, about
PACE_US: Final = 2_000  # between two frames of `paced`: what CPU costs when nothing coalesces
TALK_US: Final = 10_000  # between two frames where time is measured: a quick model
HELD: Final = 256  # streams held open together
TORRENT: Final = 32_000_000  # bytes of a stream that nobody reads to its end

_FRAMES: Final = CHUNKS + 5  # of a whole stream: head, role, pieces, finish, usage, both ends
_CHAT: Final = "/v1/chat/completions"
_MESSAGES: Final = "/v1/messages"
# Asking for usage keeps pass-through the identity: nothing is hidden from this client.
_STREAMED: Final = {"stream": True, "stream_options": {"include_usage": True}}
_FOXES: Final = "Tell me about foxes."


def scenarios() -> list[Scenario]:
    """Those whose CPU per call is measured."""
    passed, translated = _passed(), _translated()
    small, stream = passed[0], passed[1]
    doors = [
        replace(call, name=f"{call.name} {door}", door=door, only_gateway=True)
        for door in ("proxy-h1", "proxy-h2")
        for call in (small, stream)
    ]
    setups = [
        replace(call, name=f"{call.name} {setup}", setup=setup, only_gateway=True)
        for setup, calls in (("quota", [small]), ("traced", [small, stream]), ("crowd", [small]))
        for call in calls
    ]
    return [*passed, *translated, *doors, *setups]


def _passed() -> list[Scenario]:
    whole, streamed = small_reply(), b"".join(stream_reply())
    hello, large = asking(_FOXES), conversation(LARGE_REQUEST)
    slow = asking(f"{_FOXES} {slowly(PACE_US)}") | _STREAMED
    return [
        Scenario(name="small", path=_CHAT, body=printed(hello), whole=whole),
        Scenario(name="stream", path=_CHAT, body=printed(hello | _STREAMED), whole=streamed),
        Scenario(name="paced", path=_CHAT, body=printed(slow), whole=streamed, connections=16),
        Scenario(name="large", path=_CHAT, body=printed(large), whole=whole, connections=8),
    ]


def _translated() -> list[Scenario]:
    """The same from an Anthropic client."""
    whole = (b'"type":"message"', b"quick brown fox")
    streamed = (b"message_start", b"word000", b"word099", b"message_stop")
    hello: dict[str, object] = asking(_FOXES) | {"max_tokens": 1000}
    slow = asking(f"{_FOXES} {slowly(PACE_US)}") | {"max_tokens": 1000}
    large = as_messages(conversation(LARGE_REQUEST))
    calls: list[tuple[str, dict[str, object], tuple[bytes, ...], int]] = [
        ("small", hello, whole, 32),
        ("stream", hello | {"stream": True}, streamed, 32),
        ("paced", slow | {"stream": True}, streamed, 16),
        ("large", large, whole, 8),
    ]
    return [
        Scenario(
            name=f"{name} translated",
            path=_MESSAGES,
            body=printed(body),
            signs=signs,
            connections=connections,
            only_gateway=True,
        )
        for name, body, signs, connections in calls
    ]


def one_client() -> Scenario:
    """The small call, one after the other."""
    return replace(_passed()[0], name="one client", connections=1)


def busy() -> Scenario:
    """The small call on so many connections that the kernel spreads them evenly over workers."""
    return replace(_passed()[0], name="busy", connections=128)


def talking(streams: int, us: int = TALK_US) -> Scenario:
    """So many streams at a time, begun one after the other, as people do."""
    body = asking(f"{_FOXES} {slowly(us)}") | _STREAMED
    return Scenario(
        name=f"talking {streams} {us}",
        path=_CHAT,
        body=printed(body),
        whole=b"".join(stream_reply()),
        connections=streams,
        stagger=us * _FRAMES / 1e6 / streams,
    )


def held(seconds: float) -> Scenario:
    """Streams that take so long, all open together; one a connection."""
    spread = min(seconds / 4, 5.0)  # seconds until the last one has begun
    call = talking(HELD, round((seconds - spread) / _FRAMES * 1e6))
    return replace(call, stagger=spread / HELD)


def torrents() -> list[Scenario]:
    """Streams that come as fast as they are read, and are longer than what kernels buffer."""
    size = 4_000
    asked = f"{_FOXES} {abundantly(TORRENT // size, size)}"
    passed = Scenario(
        name="torrent", path=_CHAT, body=printed(asking(asked) | _STREAMED), connections=8
    )
    hello: dict[str, object] = asking(asked) | {"max_tokens": 1000, "stream": True}
    translated = replace(
        passed, name=f"{passed.name} translated", path=_MESSAGES, body=printed(hello)
    )
    doors: tuple[Door, ...] = ("proxy-h1", "proxy-h2")
    return [
        passed,
        translated,
        *(replace(passed, name=f"{passed.name} {door}", door=door) for door in doors),
    ]


def silent() -> Scenario:
    """A stream whose provider says nothing after its head, for longer than anybody waits."""
    body = asking(f"{_FOXES} {slowly(600_000_000)}") | _STREAMED
    return Scenario(name="silent", path=_CHAT, body=printed(body), connections=32)


def as_order(scenario: Scenario) -> str:
    """How the load generator, a process of its own, is told which scenario."""
    return f"{scenario.name}|{scenario.stagger}"


def from_order(order: str) -> Scenario:
    """The scenario of an order. Raise `KeyError` if there is none."""
    name, _, stagger = order.rpartition("|")
    if name.startswith("talking "):
        streams, us = map(int, name.split()[1:])
        return replace(talking(streams, us), stagger=float(stagger))
    others = (one_client(), busy(), silent(), *torrents())
    known = {scenario.name: scenario for scenario in (*scenarios(), *others)}
    return known[name]
