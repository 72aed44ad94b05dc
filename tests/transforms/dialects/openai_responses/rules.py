"""What every stream and answer of this format must be; and short ways to make and read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from openai._types import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError

from plexus.transforms import sse
from plexus.transforms.codec import ChatCodec, Match, Operation, Receipt, Traits
from plexus.transforms.dialects.openai_responses import DIALECT
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
from plexus.transforms.ir import ChatRequest
from plexus.transforms.sse import SseDecoder
from plexus.transforms.wire import JsonObject, object_at, parse_object, text_at

CHAT: ChatCodec = DIALECT.chat
MATCH = Match(Operation.CHAT)


@cache
def event_type() -> TypeAdapter[ResponseStreamEvent]:
    """The SDK's union of stream events."""
    return TypeAdapter(ResponseStreamEvent)


def read_request(body: JsonObject) -> ChatRequest:
    """Decode a request."""
    return CHAT.decode_request(MATCH, body)


def write_request(request: ChatRequest, **traits: bool) -> tuple[JsonObject, list[str]]:
    """Encode a request for a provider, and tell the notes."""
    receipt = Receipt()
    encoded = CHAT.encode_request(request, Traits(**traits), receipt)  # type: ignore[arg-type]  # only flags
    return encoded.body, [str(note) for note in receipt.notes]


def stream_of(*events: JsonObject) -> bytes:
    """Print events as a provider would."""
    return b"".join(sse.frame(event, text_at(event, "type")) for event in events)


def decoded(pieces: Iterable[bytes]) -> list[Event]:
    """The events in a stream that arrives in pieces."""
    decoder = CHAT.stream_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def read_stream(*events: JsonObject) -> list[Event]:
    """The events in a stream of these."""
    return decoded([stream_of(*events)])


def streamed(
    events: Iterable[Event], request: ChatRequest | None = None, receipt: Receipt | None = None
) -> bytes:
    """The stream that a client gets."""
    encoder = CHAT.stream_encoder(request, receipt or Receipt())
    data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
    assert encoder.close() == b""
    return data


def frames(data: bytes) -> list[JsonObject]:
    """The events of a printed stream; each bears the name of its type."""
    decoder = SseDecoder()
    found = []
    for frame in [*decoder.feed(data), *decoder.close()]:
        if frame.data and not frame.data.startswith(b"[DONE]"):
            event = parse_object(frame.data)
            assert frame.event in ("", event.get("type", ""))
            found.append(event)
    return found


def kinds(events: Iterable[JsonObject]) -> list[str]:
    """The types of events, without what they all begin with."""
    return [(text_at(event, "type") or "").removeprefix("response.") for event in events]


def check_balanced(events: Sequence[Event]) -> None:
    """Every block is opened once, in order, grows only while open, and ends unless all failed."""
    begun: set[int] = set()
    open_: set[int] = set()
    for number, event in enumerate(events):
        match event:
            case Started():
                assert number == 0
            case BlockStarted(index=index):
                assert index == len(begun)
                begun.add(index)
                open_.add(index)
            case BlockDelta(index=index) | Sealed(index=index) | Cited(index=index):
                assert index in open_
            case Segmented(index=index):
                assert index in open_
            case BlockEnded(index=index):
                open_.remove(index)
            case Failed():
                assert number == len(events) - 1
                return
            case _:
                pass
    assert not open_
    assert sum(isinstance(event, Finished) for event in events) == 1


def check_stream(data: bytes, *, strict: bool = True) -> JsonObject | None:
    """Check a client's stream: numbers, life cycle, SDK types. Return the last response."""
    events = frames(data)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    if kinds(events) == ["error"]:
        event_type().validate_python(events[0])
        return None
    assert kinds(events)[:2] == ["created", "in_progress"]
    assert kinds(events)[-1] in ("completed", "incomplete", "failed")
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        if strict:
            validate(event)
        state.handle_event(event_type().validate_python(event) if strict else _loose(event))
    response = object_at(events[-1], "response")
    assert response is not None
    check_lifecycle(events, response)
    return response


def _loose(event: JsonObject) -> ResponseStreamEvent:
    return event_type().validate_python(event)


def validate(event: JsonObject) -> None:
    """Check an event against the SDK's types; an error's code may be one that they do not list."""
    try:
        event_type().validate_python(event)
    except ValidationError as error:
        raise AssertionError(f"the SDK refuses {event}") from error


def check_lifecycle(events: Sequence[JsonObject], response: JsonObject) -> None:
    """Items open before and close after their content, and the last event repeats them all."""
    added: dict[int, JsonObject] = {}
    done: dict[int, JsonObject] = {}
    for event in events:
        number = event.get("output_index")
        if not isinstance(number, int):
            continue
        kind = text_at(event, "type")
        if kind == "response.output_item.added":
            assert number not in added
            added[number] = object_at(event, "item") or {}
        elif kind == "response.output_item.done":
            assert number in added
            assert number not in done
            done[number] = object_at(event, "item") or {}
        else:
            assert number in added
            assert number not in done
            assert event["item_id"] == added[number]["id"]
    assert added.keys() == done.keys()
    assert response["output"] == [done[number] for number in sorted(done)]
    assert sorted(done) == list(range(len(done)))


def check_response(body: JsonObject) -> Response:
    """Check a whole answer against the SDK's type, strictly."""
    return Response.model_validate(body)
