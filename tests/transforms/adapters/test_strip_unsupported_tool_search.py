"""Server tools that search among tools are left out."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.strip_unsupported_tool_search import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject

PLACE = Place(model="m", dialect="messages")
BM25: JsonObject = {"type": "tool_search_tool_bm25_20251119", "name": "search"}
REGEX: JsonObject = {"type": "Tool_Search_Tool_Regex_20251119", "name": "grep"}
OWN: JsonObject = {"name": "look", "input_schema": {}}
WEB: JsonObject = {"type": "web_search_20250305", "name": "web_search"}


def changed(body: JsonObject) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    after = ADAPTER.bind({})(body, PLACE, receipt)
    return after, [note.path for note in receipt.notes]


def test_they_go_and_the_others_stay() -> None:
    choice: JsonObject = {"type": "auto"}
    body: JsonObject = {"tools": [BM25, OWN, REGEX, WEB], "tool_choice": choice}
    assert changed(body) == (
        {"tools": [OWN, WEB], "tool_choice": choice},
        ["tools[0]", "tools[2]"],
    )


def test_a_choice_of_what_is_gone_goes_too() -> None:
    chosen: JsonObject = {"type": "tool", "name": "search"}
    assert changed({"tools": [BM25, OWN], "tool_choice": chosen})[0] == {"tools": [OWN]}
    other: JsonObject = {"type": "tool", "name": "look"}
    assert changed({"tools": [BM25, OWN], "tool_choice": other})[0]["tool_choice"] == other


def test_without_any_tool_left_nothing_speaks_of_tools() -> None:
    body: JsonObject = {"model": "m", "tools": [BM25], "tool_choice": {"type": "any"}}
    assert changed(body)[0] == {"model": "m"}


@pytest.mark.parametrize(
    "tools", [[OWN, WEB], [], None, [{"type": "tool_search"}, {"type": "my_tool_search_tool_"}]]
)
def test_a_body_without_them_is_left_alone(tools: list[JsonObject] | None) -> None:
    body: JsonObject = {"tools": None if tools is None else [*tools]}
    assert ADAPTER.bind({})(body, PLACE, Receipt()) is body
