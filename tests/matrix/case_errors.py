"""What clients must be told when a provider fails: their own SDK's exceptions."""

from __future__ import annotations

from collections.abc import Mapping

import anthropic
import openai
from google.genai import errors

from tests.fakes.script import json_reply, stream
from tests.matrix.stage import Pair
from tests.matrix.talk import StreamFailed, Topic

type Exceptions = Mapping[int, tuple[type[Exception], int]]

# What the client gets for the provider's status, and with which status. A refusal of *our* key is
# no failure of the client's (wire-formats.md §9); overload has a status of its own at Anthropic.
_OPENAI: Exceptions = {
    400: (openai.BadRequestError, 400),
    401: (openai.InternalServerError, 502),
    404: (openai.NotFoundError, 404),
    429: (openai.RateLimitError, 429),
    503: (openai.InternalServerError, 503),
}
EXPECTED: Mapping[str, Exceptions] = {
    "chat": _OPENAI,
    "responses": _OPENAI,
    "messages": {
        400: (anthropic.BadRequestError, 400),
        401: (anthropic.InternalServerError, 502),
        404: (anthropic.NotFoundError, 404),
        429: (anthropic.RateLimitError, 429),
        503: (anthropic.APIStatusError, 529),
    },
    "gemini": {
        400: (errors.ClientError, 400),
        401: (errors.ServerError, 502),
        404: (errors.ClientError, 404),
        429: (errors.ClientError, 429),
        503: (errors.ServerError, 503),
    },
}
IN_STREAM: Mapping[str, tuple[type[Exception], ...]] = {
    "chat": (openai.APIError,),
    "responses": (openai.APIError, StreamFailed),
    "messages": (anthropic.APIStatusError,),
    "gemini": (errors.APIError,),
}


async def refused_calls(pair: Pair) -> None:
    """Each status, for a whole answer and for a stream."""
    for status, (kind, shown) in EXPECTED[pair.client.name].items():
        for streamed in (False, True):
            body = pair.native.error(status, f"scripted {status}")
            pair.provider.script(json_reply(body, status=status, headers={"retry-after": "7"}))
            error = await failure(pair, streamed=streamed)
            assert isinstance(error, kind), f"{status}: {error!r}"
            assert status_of(error) == shown
            assert f"scripted {status}" in str(error)
            assert "sk-upstream" not in str(error)


async def stream_error(pair: Pair) -> None:
    """An error behind the first words."""
    frames = pair.native.stream(["Hel", "lo"])
    words = next(number for number, frame in enumerate(frames) if b"Hel" in frame)
    pair.provider.script(
        stream([*frames[: words + 1], pair.native.stream_error("scripted failure")])
    )
    error = await failure(pair, streamed=True)
    assert isinstance(error, IN_STREAM[pair.client.name]), repr(error)
    assert "scripted failure" in str(error)


async def stream_cut(pair: Pair) -> None:
    """A provider that hangs up behind the first words: no client may take them for an answer."""
    frames = pair.native.stream(["Hel", "lo"])
    words = next(number for number, frame in enumerate(frames) if b"Hel" in frame)
    pair.provider.script(stream(frames[: words + 1], ending="cut"))
    error = await failure(pair, streamed=True)
    assert isinstance(error, IN_STREAM[pair.client.name]), repr(error)


async def failure(pair: Pair, *, streamed: bool) -> Exception:
    """Return what the client's SDK raises for a question."""
    try:
        await pair.client.talk(Topic(model=pair.alias, stream=streamed)).ask("Hi")
    except (openai.APIError, anthropic.APIError, errors.APIError, StreamFailed) as error:
        return error
    raise AssertionError("the client took the failure for an answer")


def status_of(error: Exception) -> int | None:
    """Return the HTTP status that an SDK's exception tells."""
    status = getattr(error, "status_code", None)
    return status if status is not None else getattr(error, "code", None)
