"""Where a provider's path leads, and where it never does."""

from __future__ import annotations

import copy

import pytest

from plexus.transforms.repairs.paths import delete, find
from plexus.transforms.wire import JsonObject


def body() -> JsonObject:
    """A request with something at every kind of place."""
    return {
        "model": "m",
        "max_tokens": 5,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a", "cache_control": {}},
                    {"type": "text", "text": "b"},
                ],
                "name": "n",
            }
        ],
        "tools": [{"type": "function", "function": {"name": "f", "strict": True}}, {"name": "g"}],
        "generationConfig": {"thinkingConfig": {"thinkingBudget": 1}},
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("max_tokens", ("max_tokens",)),
        ("maxTokens", ("max_tokens",)),
        ("body.max_tokens", ("max_tokens",)),
        ("tools.0.function.strict", ("tools", 0, "function", "strict")),
        ("tools[0].function.strict", ("tools", 0, "function", "strict")),
        ("tools[0]['function'][\"strict\"]", ("tools", 0, "function", "strict")),
        ("tools.1.custom.name", ("tools", 1, "name")),
        ("tools[1]", ("tools", 1)),
        ("messages.0.name", ("messages", 0, "name")),
        ("messages.0.content.0.cache_control", ("messages", 0, "content", 0, "cache_control")),
        ("messages.0.content.0.text.cache_control", ("messages", 0, "content", 0, "cache_control")),
        ("messages.0.content.1.text", ("messages", 0, "content", 1, "text")),
        ("generation_config.thinking_config", ("generationConfig", "thinkingConfig")),
    ],
)
def test_dots_and_brackets_lead_to_the_same_place(text: str, path: tuple[str | int, ...]) -> None:
    assert find(body(), text) == path


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "body", "body.messages", "absent", "model", "MODEL", "model.x", "messages",
        "messages.0", "messages[0]", "Messages[0]", "messages.-1", "messages[0].content[1]",
        "tools.2", "tools.01", "tools.length", "tools.-1", "tools.٠", "tools.1.0", "max_tokens.x",
        "tools.0.function.absent", "__class__", "tools." + "0." * 100,
    ],
)  # fmt: skip
def test_what_is_protected_or_not_there_is_not_found(text: str) -> None:
    assert find(body(), text) is None


@pytest.mark.parametrize("whole", ["messages", "input", "contents", "prompt"])
def test_what_the_request_is_about_is_protected_whatever_its_name(whole: str) -> None:
    request: JsonObject = {whole: [{"a": 1, "b": [1]}]}
    assert find(request, whole) is find(request, f"{whole}[0]") is None
    assert find(request, f"{whole}[0].b[0]") is None
    assert find(request, f"{whole}[0].b") == (whole, 0, "b")
    assert find({whole: {"a": 1}}, f"{whole}.a") is None


def test_a_deletion_closes_the_list_up_and_leaves_the_original_alone() -> None:
    request = body()
    before = copy.deepcopy(request)
    assert delete(request, ("tools", 0)) == {**before, "tools": [{"name": "g"}]}
    assert request == before


def test_a_deletion_shares_what_it_does_not_change() -> None:
    request = body()
    mended = delete(request, ("tools", 0, "function", "strict"))
    assert mended["tools"] == [{"type": "function", "function": {"name": "f"}}, {"name": "g"}]
    assert mended["messages"] is request["messages"]


def test_a_deletion_of_what_is_not_there_changes_nothing() -> None:
    assert delete({"a": 1, "b": [1]}, ("a", "b")) == {"a": 1, "b": [1]}
