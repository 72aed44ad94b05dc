"""A passed-through stream stays what it was, and every stream ends well."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms import sse
from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    Event,
    Failed,
    Finished,
    UsageSeen,
)
from plexus.transforms.ir import ChatRequest, Stop, Usage
from plexus.transforms.registry import discover
from plexus.transforms.sse import Frame, SseDecoder
from plexus.transforms.transcode import Identity, Passthrough, Transcoder, is_usage_frame
from plexus.transforms.wire import count_at, dump, object_at, parse_object, text_at, try_parse
from tests.fakes.replies import NATIVE
from tests.strategies import bytewise, splits
from tests.wire_files import Recording, each_recording

TEXT = b'data: {"choices":[{"t":"Gr\xc3\xbc\xc3\x9fe"}],"usage":null}\n\n'
FINISH = b'data: {"choices":[{"t":""}],"finish":"end","usage":null}\n\n'
USAGE = b'data: {"choices": [], "usage": {"in":7,"out":2}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = b": hello\n\n" + TEXT + TEXT + FINISH + USAGE + DONE
BROKEN = b'data: {"error":"busy"}\n\n'


class ToyDecoder:
    """Reads the toy dialect; a JSON array is fine, too."""

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._array = b""
        self._finished = False

    def feed(self, data: bytes) -> list[Event]:
        if data.startswith(b"[") or self._array:
            self._array += data
            return []
        return self._events([frame.data for frame in self._frames.feed(data)])

    def close(self) -> list[Event]:
        if self._array:
            items = try_parse(self._array)
            return self._events([dump(item) for item in items] if isinstance(items, list) else [])
        events = self._events([frame.data for frame in self._frames.close()])
        if not self._finished:
            events.append(Failed(GatewayError(Kind.UPSTREAM_DOWN, "cut")))
        return events

    def _events(self, payloads: list[bytes]) -> list[Event]:
        events = [event for payload in payloads for event in Toy().sniff(payload)]
        self._finished = self._finished or any(isinstance(e, Finished | Failed) for e in events)
        return events


class ToyEncoder:
    """Writes events by name; a failure or the end comes last."""

    def __init__(self) -> None:
        self._ended = False

    def encode(self, event: Event) -> bytes:
        if self._ended:
            return b""
        self._ended = isinstance(event, Failed)
        return sse.frame(type(event).__name__)

    def close(self) -> bytes:
        ended, self._ended = self._ended, True
        return b"" if ended else sse.frame("End")


class ToyCodec:
    """Streams only."""

    def stream_decoder(self) -> ToyDecoder:
        return ToyDecoder()

    def stream_encoder(self, request: ChatRequest | None, receipt: Receipt) -> ToyEncoder:
        return ToyEncoder()


class Toy:
    """As much of a dialect as a pipe uses."""

    name = "toy"
    chat = ToyCodec()
    markers = (b'"finish"', b'"usage"', b'"error"')

    def sniff(self, data: bytes) -> list[Event]:
        body = try_parse(data)
        events: list[Event] = []
        if not isinstance(body, dict):
            return events
        if usage := object_at(body, "usage"):
            events.append(
                UsageSeen(Usage(input=count_at(usage, "in"), output=count_at(usage, "out")))
            )
        if finish := text_at(body, "finish"):
            events.append(Finished(stop=Stop(finish)))
        if error := text_at(body, "error"):
            events.append(Failed(GatewayError(Kind.OVERLOADED, error)))
        return events

    def encode_stream_error(self, error: GatewayError, request_id: str) -> bytes:
        return sse.frame({"error": error.message, "id": request_id})


def toy() -> Dialect:
    return cast(Dialect, Toy())  # the rest of a dialect is no business of a pipe


def passthrough(*, hide_usage: bool = False) -> Passthrough:
    return Passthrough(toy(), "req-1", hide_usage=hide_usage)


def run(pipe: Passthrough | Transcoder, chunks: list[bytes]) -> bytes:
    return b"".join([pipe.feed(chunk) for chunk in chunks]) + pipe.close()


def with_newlines(stream: bytes, newline: bytes) -> bytes:
    return stream.replace(b"\n", newline)


NEWLINES = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.data(), NEWLINES)
def test_a_finished_stream_passes_untouched_at_any_split(
    data: st.DataObject, newline: bytes
) -> None:
    stream = with_newlines(STREAM, newline)
    pipe = passthrough()
    assert run(pipe, data.draw(splits(stream))) == stream
    assert (pipe.usage, pipe.stop, pipe.failed) == (Usage(input=7, output=2), Stop.END, None)


def test_single_bytes_pass_untouched() -> None:
    assert run(passthrough(), bytewise(STREAM)) == STREAM


@given(st.data(), NEWLINES)
def test_hiding_usage_takes_out_exactly_its_frame_at_any_split(
    data: st.DataObject, newline: bytes
) -> None:
    pipe = passthrough(hide_usage=True)
    shown = run(pipe, data.draw(splits(with_newlines(STREAM, newline))))
    assert shown == with_newlines(STREAM.replace(USAGE, b""), newline)
    assert pipe.usage == Usage(input=7, output=2)


PRICE = b': cost {"request_cost_usd": 0.25}\n\n'


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("hide_usage", [True, False])
def test_what_is_told_is_seen_once_and_hidden_whole_at_every_split(
    newline: bytes, hide_usage: bool
) -> None:
    stream = with_newlines(TEXT + USAGE + TEXT + PRICE + FINISH + USAGE + TEXT + DONE, newline)
    kept = stream.replace(with_newlines(USAGE, newline), b"") if hide_usage else stream
    for cut in range(len(stream)):
        pipe = passthrough(hide_usage=hide_usage)
        assert run(pipe, [stream[:cut], stream[cut:]]) == kept
        assert pipe.usage == Usage(input=7, output=2, cost=0.25)
        assert (pipe.stop, pipe.failed) == (Stop.END, None)


def test_a_marker_of_nothing_is_not_looked_into_but_one_of_something_is() -> None:
    class Counting(Toy):
        def sniff(self, data: bytes) -> list[Event]:
            looked.append(data)
            return super().sniff(data)

    looked: list[bytes] = []
    pipe = Passthrough(cast(Dialect, Counting()), "req-1")
    spaced = b'data: {"choices":[{}],"usage" : null,"finish": null}\n\n'
    assert run(pipe, [(TEXT + spaced) * 3 + FINISH, TEXT, DONE]).endswith(TEXT + DONE)
    assert looked == [FINISH[6:-2]]
    assert pipe.stop is Stop.END


def test_words_about_costs_are_no_price() -> None:
    told = b'data: {"choices":[{"t":": cost {\\"request_cost_usd\\": 9}"}]}\n\n'
    pipe = passthrough()
    assert run(pipe, [told + FINISH + DONE]) == told + FINISH + DONE
    assert pipe.usage is None


def test_a_hidden_frame_may_be_the_last_and_lack_its_empty_line() -> None:
    pipe = passthrough(hide_usage=True)
    assert run(pipe, [TEXT + FINISH + USAGE.strip()]) == TEXT + FINISH
    assert pipe.usage == Usage(input=7, output=2)


def test_a_frame_with_usage_and_a_choice_is_not_hidden() -> None:
    both = b'data: {"choices":[{"t":"x"}],"finish":"end","usage":{"in":1,"out":1}}\n\n'
    assert run(passthrough(hide_usage=True), [both + DONE]) == both + DONE


@pytest.mark.parametrize(
    ("frame", "hidden"),
    [
        (b'{"choices":[],"usage":{"prompt_tokens":1}}', True),
        (b'{"id":"x","usage" : { },\n "choices" : [ ] }', True),
        (b'{"choices":[],"usage":null}', False),
        (b'{"choices":[],"prompt_filter_results":[]}', False),
        (b'{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}', False),
        (b'{"choices":[{"x":{"choices":[]}}],"usage":{}}', False),
        (b'{"usage":{}}', False),
        (b'{"choices":[],"usage":{', False),
        (b"[DONE]", False),
        (b"", False),
    ],
)
def test_only_usage_without_a_choice_is_a_usage_frame(frame: bytes, hidden: bool) -> None:
    assert is_usage_frame(frame) == hidden


def test_a_stream_that_says_done_but_not_why_is_complete() -> None:
    for done in (DONE, DONE.strip()):
        pipe = passthrough()
        assert run(pipe, [TEXT, done]) == TEXT + done
        assert (pipe.stop, pipe.failed) == (None, None)


@given(st.data())
def test_a_stream_cut_anywhere_ends_with_whole_frames_and_an_error(data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, STREAM.index(FINISH) + len(FINISH) - 4))
    pipe = passthrough()
    shown = run(pipe, data.draw(splits(STREAM[:cut])))
    frames, error = shown[: -len(ending(pipe))], shown[-len(ending(pipe)) :]
    assert error == ending(pipe)
    assert STREAM.startswith(frames)
    assert frames == b"" or frames.endswith(b"\n\n")
    assert pipe.failed is not None
    assert pipe.failed.kind is Kind.UPSTREAM_DOWN


def ending(pipe: Passthrough) -> bytes:
    assert pipe.failed is not None
    return Toy().encode_stream_error(pipe.failed, "req-1")


def test_an_error_within_the_stream_passes_and_is_noted() -> None:
    pipe = passthrough()
    assert run(pipe, [TEXT + BROKEN]) == TEXT + BROKEN
    assert pipe.failed is not None
    assert (pipe.failed.kind, pipe.failed.message) == (Kind.OVERLOADED, "busy")


def test_an_abort_never_glues_its_error_to_half_a_frame() -> None:
    pipe = passthrough()
    error = GatewayError(Kind.UPSTREAM_TIMEOUT, "too slow")
    assert pipe.feed(TEXT + TEXT[:20]) + pipe.abort(error) == TEXT + ending(pipe)
    assert pipe.failed is error


def test_nothing_follows_the_end() -> None:
    error = GatewayError(Kind.UPSTREAM_TIMEOUT, "too slow")
    aborted, closed, broken = passthrough(), passthrough(), passthrough()
    aborted.abort(error)
    run(closed, [STREAM])
    broken.feed(BROKEN)
    assert aborted.feed(TEXT) + aborted.close() + aborted.abort(error) == b""
    assert closed.feed(TEXT) + closed.close() + closed.abort(error) == b""
    assert closed.failed is None
    assert broken.abort(error) == b""


def test_blank_lines_before_the_stream_pass() -> None:
    assert run(passthrough(), [b"", b"\n", b" \r\n", STREAM]) == b"\n \r\n" + STREAM


def test_a_json_array_passes_as_it_comes_and_is_watched() -> None:
    array = b'[{"t":"x"},\r\n{"finish":"end","usage":{"in":1,"out":2}}]'
    pipe = passthrough()
    assert [pipe.feed(array[:5]), pipe.feed(array[5:]), pipe.close()] == [array[:5], array[5:], b""]
    assert (pipe.usage, pipe.stop, pipe.failed) == (Usage(input=1, output=2), Stop.END, None)


def test_nothing_is_added_to_a_json_array_that_breaks() -> None:
    cut, aborted = passthrough(), passthrough()
    assert run(cut, [b'[{"t":"x"},']) == b'[{"t":"x"},'
    assert cut.failed is not None
    aborted.feed(b'[{"t":"x"},')
    assert aborted.abort(GatewayError(Kind.UPSTREAM_TIMEOUT, "slow")) == b""


def transcoder() -> Transcoder:
    return Transcoder(toy(), toy(), None, Receipt())


def test_a_translated_stream_is_decoded_and_encoded() -> None:
    pipe = transcoder()
    assert run(pipe, [STREAM]) == b"".join(map(sse.frame, ["Finished", "UsageSeen", "End"]))
    assert (pipe.usage, pipe.stop, pipe.failed) == (Usage(input=7, output=2), Stop.END, None)


def test_a_translated_stream_that_fails_ends_there() -> None:
    pipe = transcoder()
    assert run(pipe, [FINISH + BROKEN + USAGE]) == sse.frame("Finished") + sse.frame("Failed")
    assert pipe.failed is not None
    assert pipe.failed.message == "busy"


def test_a_translated_stream_that_is_cut_ends_with_the_failure() -> None:
    pipe = transcoder()
    assert run(pipe, [TEXT]) == sse.frame("Failed")
    assert pipe.failed is not None


def test_an_aborted_translation_shows_the_error_once() -> None:
    pipe = transcoder()
    error = GatewayError(Kind.UPSTREAM_TIMEOUT, "too slow")
    assert pipe.abort(error) == sse.frame("Failed")
    assert pipe.failed is error
    assert pipe.feed(FINISH) + pipe.abort(error) + pipe.close() == b""


def dialect_of(recording: Recording) -> Dialect:
    """The dialect of a recorded stream; compatible providers speak one of OpenAI's two."""
    found: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    names = {"openai-responses": "responses", "anthropic-messages": "messages", "gemini": "gemini"}
    is_chat = b'"choices"' in recording.stream_bytes()
    return found[names.get(recording.format, "chat" if is_chat else "responses")]


def is_one_answer(recording: Recording) -> bool:
    """Some recordings hold several streams, one after the other."""
    data = recording.stream_bytes()
    return max(data.count(b"event: message_start"), data.count(b"event: response.created")) <= 1


CHAT_FORMATS = (
    "openai-chat", "openai-responses", "anthropic-messages", "gemini", "other-openai-compatible:",
)  # fmt: skip


@each_recording(*CHAT_FORMATS, stream=True, ok=True, where=is_one_answer)
def test_a_recorded_stream_passes_untouched_and_is_understood(recording: Recording) -> None:
    dialect, data = dialect_of(recording), recording.stream_bytes()
    decoder = dialect.chat.stream_decoder()
    events = decoder.feed(data) + decoder.close()
    pipe = Passthrough(dialect, "req-1")
    shown = run(pipe, [data[i : i + 1000] for i in range(0, len(data), 1000)])
    assert (pipe.failed is None) == (not any(isinstance(event, Failed) for event in events))
    assert shown == data or pipe.failed is not None
    assert tokens(pipe.usage) == tokens(usage_in(events))


@each_recording("openai-chat", "other-openai-compatible:", stream=True, ok=True)
def test_hiding_usage_leaves_every_other_recorded_frame(recording: Recording) -> None:
    dialect, data = dialect_of(recording), recording.stream_bytes()
    shown = run(Passthrough(dialect, "req-1", hide_usage=True), [data])
    open_shown = run(Passthrough(dialect, "req-1"), [data])
    kept = [frame for frame in frames_of(open_shown) if not is_usage_frame(frame.data)]
    assert frames_of(shown) == kept


def frames_of(stream: bytes) -> list[Frame]:
    """The frames of a whole stream."""
    decoder = SseDecoder()
    return decoder.feed(stream) + decoder.close()


def usage_in(events: list[Event]) -> Usage | None:
    """What a decoder reported in all."""
    total: Usage | None = None
    for event in events:
        if isinstance(event, UsageSeen):
            total = total.merged(event.usage) if total else event.usage
    return total


def tokens(usage: Usage | None) -> Usage | None:
    """Usage without what only one dialect has."""
    return None if usage is None else replace(usage, ext={})


def test_an_answer_that_its_provider_did_not_date_is_dated_once() -> None:
    known: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    dated = Identity(created=1_700_000_123)
    pipe = Transcoder(known["messages"], known["chat"], None, Receipt(), identity=dated)
    frames = NATIVE["messages"].stream(["Hel", "lo"])
    out = b"".join(pipe.feed(frame) for frame in frames) + pipe.close()
    dates = {chunk.partition(b",")[0] for chunk in out.split(b'"created":')[1:]}
    assert dates == {b"1700000123"}


def test_an_answer_gets_the_id_that_it_is_given_and_keeps_its_providers_date() -> None:
    known: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    ours = Identity(created=7, id="resp_ours")
    pipe = Transcoder(known["chat"], known["responses"], None, Receipt(), identity=ours)
    frames = NATIVE["chat"].stream(["Hel", "lo"])
    out = b"".join(pipe.feed(frame) for frame in frames) + pipe.close()
    told = [object_at(parse_object(frame.data), "response") for frame in SseDecoder().feed(out)]
    responses = [response for response in told if response is not None]
    assert {text_at(response, "id") for response in responses} == {"resp_ours"}
    assert 7 not in {count_at(response, "created_at") for response in responses}
