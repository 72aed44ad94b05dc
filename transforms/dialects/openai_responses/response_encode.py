"""Write a whole answer for a client: what a stream of it would have ended with."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.assembly import Assembly
from plexus.transforms.dialects.openai_responses.origin import part_of
from plexus.transforms.events import (
    BlockEnded,
    BlockStarted,
    Event,
    Finished,
    LogProbs,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import ChatRequest, ChatResponse, Choice, Text
from plexus.transforms.wire import Json, JsonObject, text_at


def encode_response(
    response: ChatResponse, request: ChatRequest | None, receipt: Receipt
) -> JsonObject:
    """Return the response object; it repeats what `request` asked."""
    assembly = Assembly(request, receipt)
    for event in _events(response):
        assembly.take(event)
    assembly.finish()
    return assembly.response


def _events(response: ChatResponse) -> Iterator[Event]:
    yield Started(id=response.id, model=response.model, created=response.created, ext=response.ext)
    index = 0
    for number, choice in enumerate(response.choices):
        yield from _blocks(choice, number, index)
        index += len(choice.parts)
        yield Finished(
            stop=choice.stop, stop_detail=choice.stop_detail, choice=number, ext=choice.ext
        )
    if response.usage is not None:
        yield UsageSeen(response.usage)


def _blocks(choice: Choice, number: int, first: int) -> Iterator[Event]:
    tokens = iter(choice.logprobs if isinstance(choice.logprobs, list) else [])
    for index, part in enumerate(choice.parts, first):
        yield BlockStarted(index=index, block=part, choice=number)
        if isinstance(part, Text) and "logprobs" not in part_of(part.ext):
            yield LogProbs(_of_text(tokens, len(part.text)), number)
        yield BlockEnded(index=index, block=part)


def _of_text(tokens: Iterator[Json], length: int) -> list[Json]:
    """Take the tokens that make up a text of `length` characters."""
    taken: list[Json] = []
    while length > 0 and (token := next(tokens, None)) is not None:
        taken.append(token)
        length -= len(text_at(token, "token") or "") if isinstance(token, dict) else 0
    return taken
