"""Seals in envelopes: opened again exactly, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.envelope import envelope_to_seal, is_envelope, seal_to_envelope
from plexus.transforms.ir import Seal
from tests import strategies


@given(strategies.seals)
def test_an_envelope_gives_its_seal_back(seal: Seal) -> None:
    assert envelope_to_seal(seal_to_envelope(seal)) == seal


def test_an_envelope_is_readable_ascii_that_names_whose_seal_it_is() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="Cpü?>", id="call_1")
    assert seal_to_envelope(seal) == "gw1.gemini.thought.Q3DDvD8-.Y2FsbF8x"


def test_a_lone_surrogate_survives() -> None:
    seal = Seal(dialect="messages", kind="signature", data="\ud800")
    assert envelope_to_seal(seal_to_envelope(seal)) == seal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gAAAAABqPBGrKjD01kd8LM",
        "gw1.",
        "gw1.gemini.thought",
        "gw1.gemini.whim.aGk",
        "gw1.Gemini.thought.aGk",
        "gw1.gemini.thought.a",
        "gw1.gemini.thought.aG!k",
        "gw1.gemini.thought._w",
        "gw1.gemini.thought.ä",
        "gw1.gemini.thought.aGk.a",
        "gw1.gemini.thought.aGk.aGk.aGk",
        "gw2.gemini.thought.aGk",
    ],
)
def test_anything_else_is_no_envelope(text: str) -> None:
    assert envelope_to_seal(text) is None


@given(st.text(max_size=60), st.sampled_from(["", "gw1.", "gw1.gemini.thought."]))
def test_opening_never_raises(text: str, start: str) -> None:
    envelope_to_seal(start + text)


@pytest.mark.parametrize(("value", "ours"), [("gw1.", True), ("gw1.x", True), ("gw1", False)])
def test_what_only_looks_like_an_envelope_is_one_for_providers(value: str, ours: bool) -> None:
    assert is_envelope(value) is ours
    assert not is_envelope(None)
