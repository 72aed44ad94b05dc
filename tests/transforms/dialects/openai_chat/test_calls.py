"""Tool calls keep the text of their arguments, and their ids fit the provider."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.openai_chat import calls
from plexus.transforms.ir import CacheMark, Seal, ToolCall
from tests.transforms.dialects.openai_chat.making import OFFICIAL
from tests.transforms.dialects.openai_chat.making import call as wire_call

GEMINI = Seal(dialect="gemini", kind="thought", data="s")


def _read(raw: Any) -> ToolCall:
    call = calls.decode_call(raw, "minted", {})
    assert call is not None
    return call


def test_arguments_stay_the_text_that_the_model_wrote() -> None:
    text = '{"b": 1,  "a": 12345678901234567890, "é": "\\u00e9"}'

    assert _read(wire_call("c1", arguments=text)).arguments == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"b": 1, "a": "é"}, '{"b":1,"a":"é"}'), (None, ""), ([1], "[1]"), ("", "")],
)
def test_arguments_that_are_no_text_are_printed(arguments: Any, text: str) -> None:
    assert _read(wire_call("c1", arguments=arguments)).arguments == text


@pytest.mark.parametrize("id_", ["", None, 7])
def test_a_call_without_an_id_gets_one(id_: Any) -> None:
    assert _read(wire_call(id_)).id == "minted"


def test_a_custom_call_is_free_text() -> None:
    raw = {"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls -l"}}

    call = _read(raw)

    assert (call.kind, call.name, call.arguments) == ("custom", "sh", "ls -l")
    assert calls.encode_call(call, id_="c", cache=False) == raw


@pytest.mark.parametrize("raw", [{}, {"type": "magic"}, {"function": {"name": ""}}])
def test_a_call_of_an_unknown_type_is_none(raw: Any) -> None:
    assert calls.decode_call(raw, "minted", {}) is None


def test_a_google_signature_seals_the_call_and_goes_back_as_it_was() -> None:
    extra = {"google": {"thought_signature": "s"}}
    raw = wire_call("c", extra_content=extra, index=0)

    call = _read(raw)

    assert call.seal == GEMINI
    assert calls.encode_call(call, id_="c", cache=False) == raw
    assert calls.client_seal(call) == {}


def test_a_foreign_gemini_seal_reaches_the_client() -> None:
    call = ToolCall(id="c", name="f", seal=GEMINI)

    assert calls.client_seal(call) == {"extra_content": {"google": {"thought_signature": "s"}}}


def test_blank_arguments_become_an_empty_object() -> None:
    call = ToolCall(id="c", name="f", arguments=" ")

    assert calls.encode_call(call, id_="c", cache=False)["function"] == {
        "name": "f",
        "arguments": "{}",
    }


def test_a_cache_mark_is_written_where_it_is_taken() -> None:
    call = ToolCall(id="c", name="f", cache=CacheMark())

    assert "cache_control" not in calls.encode_call(call, id_="c", cache=False)
    assert calls.encode_call(call, id_="c", cache=True)["cache_control"] == {"type": "ephemeral"}


def test_the_call_of_old_has_no_id() -> None:
    raw: Any = {"name": "f", "arguments": "{}"}

    call = calls.decode_function_call(raw, "minted")

    assert call is not None
    assert (call.id, calls.is_legacy(call), calls.encode_function_call(call)) == (
        "minted",
        True,
        raw,
    )
    assert calls.decode_function_call({"name": "", "arguments": ""}, "x") is None


def test_a_custom_call_is_wrapped_for_others_and_unwrapped_on_the_way_back() -> None:
    custom = ToolCall(id="c", name="sh", arguments='say "hi"', kind="custom")

    wrapped = calls.as_function(custom)

    assert (wrapped.kind, wrapped.arguments) == ("function", '{"input":"say \\"hi\\""}')
    assert calls.as_custom(wrapped) == custom
    assert calls.unwrapped("plain words") == "plain words"


@pytest.mark.parametrize("id_", ["functions.get:0", "a|b", "x" * 41, "", "é"])
def test_an_id_that_openai_refuses_is_mapped(id_: str) -> None:
    mapped = calls.wire_id(id_, OFFICIAL)

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", mapped)
    assert calls.wire_id(mapped, OFFICIAL) == mapped


def test_ids_stay_where_any_will_do() -> None:
    assert calls.wire_id("functions.get:0", Traits()) == "functions.get:0"
    assert calls.wire_id("call_1-A", OFFICIAL) == "call_1-A"


def test_mistral_gets_nine_letters_and_digits() -> None:
    nine = Traits(tool_id="nine")

    assert calls.wire_id("abcDEF123", nine) == "abcDEF123"
    assert re.fullmatch(r"[a-f0-9]{9}", calls.wire_id("call_abc", nine))


@given(st.text(), st.text())
def test_different_ids_stay_different(a: str, b: str) -> None:
    for traits in (Traits(tool_id="safe"), Traits(tool_id="nine")):
        same = calls.wire_id(a, traits) == calls.wire_id(b, traits)
        assert same == (a == b)


def test_a_minted_id_is_the_same_every_time() -> None:
    assert calls.minted_id("r/0", 1) == calls.minted_id("r/0", 1)
    assert calls.minted_id("r/0", 1) != calls.minted_id("r/0", 2)
    assert re.fullmatch(r"call_[a-f0-9]{24}", calls.minted_id("\ud800", 0))
