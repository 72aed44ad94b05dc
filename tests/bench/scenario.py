"""What is sent and what comes back: the calls whose cost is measured, as bytes made beforehand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from tests.fakes.native import chat
from tests.fakes.native.shapes import Tokens

KEY: Final = "sk-bench-key"
ALIAS: Final = "bench"
CHUNKS: Final = 100  # content frames of a streamed answer
SMALL_REPLY: Final = 1_000  # bytes, about
LARGE_REQUEST: Final = 200_000  # bytes, about

PACE: Final = 0.002  # seconds between two frames of a stream that is asked for slowly

# How the provider, which does not parse, tells whether to stream, and how fast.
STREAM_MARKS: Final = (b'"stream":true', b'"stream": true')
SLOW_MARK: Final = b"slowly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of call. A reply is right when it is `whole`, or holds `signs` in this order."""

    name: str
    path: str
    body: bytes
    whole: bytes | None = None
    signs: tuple[bytes, ...] = ()
    connections: int = 32
    only_gateway: bool = False

    def request(self, host: str) -> bytes:
        """The whole HTTP request."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
            f"Accept: */*\r\nUser-Agent: bench\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body

    def accepts(self, payload: bytes) -> bool:
        """Whether a reply's body is the right one."""
        if self.whole is not None:
            return payload == self.whole
        at = 0
        for sign in self.signs:
            at = payload.find(sign, at)
            if at < 0:
                return False
        return True


def small_reply() -> bytes:
    """A chat completion of about `SMALL_REPLY` bytes."""
    words = "The quick brown fox jumps over the lazy dog. "
    shell = len(_print(chat.text("")))
    return _print(chat.text((words * 30)[: SMALL_REPLY - shell]))


def stream_reply() -> list[bytes]:
    """The frames of a chat stream with `CHUNKS` pieces of text."""
    return chat.stream([f"word{n:03} " for n in range(CHUNKS)], tokens=Tokens(output=CHUNKS))


def conversation(size: int) -> dict[str, object]:
    """A chat request of about `size` bytes: many turns, tools, tool calls and their results."""
    tools = [_tool(number) for number in range(20)]
    turns: list[dict[str, object]] = [{"role": "system", "content": "You are helpful. " * 200}]
    body: dict[str, object] = {"model": ALIAS, "messages": turns, "tools": tools}
    printed = len(_print(body))
    number = 0
    while printed < size:
        added = _turns(number)
        turns += added
        printed += len(_print(added))
        number += 1
    turns.append({"role": "user", "content": "And now?"})
    return body


def _tool(number: int) -> dict[str, object]:
    properties = {
        f"argument_{n}": {"type": "string", "description": "What it is good for. " * 5}
        for n in range(5)
    }
    schema = {"type": "object", "properties": properties, "required": ["argument_0"]}
    return {
        "type": "function",
        "function": {
            "name": f"tool_{number}",
            "description": "Does one thing and does it well. " * 6,
            "parameters": schema,
        },
    }


def _turns(number: int) -> list[dict[str, object]]:
    call = {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": f"tool_{number % 20}", "arguments": '{"argument_0":"value"}'},
    }
    return [
        {"role": "user", "content": f"Question {number}: " + "what about this and that? " * 20},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": "line of output\n" * 60},
        {"role": "assistant", "content": "It says the same line over and over. " * 10},
    ]


def _as_messages(body: dict[str, object]) -> dict[str, object]:
    """The large conversation as an Anthropic client would send it."""
    turns = body["messages"]
    tools = body["tools"]
    assert isinstance(turns, list)
    assert isinstance(tools, list)
    return {
        "model": ALIAS,
        "max_tokens": 1000,
        "system": turns[0]["content"],
        "messages": [_as_message(turn) for turn in turns[1:]],
        "tools": [
            {
                "name": tool["function"]["name"],
                "description": tool["function"]["description"],
                "input_schema": tool["function"]["parameters"],
            }
            for tool in tools
        ],
    }


def _as_message(turn: dict[str, object]) -> dict[str, object]:
    match turn:
        case {"role": "tool", "tool_call_id": call, "content": text}:
            result = {"type": "tool_result", "tool_use_id": call, "content": text}
            return {"role": "user", "content": [result]}
        case {"tool_calls": [{"id": call, "function": {"name": name}}]}:
            use = {"type": "tool_use", "id": call, "name": name, "input": {"argument_0": "value"}}
            return {"role": "assistant", "content": [use]}
        case _:
            return turn


def scenarios() -> list[Scenario]:
    """All kinds of calls, in the order in which they are reported."""
    large = conversation(LARGE_REQUEST)
    hello = _asking("Tell me about foxes.")
    slowly = _asking(f"Tell me about foxes, {SLOW_MARK.decode()}.")
    limit = {"max_tokens": 1000}
    words = (b"word000", b"word099")
    chat_path, messages_path = "/v1/chat/completions", "/v1/messages"
    # Asking for usage keeps pass-through the identity: nothing is hidden from this client.
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    return [
        Scenario(name="small", path=chat_path, body=_print(hello), whole=small_reply()),
        Scenario(
            name="stream",
            path=chat_path,
            body=_print(hello | streamed),
            whole=b"".join(stream_reply()),
        ),
        Scenario(
            name="paced",
            path=chat_path,
            body=_print(slowly | streamed),
            whole=b"".join(stream_reply()),
            connections=16,
        ),
        Scenario(
            name="large",
            path=chat_path,
            body=_print(large),
            whole=small_reply(),
            connections=8,
        ),
        Scenario(
            name="small translated",
            path=messages_path,
            body=_print(hello | limit),
            signs=(b'"type":"message"', b"quick brown fox"),
            only_gateway=True,
        ),
        Scenario(
            name="stream translated",
            path=messages_path,
            body=_print(hello | limit | {"stream": True}),
            signs=(b"message_start", *words, b"message_stop"),
            only_gateway=True,
        ),
        Scenario(
            name="paced translated",
            path=messages_path,
            body=_print(slowly | limit | {"stream": True}),
            signs=(b"message_start", *words, b"message_stop"),
            connections=16,
            only_gateway=True,
        ),
        Scenario(
            name="large translated",
            path=messages_path,
            body=_print(_as_messages(large)),
            signs=(b'"type":"message"', b"quick brown fox"),
            connections=8,
            only_gateway=True,
        ),
    ]


def _asking(words: str) -> dict[str, object]:
    return {"model": ALIAS, "messages": [{"role": "user", "content": words}]}


def stream_frames() -> list[bytes]:
    """The streamed reply as HTTP chunks, the last of which ends the body."""
    chunks = [b"%x\r\n%b\r\n" % (len(data), data) for data in stream_reply()]
    return [*chunks, b"0\r\n\r\n"]


def _print(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
