"""Repairs after a 400: their order and budgets, and what no provider's words can do."""

from __future__ import annotations

import copy
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.repair import Repairs
from plexus.transforms.repairs.paths import PROTECTED
from plexus.transforms.wire import Json, JsonObject
from tests.strategies import json_values

SIGNATURE: Final = "messages.1.content.0: Invalid `signature` in `thinking` block"
ADVISOR: Final = "Advisor tool result content could not be processed."
LITE: Final = "only supports function tools, custom tools, and client-executed tool search"


def body() -> JsonObject:
    """A request that every repair could mend."""
    said: list[Json] = [
        {"type": "thinking", "signature": "s"},
        {"type": "advisor_tool_result", "tool_use_id": "a"},
        {"type": "text", "text": "t"},
    ]
    return {
        "model": "m",
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": said}],
        "tools": [{"type": "web_search"}, {"type": "function"}],
        "a": 1,
        "b": 2,
        "c": 3,
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SIGNATURE, "thinking signature"),
        (ADVISOR, "advisor result"),
        ("Unknown parameter: 'a'", "unsupported parameter"),
        (LITE, "lite tools"),
    ],
)
def test_each_complaint_has_its_repair_which_leaves_the_original_alone(
    text: str, name: str
) -> None:
    request = body()
    found = Repairs().mend("responses:lite", request, text)
    assert found is not None
    assert found[0] == name
    assert found[1] != request == body()


def test_several_complaints_are_mended_in_order_and_each_within_its_budget() -> None:
    repairs = Repairs()
    request = body()
    complaint = f"{LITE}. Unknown parameter: 'a'. {ADVISOR} {SIGNATURE}. Unknown parameter: 'b'"
    names = []
    for _ in range(10):  # the body as it was each time: a budget ends what asks for no end
        found = repairs.mend("responses:lite", request, complaint)
        names.append(found[0] if found else None)
    assert names[:6] == [
        "thinking signature",
        "advisor result",
        "unsupported parameter",
        "unsupported parameter",
        "lite tools",
        None,
    ]
    assert names[6:] == [None] * 4


def test_a_provider_that_names_a_new_parameter_each_time_is_given_in_to_twice() -> None:
    repairs = Repairs()
    found = [repairs.mend("chat", body(), f"Unknown parameter: '{name}'") for name in "abc"]
    assert [result is None for result in found] == [False, False, True]


def test_refused_repairs_cost_nothing() -> None:
    repairs = Repairs()
    for name in ["messages", "messages[0]", "model", "absent", "tools.01", "tools.9", "input"]:
        assert repairs.mend("chat", body(), f"Unknown parameter: '{name}'") is None
    assert repairs.mend("chat", {"messages": []}, SIGNATURE) is None
    assert repairs.mend("chat", body(), "Unknown parameter: 'a'") is not None
    assert repairs.mend("chat", body(), "Unknown parameter: 'b'") is not None
    assert repairs.mend("chat", body(), SIGNATURE) is not None


def test_a_repair_that_removes_nothing_makes_way_for_the_next() -> None:
    request: JsonObject = {"messages": [], "a": 1}
    found = Repairs().mend("messages", request, f"{SIGNATURE}. Unknown parameter: 'a'")
    assert found == ("unsupported parameter", {"messages": []})


def test_what_follows_thousands_of_characters_is_not_read() -> None:
    text = "x" * 100_000 + " Unknown parameter: 'a'"
    assert Repairs().mend("chat", body(), text) is None


STEPS: Final = st.sampled_from(
    [
        "messages", "input", "model", "contents", "tools", "body", "MESSAGES", "0", "1", "01",
        "-1", "length", "content", "text", "type", "custom", "thinking", "role", "alpha", "größe",
        "", "x", "__proto__", "*", "²",
    ]
)  # fmt: skip
TEMPLATES: Final = [
    "Unknown parameter: '{}'", "unsupported parameter: {}", "property '{}' is unsupported",
    "{}: Extra inputs are not permitted", "('messages.0' : property '{}' is unsupported)",
    "Unknown name \"x\" at '{}': Cannot find field", f"{SIGNATURE}{{}}", f"{ADVISOR}{{}}",
    f"{LITE}{{}}", "{}",
]  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> JsonObject:
    """Requests, well-formed or not."""
    block = st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "thinking", "advisor_tool_result", "tool_result"])},
        optional={"text": st.text(max_size=3), "tool_use_id": st.just("a"), "x": json_values(2)},
    )
    message = st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant"])},
        optional={"content": st.lists(block, max_size=3) | json_values(2), "x": json_values(2)},
    )
    said = st.lists(message | json_values(2), max_size=4) | json_values(2)
    keys = ["messages", "input", "contents", "model", "tools", "thinking", "x", "alpha", "type"]
    return draw(st.dictionaries(st.sampled_from(keys), said, max_size=6))


@st.composite
def complaints(draw: st.DrawFn, request: JsonObject) -> str:
    """What a provider might say to have something changed that is there, or that is not."""
    steps = draw(ways_into(request) | st.lists(STEPS, min_size=1, max_size=6))
    bracketed = steps[0] + "".join(f"[{step}]" for step in steps[1:])
    path = draw(st.sampled_from([".".join(steps), bracketed, "..".join(steps)]))
    return draw(st.sampled_from(TEMPLATES)).replace("{}", path)


@st.composite
def ways_into(draw: st.DrawFn, request: JsonObject) -> list[str]:
    """The steps to some place in a request."""
    steps: list[str] = []
    place: Json = request
    while isinstance(place, dict | list) and place and len(steps) < draw(st.integers(1, 5)):
        if isinstance(place, dict):
            key = draw(st.sampled_from(sorted(place)))
            steps, place = [*steps, key], place[key]
        else:
            at = draw(st.integers(0, len(place) - 1))
            steps, place = [*steps, str(at)], place[at]
    return steps or [""]


@given(st.data(), bodies())
def test_no_words_raise_or_reach_what_the_request_is_about(
    data: st.DataObject, request: JsonObject
) -> None:
    repairs = Repairs()
    before = copy.deepcopy(request)
    for text in data.draw(st.lists(complaints(request) | st.text(max_size=30), max_size=4)):
        found = repairs.mend("responses:lite", request, text)
        assert request == before
        if found is not None:
            assert found[1] != request
        if found is not None and found[0] == "unsupported parameter":
            assert skeleton(found[1]) == skeleton(request)


def skeleton(request: JsonObject) -> Json:
    """What no path may change: which protected fields there are, and what they consist of."""
    return {key: elements(value) for key, value in request.items() if key in PROTECTED}


def elements(value: Json) -> Json:
    """How many elements of which types, or which keys; a lone value as it is."""
    if isinstance(value, list):
        return [type(item).__name__ for item in value]
    return sorted(value) if isinstance(value, dict) else value
