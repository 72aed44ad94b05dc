"""Ids of tool calls in Anthropic's letters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.normalize_anthropic_tool_ids import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject

PLACE = Place(model="m", dialect="messages")
LEGAL = re.compile(r"[A-Za-z0-9_-]{1,64}")


def changed(body: JsonObject) -> JsonObject:
    return ADAPTER.bind({})(body, PLACE, Receipt())


def talk(id_: Json, kind: str = "tool_use") -> JsonObject:
    """A call and its result."""
    return {
        "messages": [
            {"role": "assistant", "content": [{"type": kind, "id": id_, "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id_}]},
        ]
    }


def ids(body: JsonObject) -> tuple[str, str]:
    match body:
        case {
            "messages": [{"content": [{"id": str(one)}]}, {"content": [{"tool_use_id": str(two)}]}]
        }:
            return one, two
    raise AssertionError(body)


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "mcp_tool_use"])
def test_a_call_and_its_result_get_one_legal_id(kind: str) -> None:
    # sha256 over UTF-16LE, as dataplane.md §5.8.3 says
    assert ids(changed(talk("functions.get:0", kind))) == ("functions_get_0_4b9ab1e7",) * 2


@given(st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text(), max_size=2)))
def test_any_id_becomes_a_legal_one_that_stays(id_: Json) -> None:
    once = changed(talk(id_))
    one, two = ids(once)
    assert one == two and LEGAL.fullmatch(one)
    assert changed(once) is once


def test_an_empty_id_and_one_that_is_no_text_are_made_up() -> None:
    for id_ in ("", None, 7):
        assert re.fullmatch(r"tool_[0-9a-f]{8}", ids(changed(talk(id_)))[0])


def test_legal_ids_and_everything_else_are_left_alone() -> None:
    bodies: list[JsonObject] = [
        talk("toolu_01A-b"),
        {
            "messages": [
                {"role": "user", "content": "a.b"},
                {"id": "x.y", "content": [{"id": "x.y"}]},
            ]
        },
        {"messages": [{"content": [{"type": "text", "id": "x.y"}, 3]}]},
    ]
    for body in bodies:
        assert changed(body) is body


def test_it_is_noted_and_implied_where_messages_are_spoken() -> None:
    receipt = Receipt()
    ADAPTER.bind({})(talk("a.b"), PLACE, receipt)
    assert [note.action for note in receipt.notes] == ["coerced"]
    assert ADAPTER.implied(PLACE)
    assert not ADAPTER.implied(Place(model="m", dialect="chat"))
