"""Ask how many tokens a prompt has: the protocol of the plug-ins in `counters/`.

A request to count is nearly the chat call that it asks about. So it is prepared as that call, which
sees to model names, quirks and adapters, and only what is said here makes a count of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from plexus.transforms.wire import Json, JsonObject


class Counter(Protocol):
    """Counting in one dialect."""

    @property
    def name(self) -> str:
        """The dialect."""
        ...

    @property
    def total(self) -> str:
        """The field of an answer that holds the number."""
        ...

    def question(self, body: JsonObject) -> JsonObject:
        """Return the chat call that a client's request asks about."""
        ...

    def url(self, chat_url: str) -> str:
        """Return where a provider counts, given where it chats."""
        ...

    def request(self, body: JsonObject | None, chat: JsonObject, chat_url: str) -> JsonObject:
        """Return what to send: `chat` is the call as it would be sent, `body` the client's own.

        `body` is `None` if the client speaks another format.
        """
        ...

    def answer(self, tokens: int) -> JsonObject:
        """Return the answer to a client."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A counter that takes the chat call's body at a path behind the chat call's."""

    name: str
    path: str
    prompt: frozenset[str]  # what makes up a prompt; other fields go only if the client sent them
    total: str = "input_tokens"
    more: Mapping[str, Json] = field(default_factory=dict)  # what else an answer holds

    def question(self, body: JsonObject) -> JsonObject:
        """Return the body: it is the call."""
        return body

    def url(self, chat_url: str) -> str:
        """Return the chat call's URL and the path behind it."""
        return chat_url + self.path

    def request(self, body: JsonObject | None, chat: JsonObject, chat_url: str) -> JsonObject:
        """Return the call without what shapes an answer: providers refuse fields they don't count.

        The same object if there is nothing of the kind in it.
        """
        del chat_url
        return kept(chat, self.prompt if body is None else self.prompt | body.keys())

    def answer(self, tokens: int) -> JsonObject:
        """Return the answer to a client."""
        return {**self.more, self.total: tokens}


def kept(body: JsonObject, names: frozenset[str]) -> JsonObject:
    """Return the fields of `body` that are named; the same object if those are all."""
    if body.keys() <= names:
        return body
    return {name: value for name, value in body.items() if name in names}
