"""Count as Google does: `:countTokens`, of contents alone or of a `generateContentRequest`."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from plexus.transforms.codec import as_json_object
from plexus.transforms.counter import Counter, kept
from plexus.transforms.wire import Json, JsonObject, rest

_CHAT: Final = ":generateContent"
_CONTENTS: Final = frozenset({"contents"})
_PROMPT: Final = _CONTENTS | {"systemInstruction", "tools"}
_MODEL: Final = frozenset({"model"})
_WRAPPED: Final = ("generateContentRequest", "generate_content_request")


class GeminiCounter:
    """The whole request stands in a field of its own; beside it there may be contents only."""

    name = "gemini"
    total = "totalTokens"

    def question(self, body: JsonObject) -> JsonObject:
        """Return the request inside the body, else the body; the path names the model."""
        inner = _inner(body)
        return body if inner is None else rest(as_json_object(inner), _MODEL)

    def url(self, chat_url: str) -> str:
        """Return the URL with the other method behind the model."""
        return chat_url.removesuffix(_CHAT) + ":countTokens"

    def request(self, body: JsonObject | None, chat: JsonObject, chat_url: str) -> JsonObject:
        """Return the call in the form that the client chose, of a client of another format wrapped.

        A wrapped call repeats the model of the path.
        """
        if body is None:
            chat = kept(chat, _PROMPT)
        elif _inner(body) is None:
            return kept(chat, _CONTENTS | body.keys())
        model = unquote(chat_url.removesuffix(_CHAT)).rpartition("/v1beta/")[2]
        return {_WRAPPED[0]: {**chat, "model": model}}

    def answer(self, tokens: int) -> JsonObject:
        """Return the answer to a client."""
        return {self.total: tokens}


def _inner(body: JsonObject) -> Json:
    return next((body[name] for name in _WRAPPED if name in body), None)


COUNTER: Counter = GeminiCounter()
