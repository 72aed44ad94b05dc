"""The measured calls are of the announced sizes and can be told right from wrong."""

from __future__ import annotations

import json

import pytest

from tests.bench.scenario import (
    LARGE_REQUEST,
    SMALL_REPLY,
    Scenario,
    scenarios,
    small_reply,
    stream_reply,
)

each_scenario = pytest.mark.parametrize("scenario", scenarios(), ids=lambda s: s.name)


@each_scenario
def test_bodies_are_json_of_about_the_announced_size(scenario: Scenario) -> None:
    json.loads(scenario.body)
    wanted = LARGE_REQUEST if "large" in scenario.name else 150
    assert 0.5 * wanted < len(scenario.body) < 1.5 * wanted
    assert scenario.request("h").endswith(b"\r\n\r\n" + scenario.body)


def test_the_small_reply_is_about_as_long_as_announced() -> None:
    assert abs(len(small_reply()) - SMALL_REPLY) < 20


@each_scenario
def test_a_wrong_reply_is_noticed(scenario: Scenario) -> None:
    assert not scenario.accepts(b'{"error":"busy"}')
    assert not scenario.accepts(b"".join(stream_reply()[:50]))


def test_signs_must_come_in_order() -> None:
    scenario = Scenario(name="x", path="/", body=b"", signs=(b"a", b"b"))
    assert scenario.accepts(b"-a-b-")
    assert not scenario.accepts(b"-b-a-")
