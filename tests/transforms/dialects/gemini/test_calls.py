"""functionCall and functionResponse."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini import calls
from plexus.transforms.ir import Media, Opaque, Seal, Text, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.gemini.rules import notes


def result(text: str, **fields: bool) -> ToolResult:
    return ToolResult(call_id="c", parts=(Text(text=text),), **fields)  # type: ignore[arg-type]  # of its fields


def response_of(result: ToolResult) -> Json:
    part = calls.encode_result(result, "f", [], elsewhere=False)
    inner = part["functionResponse"]
    assert isinstance(inner, dict)
    return inner["response"]


@pytest.mark.parametrize(
    "part",
    [
        {"functionCall": {"name": "f", "args": {"b": 1, "a": "ü"}}},
        {"functionCall": {"name": "f", "args": {}, "id": "x"}, "partMetadata": {"k": 1}},
    ],
)
def test_a_call_comes_back_as_it_was(part: JsonObject) -> None:
    call = calls.decode_call(part, call_id="minted")
    args, wrapped = calls.arguments_object(call)
    assert not wrapped
    assert calls.encode_call(call, call.name, call_id=None, args=args) == part


def test_a_call_without_an_id_gets_the_minted_one() -> None:
    assert calls.decode_call({"functionCall": {"name": "f"}}, call_id="minted").id == "minted"
    call = calls.decode_call({"functionCall": {"name": "f", "id": "own"}}, call_id="minted")
    assert call.id == "own"


def test_arguments_are_printed_compactly_in_their_order() -> None:
    call = calls.decode_call({"functionCall": {"args": {"b": [1, 2], "a": "ü"}}}, call_id="c")
    assert call.arguments == '{"b":[1,2],"a":"ü"}'


def test_arguments_that_are_text_already_stay_text() -> None:
    assert calls.arguments_text('{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(
    ("text", "args", "wrapped"),
    [
        ("", {}, False),
        ("  ", {}, False),
        ('{"a":1}', {"a": 1}, False),
        ('{"a":', {"_raw": '{"a":'}, True),
        ("[1]", {"_raw": "[1]"}, True),
    ],
)
def test_edge_case_67_arguments_become_an_object(
    text: str, args: JsonObject, wrapped: bool
) -> None:
    assert calls.arguments_object(ToolCall(id="c", name="f", arguments=text)) == (args, wrapped)


def test_edge_case_37_a_custom_tools_text_goes_under_input() -> None:
    call = ToolCall(id="c", name="exec", arguments="ls -l", kind="custom")
    assert calls.arguments_object(call) == ({"input": "ls -l"}, False)


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"result": "fine"}, "fine", False),
        ({"output": "fine"}, "fine", False),
        ({"content": "fine"}, "fine", False),
        ({"result": 3}, '{"result":3}', False),
        ({"a": 1, "b": "ü"}, '{"a":1,"b":"ü"}', False),
        ({"error": "no"}, "no", True),
        ({"error": {"code": 1}}, '{"code":1}', True),
        ({}, "{}", False),
    ],
)
def test_a_response_is_unwrapped(response: JsonObject, text: str, is_error: bool) -> None:
    part: JsonObject = {"functionResponse": {"name": "f", "response": response}}
    found = calls.decode_result(part, call_id="c")
    assert (found.parts, found.is_error, found.name) == ((Text(text=text),), is_error, "f")
    assert calls.encode_result(found, "f", [], elsewhere=False) == part


def test_a_response_with_media_comes_back_as_it_was() -> None:
    inline: JsonObject = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    part: JsonObject = {
        "functionResponse": {
            "name": "f",
            "id": "x",
            "response": {"result": "see"},
            "parts": [inline, {"strange": 1}],
            "scheduling": "SILENT",
        }
    }
    found = calls.decode_result(part, call_id="x")
    kinds = [type(piece) for piece in found.parts]
    assert kinds == [Text, Media, Opaque]
    assert calls.encode_result(found, "f", [inline, {"strange": 1}], elsewhere=False) == part


def test_a_missing_response_is_no_text() -> None:
    found = calls.decode_result({"functionResponse": {"name": "f"}}, call_id="c")
    assert found.parts == ()


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("fine", {"result": "fine"}),
        ('{"a":1}', {"a": 1}),
        (' {"a":1}', {"a": 1}),
        ("[1,2]", {"result": "[1,2]"}),
        ("{broken", {"result": "{broken"}),
        ("", {"result": ""}),
    ],
)
def test_a_result_becomes_an_object(text: str, response: JsonObject) -> None:
    assert response_of(result(text)) == response


def test_an_error_says_so() -> None:
    assert response_of(result("no", is_error=True)) == {"error": "no"}


def test_several_texts_stand_on_lines_of_their_own() -> None:
    both = ToolResult(call_id="c", parts=(Text(text="a"), Text(text="b")))
    assert response_of(both) == {"result": "a\nb"}


def test_a_result_of_nothing_but_media_says_where_it_is() -> None:
    part = calls.encode_result(ToolResult(call_id="c"), "f", [], elsewhere=True)
    assert part["functionResponse"] == {
        "name": "f",
        "response": {"result": "The result follows as media."},
    }


@pytest.mark.parametrize(
    ("seal", "signature", "said"),
    [
        (None, None, []),
        (Seal(dialect="gemini", kind="thought", data="AAAA"), "AAAA", []),
        (Seal(dialect="gemini", kind="thought", data="not base64"), None, ["dropped p.seal"]),
        (Seal(dialect="messages", kind="signature", data="AAAA"), None, ["dropped p.seal"]),
    ],
)
def test_only_geminis_own_seals_are_signatures(
    seal: Seal | None, signature: str | None, said: list[str]
) -> None:
    receipt = Receipt()
    assert calls.signature_of(seal, "p", receipt) == signature
    assert notes(receipt) == said


def test_a_signature_is_a_seal() -> None:
    assert calls.seal_of({"thoughtSignature": "AAAA"}) == Seal(
        dialect="gemini", kind="thought", data="AAAA"
    )
    assert calls.seal_of({"text": "x"}) is None
