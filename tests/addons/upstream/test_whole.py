"""Whole replies: passed, translated, or made of and into streams."""

import pytest

from plexus.addons.exchange import Exchange
from plexus.addons.upstream.outgoing import Outgoing, prepare
from plexus.addons.upstream.whole import stream_of_whole, whole_of_stream, whole_reply
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Stop
from plexus.transforms.wire import JsonObject, dump, parse, parse_object
from tests.addons.factories import DIALECTS, exchange, head, provider, target
from tests.fakes.native.shapes import Tokens, compact
from tests.fakes.replies import NATIVE

TOKENS = Tokens(prompt=10, output=5)
JSON = {"content-type": "application/json"}
REQUESTS: dict[str, JsonObject] = {
    "chat": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "messages": {
        "model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
    },
    "responses": {"model": "m", "input": "Hi"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
}  # fmt: skip
PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/m:generateContent",
}
PAIRS = [(client, served) for client in NATIVE for served in NATIVE]


def asked(client: str, served: str, path: str = "", **more: object) -> tuple[Exchange, Outgoing]:
    """A call in one dialect on its way to a provider of another."""
    where = head(path or PATHS[client])
    match = DIALECTS[client].match(where)
    assert match is not None
    body: JsonObject = {**REQUESTS[client], **more}  # type: ignore[dict-item]  # JSON values
    call = exchange(
        dialect=DIALECTS[client], head=where, match=match, model="m", body=body, raw=dump(body),
        stream=bool(match.stream or body.get("stream")),
    )  # fmt: skip
    there = target("acme/big", provider=provider("acme", urls={served: "http://acme.test"}))
    return call, prepare(call, there, DIALECTS)


def native(name: str) -> bytes:
    return compact(NATIVE[name].text("Hello", tokens=TOKENS)).encode()


def text_of(client: str, body: bytes) -> str:
    """What a whole reply of a dialect says."""
    response = DIALECTS[client].chat.decode_response(parse_object(body))
    return "".join(
        getattr(part, "text", "") for choice in response.choices for part in choice.parts
    )


def spoken_in(client: str, stream: bytes) -> tuple[str, bool]:
    """What a stream of a dialect says, and whether it came to its end."""
    decoder = DIALECTS[client].chat.stream_decoder()
    events = [*decoder.feed(stream), *decoder.close()]
    text = "".join(getattr(event, "text", "") for event in events)
    return text, not any(type(event).__name__ == "Failed" for event in events)


@pytest.mark.parametrize(("client", "served"), PAIRS)
def test_a_whole_reply_reaches_every_client_from_every_provider(client: str, served: str) -> None:
    call, outgoing = asked(client, served)
    reply = whole_reply(call, outgoing, JSON, native(served))
    assert reply.status == 200 and reply.headers["content-type"] == "application/json"
    assert text_of(client, reply.body) == "Hello"
    assert call.usage is not None and (call.usage.input, call.usage.output) == (10, 5)
    assert call.stop is Stop.END
    assert (reply.body == native(served)) is (client == served)


@pytest.mark.parametrize(("client", "served"), PAIRS)
def test_a_provider_that_insists_on_streaming_is_collected(client: str, served: str) -> None:
    call, outgoing = asked(client, served)
    frames = b"".join(NATIVE[served].stream(["Hel", "lo"], tokens=TOKENS))
    reply = whole_of_stream(call, outgoing, frames)
    assert text_of(client, reply.body) == "Hello"
    assert call.usage is not None and call.usage.output == 5


@pytest.mark.parametrize("served", NATIVE)
def test_a_stream_that_breaks_off_or_fails_is_no_whole_reply(served: str) -> None:
    frames = NATIVE[served].stream(["Hel", "lo"], tokens=TOKENS)
    for broken in (frames[:2], [frames[0], NATIVE[served].stream_error("busy")]):
        call, outgoing = asked("chat", served)
        with pytest.raises(GatewayError):
            whole_of_stream(call, outgoing, b"".join(broken))


@pytest.mark.parametrize(("client", "served"), PAIRS)
def test_a_provider_that_does_not_stream_is_told_as_a_stream(client: str, served: str) -> None:
    path = PATHS[client].replace("generateContent", "streamGenerateContent?alt=sse")
    more = {} if client == "gemini" else {"stream": True}
    call, outgoing = asked(client, served, path, **more)
    streamed = stream_of_whole(call, outgoing, native(served))
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert spoken_in(client, streamed.pipe.feed(streamed.first)) == ("Hello", True)
    assert streamed.pipe.usage is not None and streamed.pipe.usage.output == 5
    assert streamed.pipe.stop is Stop.END
    assert streamed.pipe.close() == b""


@pytest.mark.parametrize("served", ["gemini", "chat"])
def test_a_client_that_reads_an_array_is_told_in_an_array(served: str) -> None:
    call, outgoing = asked("gemini", served, "/v1beta/models/m:streamGenerateContent")
    streamed = stream_of_whole(call, outgoing, native(served))
    assert streamed.headers["content-type"] == "application/json"
    assert isinstance(parse(streamed.first), list)


@pytest.mark.parametrize("served", ["chat", "messages"])
@pytest.mark.parametrize("wanted", [True, False])
def test_usage_is_in_a_chat_stream_if_it_was_asked_for(served: str, wanted: bool) -> None:
    more = {"stream_options": {"include_usage": True}} if wanted else {}
    call, outgoing = asked("chat", served, stream=True, **more)
    streamed = stream_of_whole(call, outgoing, native(served))
    assert (b'"usage":{' in streamed.first) is wanted
    assert streamed.pipe.usage is not None


async def test_a_told_stream_ends_at_once_and_holds_nothing() -> None:
    call, outgoing = asked("messages", "chat", stream=True)
    streamed = stream_of_whole(call, outgoing, native("chat"))
    assert await streamed.read() == b""
    streamed.close()
    failure = GatewayError(Kind.INTERNAL, "too late")
    assert b"too late" in streamed.pipe.abort(failure)
    assert streamed.pipe.failed is failure


@pytest.mark.parametrize("client", ["chat", "messages"])
@pytest.mark.parametrize("body", [b"", b"  ", b"<html>busy</html>", b'"text"', b"17", b"{"])
def test_what_is_no_answer_is_the_providers_failure(client: str, body: bytes) -> None:
    call, outgoing = asked(client, "chat")
    with pytest.raises(GatewayError) as caught:
        whole_reply(call, outgoing, JSON, body)
    assert caught.value.kind is Kind.UPSTREAM_INVALID
    assert caught.value.retryable


@pytest.mark.parametrize("client", ["chat", "messages"])
def test_an_answer_that_breaks_off_is_the_providers_failure(client: str) -> None:
    call, outgoing = asked(client, "chat")
    with pytest.raises(GatewayError) as caught:
        whole_reply(call, outgoing, JSON, native("chat")[:-10])
    assert caught.value.kind is Kind.UPSTREAM_INVALID


@pytest.mark.parametrize("client", ["chat", "messages"])
def test_an_error_within_a_200_is_an_error(client: str) -> None:
    body = compact(NATIVE["chat"].error(429, "slow down")).encode()
    call, outgoing = asked(client, "chat", stream=True)
    with pytest.raises(GatewayError, match="slow down"):
        stream_of_whole(call, outgoing, body)
    call, outgoing = asked(client, "chat")
    with pytest.raises(GatewayError, match="slow down"):
        whole_reply(call, outgoing, JSON, body)


@pytest.mark.parametrize("body", [b"[]", b"[1,2]", b"[[{}]]"])
def test_a_list_is_no_answer_to_translate(body: bytes) -> None:
    call, outgoing = asked("messages", "chat")
    with pytest.raises(GatewayError) as caught:
        whole_reply(call, outgoing, JSON, body)
    assert caught.value.kind is Kind.UPSTREAM_INVALID


def test_an_answer_is_handed_on_though_the_request_puzzles_us() -> None:
    call, outgoing = asked("chat", "chat", messages="no list", stream=True)
    assert spoken_in("chat", stream_of_whole(call, outgoing, native("chat")).first) == (
        "Hello",
        True,
    )


def test_geminis_array_of_one_is_that_one() -> None:
    call, outgoing = asked("chat", "gemini")
    reply = whole_reply(call, outgoing, JSON, b"[" + native("gemini") + b"]")
    assert text_of("chat", reply.body) == "Hello"


def test_the_providers_own_content_type_is_passed() -> None:
    call, outgoing = asked("chat", "chat")
    kind = "application/json; charset=utf-8"
    reply = whole_reply(call, outgoing, {"content-type": kind}, native("chat"))
    assert reply.headers["content-type"] == kind


def test_an_answer_amid_blanks_is_passed_as_it_is_and_read_all_the_same() -> None:
    call, outgoing = asked("chat", "chat")
    body = b"\r\n " + native("chat") + b"\n"
    reply = whole_reply(call, outgoing, JSON, body)
    assert reply.body == body
    assert call.usage is not None
    assert (call.usage.input, call.usage.output, call.stop) == (10, 5, Stop.END)


def test_what_an_answer_loses_on_its_way_is_in_the_receipt() -> None:
    call, outgoing = asked("messages", "chat")
    body = NATIVE["chat"].text("Hello")
    choices = body["choices"]
    assert isinstance(choices, list)
    choices.append({**choices[0], "index": 1})
    whole_reply(call, outgoing, JSON, compact(body).encode())
    assert "choices[1]" in [note.path for note in outgoing.receipt.notes]


@pytest.mark.parametrize("served", NATIVE)
def test_a_responses_client_knows_its_answer_by_an_id_of_ours_unless_it_passes_through(
    served: str,
) -> None:
    call, outgoing = asked("responses", served)
    body = parse_object(whole_reply(call, outgoing, {}, native(served)).body)
    assert body["id"] == ("resp_fake" if served == "responses" else call.answer_id)
    told = stream_of_whole(call, outgoing, native(served))
    assert call.answer_id is not None
    assert told.first.count(call.answer_id.encode()) >= 3  # created, in progress, completed
