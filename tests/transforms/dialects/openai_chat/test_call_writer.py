"""A streamed call gives id, name and type once, and arguments that can be parsed."""

from __future__ import annotations

from typing import Any

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_chat.answer import Client
from plexus.transforms.dialects.openai_chat.call_writer import CallWriter
from plexus.transforms.ir import Seal, ToolCall
from plexus.transforms.names import OPENAI, legal_name

CALL = ToolCall(id="c", name="f")
GEMINI = Seal(dialect="gemini", kind="thought", data="s")


def _writer(call: ToolCall = CALL, number: int = 0, **client: Any) -> tuple[CallWriter, Receipt]:
    receipt = Receipt()
    writer = CallWriter(call, number, client=Client(**client), receipt=receipt, path="p")
    return writer, receipt


def _delta(**call: Any) -> Any:
    return {"tool_calls": [call]}


def test_id_type_and_name_are_told_once() -> None:
    writer, _ = _writer(number=2)

    assert [*writer.begin(), *writer.say("{"), *writer.say("}"), *writer.end()] == [
        _delta(index=2, id="c", type="function", function={"name": "f", "arguments": ""}),
        _delta(index=2, function={"arguments": "{"}),
        _delta(index=2, function={"arguments": "}"}),
    ]


def test_a_call_that_comes_whole_is_told_at_once() -> None:
    writer, _ = _writer(ToolCall(id="c", name="f", arguments='{"a":1}'))

    assert [*writer.begin(), *writer.end()] == [
        _delta(index=0, id="c", type="function",
               function={"name": "f", "arguments": '{"a":1}'})
    ]  # fmt: skip


def test_a_call_without_arguments_ends_with_an_empty_object() -> None:
    writer, _ = _writer()

    assert [*writer.begin(), *writer.end()][-1] == _delta(index=0, function={"arguments": "{}"})


def test_geminis_seal_is_told_at_once_or_when_it_comes() -> None:
    sealed, _ = _writer(ToolCall(id="c", name="f", seal=GEMINI))
    later, _ = _writer()
    extra = {"google": {"thought_signature": "s"}}

    first: Any = sealed.begin()[0]["tool_calls"]

    assert first[0]["extra_content"] == extra
    # OpenAI's SDK insists on a function in every delta of a call.
    assert later.seal(GEMINI) == [_delta(index=0, function={"arguments": ""}, extra_content=extra)]


def test_another_vendors_seal_of_a_call_has_no_place() -> None:
    writer, receipt = _writer()

    assert writer.seal(Seal(dialect="responses", kind="encrypted", data="d")) == []
    assert [str(note) for note in receipt.notes] == [
        "dropped p.seal (only responses clients keep it)"
    ]


def test_the_seal_of_an_unwrapped_call_is_told_with_it() -> None:
    sealed, _ = _writer(ToolCall(id="c", name="f", seal=GEMINI), customs=frozenset({"f"}))
    later, _ = _writer(customs=frozenset({"f"}))

    held = [*sealed.begin(), *later.begin(), *later.seal(GEMINI)]

    whole = _delta(
        index=0, id="c", type="custom", custom={"name": "f", "input": ""},
        extra_content={"google": {"thought_signature": "s"}},
    )  # fmt: skip
    assert (held, sealed.end(), later.end()) == ([], [whole], [whole])


def test_a_custom_tool_of_the_client_is_unwrapped_in_the_end() -> None:
    writer, _ = _writer(customs=frozenset({"f"}))

    held = [*writer.begin(), *writer.say('{"input":'), *writer.say('"ls"}')]

    assert held == []
    assert writer.end() == [
        _delta(index=0, id="c", type="custom", custom={"name": "f", "input": "ls"})
    ]


def test_a_custom_call_of_a_chat_provider_goes_on_as_it_comes() -> None:
    writer, _ = _writer(ToolCall(id="c", name="sh", kind="custom"))

    assert [*writer.begin(), *writer.say("ls"), *writer.end()] == [
        _delta(index=0, id="c", type="custom", custom={"name": "sh", "input": ""}),
        _delta(index=0, custom={"input": "ls"}),
    ]


def test_a_client_of_old_gets_one_function_call() -> None:
    first, _ = _writer(legacy=True)
    second, receipt = _writer(number=1, legacy=True)

    told = [*first.begin(), *first.end()]
    unheard = [*second.begin(), *second.say("{}"), *second.seal(GEMINI), *second.end()]

    assert told == [
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"arguments": "{}"}},
    ]
    assert unheard == []
    assert [str(note) for note in receipt.notes] == ["dropped p (function_call holds one call)"]


def test_a_streamed_call_bears_the_name_that_the_client_gave() -> None:
    plain, _ = _writer(ToolCall(id="c", name=legal_name("fs.read", OPENAI)), names=("fs.read",))
    custom, _ = _writer(
        ToolCall(id="c", name=legal_name("s/h", OPENAI)),
        names=("s/h",),
        customs=frozenset({"s/h"}),
    )

    first: Any = plain.begin()[0]["tool_calls"]
    assert [*custom.begin(), *custom.say('{"input":'), *custom.say('"ls"}')] == []
    (whole,) = custom.end()

    assert first[0]["function"] == {"name": "fs.read", "arguments": ""}
    assert whole == _delta(index=0, id="c", type="custom", custom={"name": "s/h", "input": "ls"})
