"""The measured calls are of the announced sizes, and can be ordered by name."""

from __future__ import annotations

import json

import pytest

from tests.bench.catalogue import (
    LARGE_REQUEST,
    TORRENT,
    as_order,
    busy,
    from_order,
    held,
    one_client,
    scenarios,
    silent,
    talking,
    torrents,
)
from tests.bench.replies import stream_reply, wish
from tests.bench.scenario import Scenario
from tests.bench.setups import SETUPS

OTHERS = [one_client(), busy(), talking(16), talking(64, 500), held(60.0), held(0.5)]
OTHERS += [silent(), *torrents()]
each_scenario = pytest.mark.parametrize("scenario", scenarios(), ids=lambda s: s.name)


@each_scenario
def test_bodies_are_json_of_about_the_announced_size(scenario: Scenario) -> None:
    json.loads(scenario.body)
    wanted = LARGE_REQUEST if "large" in scenario.name else 150
    assert 0.5 * wanted < len(scenario.body) < 1.5 * wanted


@each_scenario
def test_a_wrong_reply_is_noticed(scenario: Scenario) -> None:
    assert not scenario.accepts(b'{"error":"busy"}')
    assert not scenario.accepts(b"".join(stream_reply()[:50]))


@each_scenario
def test_its_setup_exists_and_its_yardstick_has_the_same_first_word(scenario: Scenario) -> None:
    assert scenario.setup in SETUPS
    assert scenario.name.split()[0] in {s.name for s in scenarios() if not s.only_gateway}


@pytest.mark.parametrize("scenario", [*scenarios(), *OTHERS], ids=lambda s: s.name)
def test_an_order_names_the_whole_scenario(scenario: Scenario) -> None:
    assert from_order(as_order(scenario)) == scenario


@pytest.mark.parametrize("scenario", torrents(), ids=lambda s: s.name)
def test_a_torrent_is_as_long_as_announced(scenario: Scenario) -> None:
    asked = wish(scenario.request("h"))
    assert asked.pieces is not None
    assert asked.pieces * asked.size == TORRENT


def test_held_streams_are_all_open_together_and_last_as_long_as_asked() -> None:
    scenario = held(60.0)
    spread = scenario.stagger * scenario.connections
    assert spread < 10
    assert spread + wish(scenario.request("h")).pace * 105 == pytest.approx(60.0, rel=0.01)
