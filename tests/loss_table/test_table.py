"""The cells say what the receipts say."""

from __future__ import annotations

import functools

import pytest

from tests.loss_table.probes import ANSWERS, REQUESTS
from tests.loss_table.table import NAMES, WORDS, Cell, answer_cells, request_cells


@functools.cache
def cells() -> dict[tuple[str, str, str], Cell]:
    """The cells of requests."""
    return {(cell.feature, cell.source, cell.target): cell for cell in request_cells()}


@pytest.mark.parametrize(
    ("feature", "source", "target", "outcome"),
    [
        ("temperature", "chat", "messages", "carried"),
        ("seed", "chat", "messages", "dropped"),
        ("no limit on output", "chat", "messages", "invented"),
        ("seed", "messages", "chat", "unsaid"),
        ("stop sequences", "messages", "responses", "dropped"),
        ("thoughts of earlier turns, sealed", "messages", "messages", "carried"),
        ("thoughts of earlier turns, sealed", "messages", "gemini", "dropped"),
    ],
)
def test_a_cell(feature: str, source: str, target: str, outcome: str) -> None:
    assert cells()[feature, source, target].outcome == outcome


def test_within_a_vendors_format_nothing_is_dropped() -> None:
    lost = [cell for cell in [*cells().values(), *answer_cells()] if cell.outcome == "dropped"]
    # What compatible servers add to chat is nothing that OpenAI takes.
    assert [cell for cell in lost if cell.source == cell.target != "chat"] == []


def test_every_feature_has_its_sixteen_pairs() -> None:
    assert len(cells()) == len(REQUESTS) * len(NAMES) ** 2
    assert len([*answer_cells()]) == len(ANSWERS) * len(NAMES) ** 2
    assert {cell.outcome for cell in cells().values()} <= WORDS.keys()


def test_every_feature_can_be_said_somewhere() -> None:
    said = {cell.feature for cell in cells().values() if cell.outcome != "unsaid"}
    assert set(REQUESTS) - said == set()
