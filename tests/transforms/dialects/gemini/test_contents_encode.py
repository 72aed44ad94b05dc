"""Turns as Gemini's contents."""

from __future__ import annotations

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.contents_encode import SKIP_SIGNATURE, Contents
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.turns import Turn, arrange
from plexus.transforms.ir import (
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.gemini.rules import notes

SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")
FOREIGN = Seal(dialect="messages", kind="signature", data="AAAA")
PNG: JsonObject = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
IMAGE = Media(kind="image", mime="image/png", data="AA==")
GO = Message(role="user", parts=(Text(text="go"),))
F = ToolCall(id="f1", name="f", arguments='{"a":1}')


def says(role: Role, *parts: Part) -> Message:
    return Message(role=role, parts=parts)


def written(*messages: Message, **traits: bool) -> tuple[list[Json], list[str]]:
    receipt = Receipt()
    contents = Contents(Traits(**traits), receipt)  # type: ignore[arg-type]  # a test's shorthand
    return contents.encode(arrange(enumerate(messages), receipt)), notes(receipt)


def model(*parts: JsonObject) -> JsonObject:
    return {"role": "model", "parts": [*parts]}


def user(*parts: JsonObject) -> JsonObject:
    return {"role": "user", "parts": [*parts]}


def test_texts_refusals_and_media_are_parts() -> None:
    assert written(says("user", Text(text="a"), IMAGE), says("assistant", Refusal(text="no"))) == (
        [user({"text": "a"}, PNG), model({"text": "no"})],
        [],
    )


def test_edge_case_55_empty_text_is_no_part() -> None:
    contents, said = written(GO, says("assistant", Text(text=""), Refusal(text=""), F))
    assert contents[1] == model({"functionCall": {"name": "f", "args": {"a": 1}}})
    assert said == ["invented result of f1"]


def test_a_turn_of_which_nothing_is_left_joins_its_neighbours() -> None:
    thought = says("assistant", Thinking(text="hm"))
    assert written(GO, thought, says("user", Text(text="on"))) == (
        [user({"text": "go"}, {"text": "on"})],
        ["dropped messages[1].parts[0]"],
    )


def test_the_first_turn_is_the_users() -> None:
    assert written(says("assistant", Text(text="hi"))) == (
        [user({"text": "."}), model({"text": "hi"})],
        ["invented messages"],
    )
    assert written() == ([user({"text": "."})], ["invented messages"])


def test_only_thoughts_with_geminis_signature_go_back() -> None:
    thoughts = says(
        "assistant",
        Thinking(text="a", seal=SEAL),
        Thinking(text="b"),
        Thinking(text="c", seal=FOREIGN),
        Text(text="d"),
    )
    contents, said = written(GO, thoughts)
    assert contents[1] == model(
        {"text": "a", "thought": True, "thoughtSignature": "AAAA"}, {"text": "d"}
    )
    assert said == [
        "dropped messages[1].parts[1]",
        "dropped messages[1].parts[2].seal",
        "dropped messages[1].parts[2]",
    ]


def test_a_bare_signature_that_comes_back_from_another_format_is_no_thought() -> None:
    contents, _ = written(GO, says("assistant", Text(text="a"), Thinking(seal=SEAL)))
    assert contents[1] == model({"text": "a"}, {"text": "", "thoughtSignature": "AAAA"})


def test_edge_case_39_a_calls_signature_goes_back_with_it() -> None:
    signed = ToolCall(id="f1", name="f", seal=SEAL)
    contents, _ = written(GO, says("assistant", signed))
    assert contents[1] == model(
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "AAAA"}
    )


def test_a_foreign_call_is_excused_only_where_the_model_insists() -> None:
    history = [GO, says("assistant", F, ToolCall(id="g1", name="g"))]
    plain, _ = written(*history)
    assert "thoughtSignature" not in str(plain)
    signed, said = written(*history, thought_signatures=True)
    assert signed[1] == model(
        {
            "functionCall": {"name": "f", "args": {"a": 1}},
            "thoughtSignature": SKIP_SIGNATURE,
        },
        {"functionCall": {"name": "g", "args": {}}},
    )
    assert "invented thoughtSignature" in said


def test_a_signed_call_needs_no_excuse() -> None:
    history = [GO, says("assistant", Text(text="x"), ToolCall(id="f1", name="f", seal=SEAL))]
    contents, _ = written(*history, thought_signatures=True)
    assert SKIP_SIGNATURE not in str(contents)
    assert SKIP_SIGNATURE not in str(written(GO, says("assistant", Text(text="x")))[0])


def test_edge_case_58_ids_of_other_providers_calls_are_not_sent() -> None:
    contents, _ = written(GO, says("assistant", F), says("user", ToolResult(call_id="f1")))
    assert "f1" not in str(contents)


def test_ids_that_gemini_gave_are_sent_back() -> None:
    call = ToolCall(id="x", name="f", ext=mark({"functionCall": {"id": "x"}}))
    answer = ToolResult(
        call_id="x", name="f", ext=mark({"functionResponse": {"id": "x", "response": {"a": 1}}})
    )
    contents, said = written(GO, says("assistant", call), says("user", answer))
    assert contents[1:] == [
        model({"functionCall": {"name": "f", "args": {}, "id": "x"}}),
        user({"functionResponse": {"name": "f", "id": "x", "response": {"a": 1}}}),
    ]
    assert said == []


def test_a_result_takes_its_name_from_its_call() -> None:
    contents, _ = written(
        GO,
        says("assistant", ToolCall(id="f1", name="2 f")),
        says("user", ToolResult(call_id="f1", name="wrong", parts=(Text(text="ok"),))),
    )
    (call,) = parts_of(contents[1])
    (answer,) = parts_of(contents[2])
    assert inner(answer, "functionResponse")["name"] == inner(call, "functionCall")["name"]


def parts_of(content: Json) -> list[JsonObject]:
    assert isinstance(content, dict)
    parts = content["parts"]
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, dict)]


def inner(part: JsonObject, key: str) -> JsonObject:
    value = part[key]
    assert isinstance(value, dict)
    return value


def test_edge_case_59_images_of_results_follow_all_results() -> None:
    history = [
        GO,
        says("assistant", F, ToolCall(id="g1", name="g")),
        says(
            "user",
            ToolResult(call_id="f1", parts=(Text(text="see"), IMAGE)),
            ToolResult(call_id="g1", parts=(IMAGE,)),
            Text(text="well?"),
        ),
    ]
    contents, _ = written(*history)
    assert contents[2] == user(
        {"functionResponse": {"name": "f", "response": {"result": "see"}}},
        {"functionResponse": {"name": "g", "response": {"result": "The result follows as media."}}},
        PNG,
        PNG,
        {"text": "well?"},
    )


def test_a_model_that_takes_media_in_results_gets_them_there() -> None:
    answer = ToolResult(call_id="f1", parts=(Text(text="see"), IMAGE))
    contents, _ = written(GO, says("assistant", F), says("user", answer), result_media=True)
    assert contents[2] == user(
        {"functionResponse": {"name": "f", "response": {"result": "see"}, "parts": [PNG]}}
    )


def test_arguments_that_are_no_object_are_wrapped_and_noted() -> None:
    contents, said = written(GO, says("assistant", ToolCall(id="f1", name="f", arguments="[1")))
    assert contents[1] == model({"functionCall": {"name": "f", "args": {"_raw": "[1"}}})
    assert said[0] == "invented result of f1"
    assert "coerced messages[1].parts[0].arguments" in said


def test_opaque_blocks_go_to_their_own_dialect_only() -> None:
    own = Opaque(dialect="gemini", raw={"executableCode": {"code": "1"}})
    other = Opaque(dialect="messages", raw={"type": "server_tool_use"})
    result = ToolResult(call_id="f1", parts=(other, Opaque(dialect="gemini", raw=7)))
    contents, said = written(GO, says("assistant", own, other, F), says("user", result))
    assert contents[1] == model(
        {"executableCode": {"code": "1"}}, {"functionCall": {"name": "f", "args": {"a": 1}}}
    )
    assert said == [
        "dropped messages[1].parts[1]",
        "dropped messages[2].parts[0].parts[0]",
        "dropped messages[2].parts[0].parts[1]",
    ]


def test_a_gemini_clients_contents_keep_what_they_held() -> None:
    turn = Turn(
        "model", [("p", Text(text="", ext=mark({"partMetadata": {"a": 1}})))], True, {"x": 1}
    )
    receipt = Receipt()
    assert Contents(Traits(), receipt).encode([turn]) == [
        {"x": 1, "role": "model", "parts": [{"text": "", "partMetadata": {"a": 1}}]}
    ]
    assert receipt.notes == ()


def test_media_beside_the_result_that_they_belong_to_are_noted() -> None:
    answer = ToolResult(call_id="f1", parts=(Text(text="see"), IMAGE))

    _, beside = written(GO, says("assistant", F), says("user", answer))
    _, within = written(GO, says("assistant", F), says("user", answer), result_media=True)

    assert beside == ["coerced messages[2].parts[0].parts"]
    assert within == []


def test_a_refusal_of_the_past_is_said_in_words_and_an_empty_one_not_at_all() -> None:
    contents, _ = written(GO, says("assistant", Refusal(text="no"), Refusal(text="")))
    assert contents[1] == model({"text": "no"})
