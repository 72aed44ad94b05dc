"""The validator finds what Google refuses, and nothing in what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.validate_gemini import problems

PATH = "/v1beta/models/m:generateContent"
STREAM = "/v1beta/models/m:streamGenerateContent"
CALL = {"functionCall": {"name": "f", "args": {}}}
RESULT = {"functionResponse": {"name": "f", "response": {"result": "ok"}}}
PARAMETERS = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": [*parts]}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": [*parts]}


ASKED = user({"text": "Hi"})


def body(*contents: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"contents": [ASKED, *contents], **fields}


def declared(*functions: dict[str, Any], **beside: Any) -> list[dict[str, Any]]:
    return [{"functionDeclarations": [*functions]}, *([beside] if beside else [])]


def choice(mode: str, *names: str) -> dict[str, Any]:
    return {"functionCallingConfig": {"mode": mode, "allowedFunctionNames": [*names]}}


def found(request: dict[str, Any], **how: Any) -> list[str]:
    return problems(PATH, {}, request, **how)


def test_a_good_request_has_no_problems() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA+/"}}
    signed = {**CALL, "thoughtSignature": "AA-_"}
    good = body(
        model({"text": "hm", "thought": True}, signed, CALL), user(RESULT, RESULT, picture),
        tools=declared({"name": "f", "parameters": PARAMETERS}), toolConfig=choice("ANY", "f"),
        systemInstruction={"parts": [{"text": "Be brief."}]},
        generationConfig={
            "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"thinkingBudget": -1},
        },
    )  # fmt: skip
    assert problems(STREAM, {"alt": "sse"}, good, signed=True) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (body(model="m"), "model"),
        (body(generationConfig={"top_q": 1}), "top_q"),
        ({"contents": [model({"text": "a"})]}, "first turn"),
        (body(ASKED), "two turns of the user"),
        (body(model()), "no parts"),
        (body(model({})), "nothing in it"),
        (body(model({"text": ""})), "an empty text"),
        (body(model({"text": "a", **CALL})), "a part with"),
        (body(model(CALL)), "are answered by responses []"),
        (body(model(CALL, CALL), user(RESULT)), "are answered by responses ['f']"),
        (body(model({"text": "a"}), user(RESULT)), "are answered by responses ['f']"),
        (body(model({**CALL, "thoughtSignature": "é"}), user(RESULT)), "not base64"),
        (body(model({"functionCall": {"name": "1 f"}})), "no function's name"),
        (body(model({"text": "a"}), user({"inlineData": {"data": "AA=="}})), "without a type"),
        (body(tools=declared({"name": "f"}, {"name": "f"})), "there twice"),
        (body(tools=declared({"name": "f"}, googleSearch={})), "beside built-in"),
        (body(tools=declared({"name": "f", "parameters": {"type": "OBJECT"}})), "without proper"),
        (body(tools=declared({"name": "f", "parametersJsonSchema": {}})), "type OBJECT"),
        (body(tools=declared({"name": "f"}), toolConfig=choice("AUTO", "f")), "in mode AUTO"),
        (body(toolConfig=choice("ANY")), "there are no tools"),
        (body(generationConfig={"responseSchema": {"type": "OBJECT"}}), "without the JSON type"),
        (
            body(
                generationConfig={"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}
            ),
            "budget and level",
        ),
        (body(generationConfig={"stopSequences": list("abcdef")}), "more than five"),
        (body(model({"text": "gw1.messages.signature.eA"})), "envelope"),
    ],
)
def test_what_is_wrong_is_named(bad: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in found(bad))


def test_gemini_3_wants_its_calls_signed() -> None:
    request = body(model(CALL), user(RESULT))
    assert found(request) == []
    assert found(request, signed=True) == ["contents[1]: a call without a signature"]


def test_a_gemini_clients_own_turns_may_be_in_pieces() -> None:
    pieces = body(model({"text": "a"}), model(CALL), model({"text": ""}), user(RESULT))
    assert found(pieces, native=True) == []
    assert found(pieces) != []


def test_a_stream_must_be_asked_for_as_events() -> None:
    assert problems(STREAM, {}, body()) == ["the stream is not asked for as events"]
    assert problems("/v1beta/m:generateContent", {}, body()) != []
