"""What is written down of a call."""

from dataclasses import replace

from plexus.addons.inspection.capture import Body, Sent
from plexus.addons.inspection.trace_json import Taken, trace_of
from plexus.transforms.wire import JsonObject, parse_object

SECRET = "sk-canary-1234"


def body(data: bytes = b"{}", most: int = 1000) -> Body:
    return Body(most, data)


def taken(**other: object) -> Taken:
    known: dict[str, object] = {
        "request_id": "r1",
        "started_ms": 5,
        "api_key": "app",
        "status": 200,
        "line": "POST /v1/messages?key=abc",
        "headers": (("x-api-key", SECRET), ("accept", "*/*")),
        "body": body(b"question"),
        "sent": (
            Sent(
                url="http://p.test/v1",
                headers={"authorization": f"Bearer {SECRET}"},
                body=body(b"asked"),
                status=200,
                reply_headers={"server": "x"},
                reply=body(b"told"),
            ),
        ),
        "reply_headers": (("content-type", "text/plain"),),
        "reply": body(b"answer"),
        "story": {"model": "m", "attempts": []},
        "secrets": frozenset({SECRET}),
    }
    return Taken(**{**known, **other})  # type: ignore[arg-type]  # of these types


def written(one: Taken) -> JsonObject:
    return parse_object(trace_of(one).content)


def told(text: str, size: int) -> JsonObject:
    return {"size": size, "truncated": False, "text": text}


def test_everything_is_written_down_in_its_place() -> None:
    assert written(taken()) == {
        "request": {
            "line": "POST /v1/messages?key=***",
            "headers": [["x-api-key", "***"], ["accept", "*/*"]],
            "body": told("question", 8),
        },
        "sent": [
            {
                "url": "http://p.test/v1",
                "headers": [["authorization", "***"]],
                "body": told("asked", 5),
                "reply": {"status": 200, "headers": [["server", "x"]], "body": told("told", 4)},
            }
        ],
        "reply": {
            "status": 200,
            "headers": [["content-type", "text/plain"]],
            "body": told("answer", 6),
        },
        "story": {"model": "m", "attempts": []},
    }
    trace = trace_of(taken())
    assert (trace.request_id, trace.created_at, trace.api_key) == ("r1", 5, "app")
    assert trace.response_status == 200


def test_a_secret_is_found_wherever_it_stands() -> None:
    speaking = body(f"it is {SECRET}.".encode())
    one = taken(
        body=speaking,
        reply=speaking,
        story={"error": f"no such key {SECRET}"},
        line=f"GET /{SECRET}",
    )
    assert SECRET.encode() not in trace_of(one).content


def test_a_secret_that_the_limit_cuts_in_two_leaves_no_half() -> None:
    for most in range(10, 40):
        one = taken(body=body(f"0123456789 {SECRET} and much more".encode(), most))
        assert b"canary" not in trace_of(one).content
        assert b"sk-" not in trace_of(one).content


def test_a_body_over_the_limit_says_so() -> None:
    cut = written(taken(reply=body(b"x" * 100, 50)))["reply"]
    assert isinstance(cut, dict)
    assert cut["body"] == {"size": 100, "truncated": True, "text": "x" * 50}


def test_bytes_that_are_no_text_are_kept_as_base64() -> None:
    found = written(taken(reply=body(b"\xff\x00")))["reply"]
    assert isinstance(found, dict)
    assert found["body"] == {"size": 2, "truncated": False, "base64": "/wA="}


def test_a_character_that_the_limit_cuts_in_two_does_no_harm() -> None:
    one = taken(reply=body("aü".encode() * 10, 8), secrets=frozenset())
    found = written(one)["reply"]
    assert isinstance(found, dict)
    assert found["body"] == {"size": 30, "truncated": True, "text": "aüaüa\ufffd"}


def test_the_size_counts_every_body() -> None:
    assert taken(body=body(b"x" * 500)).size - taken(body=body(b"")).size == 500
    assert replace(taken(), sent=()).size == taken().size - 9


def test_no_secret_stands_in_the_repr() -> None:
    assert "secrets" not in repr(taken())
