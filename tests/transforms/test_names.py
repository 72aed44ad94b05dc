"""Names that one provider refuses come back as the client gave them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.names import GEMINI, OPENAI, NameRule, legal_name, original_name

RULES = {
    "openai": (OPENAI, re.compile(r"[a-zA-Z0-9_-]{1,64}")),
    "gemini": (GEMINI, re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")),
}
each_rule = pytest.mark.parametrize(("rule", "legal"), RULES.values(), ids=RULES)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("get_weather", GEMINI),
        ("_x", GEMINI),
        ("ns.tool:a-b", GEMINI),
        ("a" * 64, GEMINI),
        ("2nd-tool", OPENAI),
        ("a" * 64, OPENAI),
    ],
)
def test_a_legal_name_stays(name: str, rule: NameRule) -> None:
    assert legal_name(name, rule) == name


@each_rule
@given(name=st.text(max_size=100))
def test_every_name_becomes_legal_and_stays_so(
    rule: NameRule, legal: re.Pattern[str], name: str
) -> None:
    changed = legal_name(name, rule)
    assert legal.fullmatch(changed)
    assert legal_name(changed, rule) == changed


@each_rule
def test_names_that_would_meet_stay_apart(rule: NameRule, legal: re.Pattern[str]) -> None:
    del legal
    assert legal_name("a b", rule) != legal_name("a?b", rule)
    assert legal_name("x" * 65, rule) != legal_name("x" * 66, rule)


@each_rule
@given(names=st.sets(st.text(min_size=1, max_size=80), min_size=1, max_size=6))
def test_a_changed_name_finds_its_tool_again_among_others(
    rule: NameRule, legal: re.Pattern[str], names: set[str]
) -> None:
    del legal
    assert [original_name(legal_name(name, rule), names) for name in names] == [*names]


def test_tools_that_differ_in_a_refused_character_only_are_told_apart() -> None:
    names = ["fs.read", "fs:read", "fs/read"]
    assert [original_name(legal_name(name, OPENAI), names) for name in names] == names


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("get", ["get", "get_it"], "get"),
        ("unheard_of", ["get"], "unheard_of"),
        ("get_weather", ["get"], "get_weather"),  # an invented tool is not a known one
        ("ns__tool", ["ns.:tool"], "ns.:tool"),
        ("a_b", ["a.b", "a:b"], "a_b"),  # either might be meant
        ("anything", [], "anything"),
    ],
)
def test_only_one_likely_tool_is_taken_for_the_meant_one(
    name: str, known: list[str], expected: str
) -> None:
    assert original_name(name, known) == expected
