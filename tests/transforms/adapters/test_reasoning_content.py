"""Thoughts under DeepSeek's name for them."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.reasoning_content import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import Json, JsonObject

PLACE = Place(model="m", dialect="chat")


def changed(*messages: JsonObject) -> JsonObject:
    body: JsonObject = {"messages": [*messages]}
    return ADAPTER.bind({})(body, PLACE, Receipt())


@pytest.mark.parametrize(
    "thoughts",
    [
        {"reasoning": "t"},
        {"thinking": "t"},
        {"thinking": {"content": "t", "signature": "s"}},
        {"reasoning_content": "t", "reasoning": "other"},
        {"reasoning_content": "", "thinking": {"content": "t"}},
    ],
)
def test_an_assistants_thoughts_get_the_one_name(thoughts: dict[str, Json]) -> None:
    call: JsonObject = {"role": "assistant", "content": "a", **thoughts}
    assert changed({"role": "user", "content": "hi"}, call) == {
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "a", "reasoning_content": "t"},
        ]
    }


@pytest.mark.parametrize("thoughts", [{"reasoning": None}, {"reasoning": ""}, {"thinking": []}])
def test_a_field_that_says_nothing_goes(thoughts: dict[str, Json]) -> None:
    assert changed({"role": "assistant", "content": "a", **thoughts}) == {
        "messages": [{"role": "assistant", "content": "a"}]
    }


def test_other_messages_and_the_body_are_left_alone() -> None:
    bodies: list[JsonObject] = [
        {"messages": [{"role": "user", "content": "hi", "reasoning": "mine"}, "odd"]},
        {"messages": [{"role": "assistant", "content": "a", "reasoning_content": "t"}]},
        {"reasoning": {"effort": "low"}, "thinking": {"type": "enabled"}},
    ]
    for body in bodies:
        assert ADAPTER.bind({})(body, PLACE, Receipt()) is body
