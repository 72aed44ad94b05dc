"""Every plug-in in `adapters/` is an adapter; the two kinds of them."""

from __future__ import annotations

import pytest

from plexus.transforms import plugins
from plexus.transforms.adapter import Adapter, Optioned, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject, count_at

ADAPTERS = plugins.adapters()
each_adapter = pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
PLACE = Place(model="m", dialect="chat")
OPTIONS: dict[str, JsonObject] = {
    "model_override": {
        "rules": [{"model": "m", "rewriteTo": "n", "conditions": [{"field": "a"}]}],
    },
    "reasoning_rewrite": {
        "rules": [{"source": "a", "rewrites": [{"target": "b.c", "value": 1}], "strip": ["a"]}],
    },
    "web_search_coercion": {"target": "openai"},
}


def test_every_adapter_of_the_list_is_there() -> None:
    assert set(ADAPTERS) == {
        "model_override", "normalize_anthropic_tool_ids", "reasoning_content",
        "reasoning_rewrite", "strip_unsupported_tool_search", "suppress_developer_role",
        "suppress_unsupported_gpt5_options", "web_search_coercion",
    }  # fmt: skip


@each_adapter
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
        {"messages": None, "tools": 7, "input": "hi", "reasoning": [], "temperature": "hot"},
        {"messages": [None, 1, {"role": "assistant", "content": [None, {"type": []}]}]},
        {"tools": [None, {"type": None}, {"type": 3}, []], "tool_choice": "auto", "a": None},
    ],
)
def test_an_adapter_takes_any_body_and_leaves_it_as_it_was(
    adapter: Adapter, body: JsonObject
) -> None:
    before = repr(body)
    change = adapter.bind(OPTIONS.get(adapter.name, {}))
    changed = change(body, PLACE, Receipt())
    assert repr(body) == before
    assert change(changed, PLACE, Receipt()) == changed


@each_adapter
def test_sound_options_are_found_sound(adapter: Adapter) -> None:
    assert adapter.check(OPTIONS.get(adapter.name, {})) == []


@each_adapter
def test_an_unknown_option_is_told(adapter: Adapter) -> None:
    problems = adapter.check({**OPTIONS.get(adapter.name, {}), "rulse": 1})
    assert [problem.partition(":")[0] for problem in problems] == ["rulse"]


def test_an_adapter_without_options() -> None:
    def add(body: JsonObject, place: Place, receipt: Receipt) -> JsonObject:
        receipt.coerced(place.model)
        return {**body, "a": 1}

    adapter = Plain(name="add", change=add, where=lambda place: place.official)
    receipt = Receipt()
    assert adapter.bind({})({}, PLACE, receipt) == {"a": 1}
    assert [note.path for note in receipt.notes] == ["m"]
    assert not adapter.implied(PLACE)
    assert adapter.implied(Place(model="m", dialect="chat", official=True))
    assert adapter.check({"b": 1}) == ["b: is no option; add has none"]
    assert not Plain(name="add", change=add).implied(PLACE)


def read(raw: JsonObject, problems: list[str]) -> int:
    """The number `n`."""
    found = count_at(raw, "n")
    if found is None:
        problems.append("n: is required")
    return found or 0


def test_an_adapter_with_options_parses_them_when_it_is_bound() -> None:
    adapter = Optioned(name="add", read=read, change=lambda body, n, _place, _: {**body, "n": n})
    assert adapter.bind({"n": 3})({}, PLACE, Receipt()) == {"n": 3}
    assert adapter.check({}) == ["n: is required"]
    assert not adapter.implied(PLACE)
    with pytest.raises(ValueError, match="add: n: is required"):
        adapter.bind({})
