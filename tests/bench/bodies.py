"""The bodies that are sent: a short question, and a long conversation in two formats."""

from __future__ import annotations

import json
from typing import Final

ALIAS: Final = "bench"


def asking(words: str) -> dict[str, object]:
    """A chat request of one turn; an Anthropic client's lacks nothing but its limit."""
    return {"model": ALIAS, "messages": [{"role": "user", "content": words}]}


def printed(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def conversation(size: int) -> dict[str, object]:
    """A chat request of about `size` bytes: many turns, tools, tool calls and their results."""
    tools = [_tool(number) for number in range(20)]
    turns: list[dict[str, object]] = [{"role": "system", "content": "You are helpful. " * 200}]
    body: dict[str, object] = {"model": ALIAS, "messages": turns, "tools": tools}
    length = len(printed(body))
    number = 0
    while length < size:
        added = _turns(number)
        turns += added
        length += len(printed(added))
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


def as_messages(body: dict[str, object]) -> dict[str, object]:
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
