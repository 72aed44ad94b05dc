"""The codec put together."""

from __future__ import annotations

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.ir import ChatResponse, Choice, Text
from tests.transforms.dialects.gemini.rules import CHAT, chunk, request, sse


def test_a_request_goes_through() -> None:
    body: wire.JsonObject = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
    decoded = CHAT.decode_request(Match(Operation.CHAT, "m", stream=True), body)
    encoded = CHAT.encode_request(decoded, Traits(), Receipt())
    assert encoded.body == body
    assert encoded.path == "/v1beta/models/m:streamGenerateContent?alt=sse"


def test_an_answer_goes_through() -> None:
    body: wire.JsonObject = {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": "hi"}]},
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "modelVersion": "m",
        "responseId": "r",
    }
    assert CHAT.encode_response(CHAT.decode_response(body), request(), Receipt()) == body


def test_a_stream_goes_through() -> None:
    decoder = CHAT.stream_decoder()
    stream = sse(chunk({"text": "a"}), chunk({"text": "b"}, finishReason="STOP"))
    answer = collect([*decoder.feed(stream), *decoder.close()])
    assert [part.text for part in answer.parts if isinstance(part, Text)] == ["ab"]


def test_the_framing_of_the_stream_is_the_one_that_the_request_came_with() -> None:
    events = replay(ChatResponse(id="r", model="m", choices=(Choice(parts=(Text(text="a"),)),)))
    for ext, start in (({}, b"data: "), ({"gemini": {"framing": "array"}}, b"[")):
        encoder = CHAT.stream_encoder(request(ext=ext), Receipt())
        data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
        assert data.startswith(start)
    assert CHAT.stream_encoder(None, Receipt()).close().startswith(b"data: ")
