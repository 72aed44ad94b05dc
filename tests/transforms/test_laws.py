"""The laws that hold for all formats and whatever is fed in: 2,000 examples each, or as many as
`PLEXUS_HYPOTHESIS` asks for beyond that.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Dialect, Match, Operation, Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Event, Failed
from plexus.transforms.ir import ChatRequest, ChatResponse, Stop
from plexus.transforms.transcode import Passthrough, Transcoder
from tests.conformance.answers import answer_differences
from tests.conformance.corpus import dialects
from tests.conformance.declared import undeclared
from tests.conformance.formats import FORMATS
from tests.conformance.requests import request_differences
from tests.conformance.requests_check import decoded as read_request
from tests.sane import sane_answers, sane_requests
from tests.strategies import cut_event_streams, json_objects, pieces, responses, splits

# A profile for haste (`quick`) is obeyed, one for thoroughness, too.
_ASKED = settings().max_examples
LAW = settings(max_examples=_ASKED if _ASKED < 100 else max(_ASKED, 2000), deadline=None)
NAMES = st.sampled_from(sorted(dialects()))
CHAT = Match(Operation.CHAT, "m")

pytestmark = pytest.mark.timeout(600)


def decoded(dialect: Dialect, cut: list[bytes]) -> list[Event]:
    """The events of a stream that arrives in pieces."""
    decoder = dialect.chat.stream_decoder()
    events = [event for piece in cut for event in decoder.feed(piece)]
    return events + decoder.close()


def encoded(dialect: Dialect, events: list[Event]) -> bytes:
    """The stream that events make."""
    encoder = dialect.chat.stream_encoder(None, Receipt())
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def told(events: list[Event]) -> list[object]:
    """Events in a form that can be compared: errors by what they say."""
    return [repr(event) if isinstance(event, Failed) else event for event in events]


@LAW
@given(responses)
def test_what_is_replayed_is_collected(response: ChatResponse) -> None:
    assert collect(replay(response)) == response


@LAW
@given(sane_requests(), NAMES)
def test_a_request_comes_back_from_every_format_but_for_what_is_declared(
    request: ChatRequest, name: str
) -> None:
    receipt = Receipt()
    dialect = dialects()[name]
    written = dialect.chat.encode_request(request, FORMATS[name].official, receipt)
    assert FORMATS[name].request_problems(written) == []
    again = read_request(dialect, written)
    assert undeclared(request_differences(request, again), receipt.notes) == []


@LAW
@given(sane_requests(), NAMES, NAMES)
def test_a_request_comes_back_from_every_pair_of_formats_but_for_what_is_declared(
    request: ChatRequest, source: str, target: str
) -> None:
    client, provider = dialects()[source], dialects()[target]
    asked = client.chat.encode_request(request, FORMATS[source].official, Receipt())
    read = read_request(client, asked)
    receipt = Receipt()
    written = provider.chat.encode_request(read, FORMATS[target].official, receipt)
    again = read_request(provider, written)
    assert undeclared(request_differences(read, again), receipt.notes) == []


@LAW
@given(sane_answers(), NAMES)
def test_an_answer_comes_back_from_every_format_but_for_what_is_declared(
    response: ChatResponse, name: str
) -> None:
    receipt = Receipt()
    codec = dialects()[name].chat
    body = wire.parse_object(wire.dump(codec.encode_response(response, None, receipt)))
    FORMATS[name].check_answer(body)
    again = codec.decode_response(body)
    assert undeclared(answer_differences(response, again, name), receipt.notes) == []


@LAW
@given(sane_answers(), NAMES, NAMES)
def test_a_streamed_answer_comes_back_from_every_pair_of_formats(
    response: ChatResponse, source: str, client: str
) -> None:
    assume(response.choices[0].parts)
    receipt = Receipt()
    theirs = encoded(dialects()[source], replay(response))
    told_first = collect(decoded(dialects()[source], [theirs]))
    pipe = Transcoder(dialects()[source], dialects()[client], None, receipt)
    ours = pipe.feed(theirs) + pipe.close()
    FORMATS[client].check_stream(ours)
    again = collect(decoded(dialects()[client], [ours]))
    assert undeclared(answer_differences(told_first, again, client), receipt.notes) == []


@LAW
@given(sane_answers(), NAMES, st.data())
def test_events_do_not_depend_on_how_the_stream_is_cut(
    response: ChatResponse, name: str, data: st.DataObject
) -> None:
    dialect = dialects()[name]
    stream = encoded(dialect, replay(response))
    cut = data.draw(splits(stream))
    assert told(decoded(dialect, cut)) == told(decoded(dialect, [stream]))


@LAW
@given(sane_answers(), NAMES, st.data())
def test_what_is_passed_through_is_not_changed(
    response: ChatResponse, name: str, data: st.DataObject
) -> None:
    stream = encoded(dialects()[name], replay(response))
    pipe = Passthrough(dialects()[name], "req_1")
    out = b"".join([pipe.feed(piece) for piece in data.draw(splits(stream))]) + pipe.close()
    assert out == stream
    assert pipe.failed is None


@LAW
@given(sane_answers(), NAMES)
def test_a_stream_translated_into_its_own_format_says_the_same(
    response: ChatResponse, name: str
) -> None:
    dialect, receipt = dialects()[name], Receipt()
    stream = encoded(dialect, replay(response))
    pipe = Transcoder(dialect, dialect, None, receipt)
    again = pipe.feed(stream) + pipe.close()
    assert collect(decoded(dialect, [again])) == collect(decoded(dialect, [stream]))
    assert receipt.notes == ()


@LAW
@given(cut_event_streams(), NAMES, st.booleans())
def test_a_stream_is_well_formed_wherever_it_is_cut(
    events: list[Event], name: str, fails: bool
) -> None:
    assume(not any(getattr(event, "stop", None) is Stop.MALFORMED for event in events))
    if fails:
        events = [*events, Failed(GatewayError(Kind.OVERLOADED, "too busy"))]
    data = encoded(dialects()[name], events)
    again = decoded(dialects()[name], [data])
    assert fails == (isinstance(again[-1], Failed) and again[-1].error.message == "too busy")


@LAW
@given(st.binary(max_size=200), NAMES, st.randoms(use_true_random=False))
def test_bytes_of_any_kind_raise_nothing_but_our_error(
    data: bytes, name: str, rand: random.Random
) -> None:
    dialect = dialects()[name]
    cuts = sorted(rand.randrange(len(data) + 1) for _ in range(3))
    assert isinstance(decoded(dialect, pieces(data, cuts))[-1], Failed)
    assert dialect.decode_error(500, {}, data).message
    dialect.sniff(data)


@LAW
@given(json_objects(), NAMES)
def test_json_of_any_kind_raises_nothing_but_our_error(body: wire.JsonObject, name: str) -> None:
    codec = dialects()[name].chat
    for read in (lambda: codec.decode_request(CHAT, body), lambda: codec.decode_response(body)):
        try:
            read()
        except GatewayError as error:
            assert error.message  # noqa: PT017 - either outcome is right
