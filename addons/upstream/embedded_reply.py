"""Decide what the demo model says: words, JSON, or calls of the client's tools.

It says at every turn that it is a demo and how to get a real model; nobody may mistake it for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from plexus.addons.upstream.embedded_request import Ask
from plexus.addons.upstream.embedded_sample import sample
from plexus.addons.upstream.embedded_tokens import count, split
from plexus.addons.upstream.embedded_tools import Tool
from plexus.transforms.wire import dump_text

_GREETING: Final = "Hello from the Plexus demo model."
_REMEDY: Final = (
    "I am built into the gateway, work without a network and know nothing. For real answers, add "
    "a provider to your configuration (see docs/configuration.md) and ask for one of its models."
)
_PARALLEL: Final = re.compile(r"\b(both|parallel)\b", re.IGNORECASE)
_ECHO: Final = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a tool; `arguments` is its text, token by token."""

    id: str
    name: str
    kind: Literal["function", "custom"]
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said, token by token: either `text` or `calls`."""

    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    finish: Literal["stop", "length", "tool_calls"]

    @property
    def tokens(self) -> int:
        """How many tokens the reply has; a call's name counts."""
        return len(self.text) + sum(_size(call) for call in self.calls)


def compose(ask: Ask, new_id: Callable[[], str]) -> Reply:
    """Return what to answer; `new_id` names the tool calls."""
    if ask.tools:
        return _calling(ask, new_id)
    text = _text(ask)
    for word in ask.stop:
        text = text.partition(word)[0]
    tokens = split(text)
    if ask.limit is not None and len(tokens) > ask.limit:
        return Reply(text=tokens[: ask.limit], finish="length")
    return Reply(text=tokens, finish="stop")


def _calling(ask: Ask, new_id: Callable[[], str]) -> Reply:
    together = ask.parallel and _PARALLEL.search(ask.prompt or "") is not None
    calls = tuple(_call(tool, new_id()) for tool in ask.tools[: 2 if together else 1])
    fitting = calls if ask.limit is None else _fitting(calls, ask.limit)
    return Reply(calls=fitting, finish="tool_calls" if fitting == calls else "length")


def _call(tool: Tool, unique: str) -> Call:
    arguments = "example input"
    if tool.kind == "function":
        value = {} if tool.schema is None else sample(tool.schema)
        arguments = dump_text(value if isinstance(value, dict) else {})
    # 40 characters is what the strictest client takes (wire-formats.md §0.4).
    return Call(
        id=f"call_{unique}"[:40], name=tool.name, kind=tool.kind, arguments=split(arguments)
    )


def _size(call: Call) -> int:
    return count(call.name) + len(call.arguments)


def _fitting(calls: Sequence[Call], limit: int) -> tuple[Call, ...]:
    fitting: list[Call] = []
    left = limit
    for call in calls:
        room = left - count(call.name)
        if room < 0:
            break
        fitting.append(replace(call, arguments=call.arguments[:room]))
        if room < len(call.arguments):
            break
        left = room - len(call.arguments)
    return tuple(fitting)


def _text(ask: Ask) -> str:
    if ask.output == "schema":
        return dump_text(sample(ask.schema))
    words = _about_results(ask) if ask.results else _about_prompt(ask)
    return dump_text({"message": words}) if ask.output == "json" else words


def _about_results(ask: Ask) -> str:
    said = " ".join(f"{name} returned: {_short(text)}." for name, text in ask.results)
    return f"{_GREETING} Your tools have run. {said} {_REMEDY}"


def _about_prompt(ask: Ask) -> str:
    heard = f"You said: “{_short(ask.prompt)}”." if ask.prompt else "I heard no words from you."
    unseen = {0: "", 1: " I cannot look at what you attached."}.get(
        ask.attachments, f" I cannot look at the {ask.attachments} things you attached."
    )
    return f"{_GREETING} {heard}{unseen} {_REMEDY}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _ECHO else f"{line[:_ECHO].rstrip()}…"
