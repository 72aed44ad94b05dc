"""Whole answers as clients get them."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.response_encode import encode_response
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Media,
    Part,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import Json, JsonObject, objects_at
from tests.transforms.dialects.openai_responses.rules import check_response, read_request


def answer(*parts: Part, stop: Stop = Stop.END, logprobs: Json = None) -> ChatResponse:
    """An answer of another format."""
    choice = Choice(parts=parts, stop=stop, logprobs=logprobs)
    return ChatResponse(
        id="msg_1", model="m", choices=(choice,), usage=Usage(input=1, output=2), created=7
    )


def written(response: ChatResponse) -> list[JsonObject]:
    """The items, of a response that strict clients take."""
    body = encode_response(response, None, Receipt())
    check_response(body)
    return objects_at(body, "output")


def test_another_formats_answer_is_one_that_the_sdk_takes() -> None:
    items = written(
        answer(
            Thinking(text="hm", seal=Seal(dialect="messages", kind="signature", data="s")),
            Text(text="a", citations=(Citation(url="https://example.com"),)),
            Text(text="b"),
            ToolCall(id="toolu_1", name="f", arguments=""),
            Media(kind="image", mime="image/png", data="aGk="),
            stop=Stop.TOOL,
        )
    )
    assert [item["type"] for item in items] == [
        "reasoning", "message", "function_call", "image_generation_call",
    ]  # fmt: skip
    assert str(items[0]["encrypted_content"]).startswith("gw1.messages.signature.")
    assert [part["text"] for part in objects_at(items[1], "content")] == ["a", "b"]
    assert (items[2]["call_id"], items[2]["arguments"]) == ("toolu_1", "{}")


def test_ids_are_the_same_each_time_and_differ_within() -> None:
    response = answer(Text(text="a"), ToolCall(id="c1", name="f"), Thinking(text="b"))
    first, second = written(response), written(response)
    ids = [item["id"] for item in first]
    assert ids == [item["id"] for item in second]
    assert len(set(ids)) == 3
    assert [str(identity).partition("_")[0] for identity in ids] == ["msg", "fc", "rs"]


def test_log_probabilities_go_to_the_text_they_make_up() -> None:
    tokens: list[Json] = [{"token": token, "logprob": -1.0} for token in ("He", "llo", "you")]
    items = written(answer(Text(text="Hello"), Text(text="you"), logprobs=tokens))
    first, second = objects_at(items[0], "content")
    assert [item["token"] for item in objects_at(first, "logprobs")] == ["He", "llo"]
    assert [item["token"] for item in objects_at(second, "logprobs")] == ["you"]


def test_a_sealed_call_is_preceded_by_its_seal_and_only_once() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")
    items = written(answer(ToolCall(id="c1", name="f", arguments="{}", seal=seal)))
    assert [item["type"] for item in items] == ["reasoning", "function_call"]


def test_what_the_client_sends_back_holds_the_seals_again() -> None:
    thinking = Thinking(text="hm", seal=Seal(dialect="messages", kind="signature", data="s"))
    call = ToolCall(
        id="c1", name="f", arguments="{}", seal=Seal(dialect="gemini", kind="thought", data="t")
    )
    items: list[Json] = [*written(answer(thinking, call))]
    (message,) = read_request({"model": "m", "input": items}).messages
    back_thinking, back_call = message.parts
    assert isinstance(back_thinking, Thinking)
    assert isinstance(back_call, ToolCall)
    assert (back_thinking.text, back_thinking.seal) == (thinking.text, thinking.seal)
    assert (back_call.id, back_call.seal) == (call.id, call.seal)


def test_an_answer_that_says_nothing_is_complete_all_the_same() -> None:
    body = encode_response(answer(), None, Receipt())
    check_response(body)
    assert (body["status"], body["output"]) == ("completed", [])


def test_only_the_first_of_many_answers_is_told() -> None:
    receipt = Receipt()
    choices = (Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),), stop=Stop.LENGTH))
    body = encode_response(ChatResponse(id="x", model="m", choices=choices), None, receipt)
    assert body["status"] == "completed"
    assert len(objects_at(body, "output")) == 1
    assert [note.path for note in receipt.notes] == ["choices[1]"]
