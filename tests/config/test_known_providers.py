"""The table of providers that are found by their keys."""

from __future__ import annotations

from plexus.config.dialects import DIALECTS, trim, url_problem
from plexus.config.known_providers import KNOWN


def test_the_table_is_consistent() -> None:
    names = [known.name for known in KNOWN]
    variables = [variable for known in KNOWN for variable in known.variables]
    assert len(set(names)) == len(names)
    assert len(set(variables)) == len(variables)
    assert all(set(known.dialects) <= set(DIALECTS) for known in KNOWN)


def test_every_url_is_as_requests_need_it() -> None:
    for known in KNOWN:
        assert url_problem(known.url) is None
        assert trim(known.url, known.dialects[0]) == known.url


def test_the_usual_variables_are_all_known() -> None:
    variables = {variable for known in KNOWN for variable in known.variables}
    assert variables >= {
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "GROQ_API_KEY",
        "OPENROUTER_API_KEY",
        "DEEPSEEK_API_KEY",
        "MISTRAL_API_KEY",
        "XAI_API_KEY",
        "TOGETHER_API_KEY",
        "FIREWORKS_API_KEY",
        "CEREBRAS_API_KEY",
        "PERPLEXITY_API_KEY",
    }
