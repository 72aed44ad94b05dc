"""Anthropic's model families: who thinks how, and what the newer ones refuse."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.anthropic import QUIRK

USUAL = ("low", "medium", "high")
OLD: dict[str, Any] = {"structured_output": False}
ADAPTIVE: dict[str, Any] = {"thinking": "adaptive", "prefill": False, "max_output": 128_000}
NEWER: dict[str, Any] = {**ADAPTIVE, "sampling": False, "inline_system": True}
ALL = (*USUAL, "xhigh", "max")


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("claude-2.1", {**OLD, "thinking": None, "max_output": 4096}),
        ("claude-instant-1.2", {**OLD, "thinking": None, "max_output": 4096}),
        ("claude-3-opus-20240229", {**OLD, "thinking": None, "max_output": 4096}),
        ("claude-3-5-sonnet-latest", {**OLD, "thinking": None, "max_output": 8192}),
        ("claude-3-7-sonnet-20250219", {**OLD, "max_output": 64_000}),
        ("claude-opus-4-20250514", {**OLD, "max_output": 32_000}),
        ("claude-4-opus-20250514", {**OLD, "max_output": 32_000}),
        ("claude-opus-4-0", {**OLD, "max_output": 32_000}),
        ("claude-opus-4-1-20250805", {"max_output": 32_000}),
        ("claude-sonnet-4", {**OLD, "max_output": 64_000}),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", {**OLD, "max_output": 64_000}),
        ("claude-sonnet-4-5-20250929", {"max_output": 64_000}),
        ("claude-haiku-4-5", {"max_output": 64_000}),
        ("claude-opus-4-5-20251101", {"max_output": 64_000}),
    ],
)
def test_models_before_4_6_think_within_a_budget_if_at_all(
    model: str, other: dict[str, Any]
) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(**{"official": True, **other})


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("claude-opus-4-6", {**ADAPTIVE, "efforts": ("none", *USUAL, "max")}),
        ("claude-sonnet-4-6", {**ADAPTIVE, "efforts": ("none", *USUAL, "max")}),
        ("claude-opus-4-7", {**NEWER, "inline_system": False, "efforts": ("none", *ALL)}),
        ("claude-opus-4-8", {**NEWER, "efforts": ("none", *ALL)}),
        ("claude-sonnet-5", {**NEWER, "efforts": ("none", *ALL)}),
        ("claude-opus-5", {**NEWER, "efforts": ("none", *ALL)}),
        ("claude-haiku-5-5", {**NEWER, "efforts": ("none", *ALL)}),
        ("claude-fable-5", {**NEWER, "efforts": ALL}),
        ("claude-opus-5-5", {**NEWER, "efforts": ALL, "forced_tools": "never"}),
        ("claude-fable-5-1-20261001", {**NEWER, "efforts": ALL, "forced_tools": "never"}),
        ("some-model", {**NEWER, "efforts": ("none", *ALL)}),
    ],
)  # fmt: skip
def test_later_models_adapt_and_refuse_more(model: str, other: dict[str, Any]) -> None:
    assert QUIRK.traits(model, Traits()) == Traits(**{"official": True, **other})


def test_it_applies_at_anthropic_only() -> None:
    assert QUIRK.hosts == ("api.anthropic.com",)
    assert QUIRK.dialects == ("messages",)
