"""OpenRouter's extensions of OpenAI's format."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.ir import CacheMark, Reasoning, Text
from plexus.transforms.quirks.openrouter import QUIRK
from tests.transforms.quirks.asking import asked, sent


def test_openrouter_takes_its_own_words_for_every_model() -> None:
    for model in ("anthropic/claude-haiku-4.5", "openai/gpt-5.4-nano"):
        assert QUIRK.traits(model, Traits()) == Traits(
            effort="reasoning",
            reasoning_field="reasoning",
            developer_role=True,
            cache_marks=True,
        )
    assert (QUIRK.hosts, QUIRK.dialects) == (("openrouter.ai",), ())


def test_budgets_efforts_and_cache_marks_are_kept() -> None:
    request = asked(
        model="m",
        system=(Text(text="be brief", cache=CacheMark()),),
        reasoning=Reasoning(mode="on", budget=2000),
    )
    body = sent(QUIRK, request)
    assert body["reasoning"] == {"max_tokens": 2000}
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}
    ]
    strongest = replace(request, reasoning=Reasoning(effort="max"))
    assert sent(QUIRK, strongest)["reasoning"] == {"effort": "max"}


def test_it_cannot_search_among_tools_and_has_a_search_of_its_own() -> None:
    assert QUIRK.adapters == ("strip_unsupported_tool_search",)
    assert QUIRK.web_search == {"type": "openrouter:web_search"}
