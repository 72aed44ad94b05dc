"""Developers' prompts as system prompts."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.suppress_developer_role import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject

PLACE = Place(model="m", dialect="chat")


@pytest.mark.parametrize("key", ["messages", "input"])
def test_a_developer_becomes_the_system_in_either_conversation(key: str) -> None:
    user: JsonObject = {"role": "user", "content": "developer"}
    body: JsonObject = {key: [{"role": "developer", "content": "d", "x": 1}, user], "n": 1}
    assert ADAPTER.bind({})(body, PLACE, Receipt()) == {
        key: [{"role": "system", "content": "d", "x": 1}, user],
        "n": 1,
    }


def test_a_body_without_developers_is_left_alone() -> None:
    bodies: list[JsonObject] = [
        {"messages": [{"role": "system", "content": "s"}, 3]},
        {"input": "developer"},
    ]
    for body in bodies:
        assert ADAPTER.bind({})(body, PLACE, Receipt()) is body
