"""OpenAI's own words and its models' limits."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.openai import QUIRK
from plexus.transforms.wire import JsonObject

GIVEN: dict[str, Any] = {
    "official": True,
    "max_tokens_field": "max_completion_tokens",
    "developer_role": True,
    "inline_system": True,
}


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("some-model", {}),
        ("gpt-4o", {"effort": None}),
        ("gpt-5", {"efforts": ("minimal", "low", "medium", "high"), "sampling": False}),
        ("gpt-5.4", {"efforts": ("none", "low", "medium", "high", "xhigh")}),
        ("o4-mini", {"efforts": ("low", "medium", "high"), "sampling": False}),
        ("o1-mini", {"effort": None, "sampling": False, "developer_role": False}),
    ],
)
def test_openai_itself_wants_its_newer_words(model: str, other: dict[str, Any]) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(**{**GIVEN, **other})


def test_it_applies_at_openai_in_the_dialects_it_owns() -> None:
    assert (QUIRK.hosts, QUIRK.dialects) == (("api.openai.com",), ("chat", "responses"))


def test_reasoning_models_refuse_what_weighs_tokens() -> None:
    body: JsonObject = {"model": "o3", "stop": ["x"], "logit_bias": {}, "seed": 1}
    assert QUIRK.mend_request(body, "o3", Receipt()) == {"model": "o3", "seed": 1}


def test_a_model_that_thinks_only_if_told_takes_sampling_only_if_not() -> None:
    body: JsonObject = {"temperature": 0.2, "reasoning_effort": "low"}
    assert QUIRK.mend_request(body, "gpt-5.4", Receipt()) == {"reasoning_effort": "low"}
    assert QUIRK.mend_request({"temperature": 0.2}, "gpt-5.4", Receipt()) == {"temperature": 0.2}
