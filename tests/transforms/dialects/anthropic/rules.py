"""What Anthropic accepts and what its clients rely on, as checks that tests run on our output."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from plexus.transforms import wire
from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.events import Event
from plexus.transforms.sse import SseDecoder
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at, text_at

ID = re.compile(r"[a-zA-Z0-9_-]+")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
DELTAS = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
}


def decoded(pieces: Sequence[bytes]) -> list[Event]:
    """The events of a stream that arrives in pieces."""
    decoder = DIALECT.chat.stream_decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.close()


def encoded(events: Sequence[Event], receipt: Receipt | None = None) -> bytes:
    """The stream that events make for an Anthropic client."""
    encoder = DIALECT.chat.stream_encoder(None, receipt or Receipt())
    return b"".join([encoder.encode(event) for event in events]) + encoder.close()


def stream(*payloads: JsonObject) -> bytes:
    """A stream of events, each named for its type."""
    return b"".join(
        b"event: %s\ndata: %s\n\n" % (str(payload["type"]).encode(), wire.dump(payload))
        for payload in payloads
    )


def payloads(data: bytes) -> list[JsonObject]:
    """The payloads of a stream, whose names must be their types."""
    frames = SseDecoder()
    found = []
    for frame in [*frames.feed(data), *frames.close()]:
        payload = wire.parse_object(frame.data)
        assert frame.event == payload["type"]
        found.append(payload)
    return found


def check_stream(data: bytes) -> None:
    """Assert that a stream is one that Anthropic could have sent."""
    events = payloads(data)
    kinds = [str(event["type"]) for event in events]
    if kinds == ["error"]:
        return
    assert kinds[0] == "message_start"
    assert kinds.count("message_start") == 1
    if kinds[-1] == "error":
        check_blocks(events[1:-1], cut=True)
        return
    assert kinds[-2:] == ["message_delta", "message_stop"]
    check_blocks(events[1:-2], cut=False)
    check_end(events)


def check_end(events: list[JsonObject]) -> None:
    """Assert that the end says all that it must, and fits what came."""
    delta, usage = object_at(events[-2], "delta"), object_at(events[-2], "usage")
    assert delta is not None
    assert usage is not None
    assert isinstance(usage["output_tokens"], int)
    starts = [event for event in events if event["type"] == "content_block_start"]
    called = any((object_at(s, "content_block") or {})["type"] == "tool_use" for s in starts)
    assert delta["stop_reason"] is not None
    assert called or delta["stop_reason"] != "tool_use"
    assert not (called and delta["stop_reason"] == "end_turn")


def check_blocks(events: list[JsonObject], *, cut: bool) -> None:
    """Assert that blocks come one after the other, each with deltas of its own kind."""
    current: JsonObject | None = None
    said: list[JsonObject] = []
    count = 0
    for event in events:
        assert event["index"] == count
        match event["type"]:
            case "content_block_start":
                assert current is None
                current, said = object_at(event, "content_block"), []
            case "content_block_delta":
                said.append(object_at(event, "delta") or {})
            case "content_block_stop":
                assert current is not None
                check_block(current, said)
                current, count = None, count + 1
            case other:
                raise AssertionError(f"{other} among the blocks")
    assert cut or current is None


def check_block(block: JsonObject, deltas: list[JsonObject]) -> None:
    """Assert that a block's deltas fit it."""
    kind = str(block["type"])
    kinds = [str(delta["type"]) for delta in deltas]
    if kind in DELTAS:
        assert set(kinds) <= DELTAS[kind]
        assert kinds, "a block with nothing in it"
    if kind == "thinking":
        assert kinds.count("signature_delta") == 1
        assert kinds[-1] == "signature_delta"
    if kind == "tool_use":
        assert set(kinds) <= {"input_json_delta"}
        assert block["input"] == {}


def check_request(body: JsonObject) -> None:
    """Assert that a request breaks none of Anthropic's rules (wire-formats.md §3.1)."""
    messages = objects_at(body, "messages")
    roles = [message["role"] for message in messages]
    assert roles[0] == "user"
    assert all(a != b for a, b in itertools.pairwise(roles))
    for message in messages:
        content = objects_at(message, "content")
        assert content
        check_content(content)
    check_pairs(messages)
    check_tools(body)
    assert len(list(marks(body))) <= 4
    if (thinking := object_at(body, "thinking")) and thinking["type"] == "enabled":
        budget, limit = thinking["budget_tokens"], body["max_tokens"]
        assert isinstance(budget, int)
        assert isinstance(limit, int)
        assert 1024 <= budget < limit


def check_content(content: list[JsonObject]) -> None:
    """Assert that blocks hold something and stand in order."""
    for block in content:
        if block["type"] == "text":
            assert (text_at(block, "text") or "").strip()
        if block["type"] == "thinking":
            assert block["signature"]
    is_result = [block["type"] == "tool_result" for block in content]
    assert is_result == sorted(is_result, reverse=True)


def check_pairs(messages: list[JsonObject]) -> None:
    """Assert that every call has its result in the next turn, and every result its call."""
    seen: list[str] = []
    for before, after in zip([{}, *messages], [*messages, {}], strict=True):
        calls = ids_of(before, "tool_use", "id") if before.get("role") == "assistant" else []
        assert ids_of(after, "tool_result", "tool_use_id") == calls
        seen += calls
    assert len(seen) == len(set(seen))
    assert all(ID.fullmatch(each) for each in seen)


def ids_of(message: JsonObject, kind: str, key: str) -> list[str]:
    """The ids of a message's blocks of one type."""
    blocks = objects_at(message, "content")
    return [str(block[key]) for block in blocks if block["type"] == kind]


def check_tools(body: JsonObject) -> None:
    """Assert that tools are well-formed and the choice is among them."""
    tools = objects_at(body, "tools")
    names = [str(tool.get("name")) for tool in tools if "input_schema" in tool]
    assert len(names) == len(set(names))
    assert all(NAME.fullmatch(name) for name in names)
    for tool in tools:
        schema = object_at(tool, "input_schema")
        assert schema is None or schema["type"] == "object"
    choice = object_at(body, "tool_choice")
    if choice is not None:
        assert tools
        assert choice.get("name") in [None, *names]


def marks(value: Json) -> Iterator[JsonObject]:
    """The cache marks anywhere in a value, schemas apart."""
    if isinstance(value, dict):
        if isinstance(control := value.get("cache_control"), dict):
            yield control
        for key in value.keys() - {"input_schema", "input", "cache_control"}:
            yield from marks(value[key])
    if isinstance(value, list):
        for item in value:
            yield from marks(item)


def text_of(message: JsonObject) -> str:
    """The text of a message, block after block."""
    return "".join(text_at(block, "text") or "" for block in objects_at(message, "content"))


def contents(body: JsonObject) -> list[tuple[str, list[Json]]]:
    """The turns of a request as pairs of role and content."""
    return [
        (str(message["role"]), list_at(message, "content"))
        for message in objects_at(body, "messages")
    ]
