"""Web search in the target's words."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.web_search_coercion import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject

PLACE = Place(model="m", dialect="chat")
FORMS: dict[str, JsonObject] = {
    "anthropic": {"type": "web_search_20250305", "name": "web_search"},
    "openai": {"type": "web_search"},
    "openrouter": {"type": "openrouter:web_search"},
    "google": {"googleSearch": {}},
}
OTHERS: list[JsonObject] = [
    {"type": "web_search_preview", "search_context_size": "low"},
    {"type": "googleSearch"},
    {"google_search": {}},
    {"type": "web_search_20260101", "name": "web_search", "max_uses": 9},
]
FUNCTION: JsonObject = {"type": "function", "function": {"name": "web_search"}}
DECLARED: JsonObject = {"functionDeclarations": [{"name": "f"}]}


@pytest.mark.parametrize("target", FORMS)
@pytest.mark.parametrize("tool", [*FORMS.values(), *OTHERS], ids=str)
def test_whoevers_words_become_the_targets(target: str, tool: JsonObject) -> None:
    body: JsonObject = {"tools": [tool, FUNCTION, DECLARED], "n": 1}
    change = ADAPTER.bind({"target": target})
    assert change(body, PLACE, Receipt()) == {"tools": [FORMS[target], FUNCTION, DECLARED], "n": 1}


def test_a_limit_goes_where_there_is_a_field_for_it() -> None:
    body: JsonObject = {"tools": [{"type": "web_search"}]}
    limited = ADAPTER.bind({"target": "anthropic", "max_uses": 5})
    assert limited(body, PLACE, Receipt())["tools"] == [{**FORMS["anthropic"], "max_uses": 5}]
    unlimited = ADAPTER.bind({"target": "openrouter", "max_uses": 5})
    assert unlimited(body, PLACE, Receipt())["tools"] == [FORMS["openrouter"]]


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [FUNCTION, DECLARED, {"name": "web_search", "input_schema": {}}]},
        {"tools": []},
        {"tools": [{"type": "web_search"}]},
        {},
    ],
)
def test_a_body_that_needs_no_change_is_left_alone(body: JsonObject) -> None:
    assert ADAPTER.bind({"target": "openai"})(body, PLACE, Receipt()) is body


def test_a_change_is_noted() -> None:
    receipt = Receipt()
    ADAPTER.bind({"target": "openai"})({"tools": [{"googleSearch": {}}]}, PLACE, receipt)
    assert [str(note) for note in receipt.notes] == [
        "coerced tools (web search in the words of openai)"
    ]


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({}, ["target: is required"]),
        ({"target": "bing"}, ['target: "bing" is none of anthropic, google, openai, openrouter']),
        ({"target": "openai", "max_uses": 0}, ["max_uses: must be a whole number from 1"]),
    ],
)
def test_wrong_options_are_told(options: JsonObject, problems: list[str]) -> None:
    assert ADAPTER.check(options) == problems
