"""The kinds of calls cover formats and doors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plexus.config.environment import read_environment
from plexus.config.reload import ConfigHolder
from tests.bench.replies import wish
from tests.soak.kinds import FORMATS, Kind, alias, configuration, kinds


def test_every_pair_of_formats_and_every_door_is_there_whole_and_streamed() -> None:
    found = kinds()
    assert len(set(found)) == len(found) == 48
    assert {(k.client, k.provider, k.stream) for k in found if k.door == "listener"} == {
        (client, provider, stream)
        for client in FORMATS
        for provider in FORMATS
        for stream in (False, True)
    }
    assert {(k.client, k.door) for k in found} == {
        (client, door) for client in FORMATS for door in ("listener", "proxy-h1", "proxy-h2")
    }


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.scenario.name)
def test_a_call_asks_for_what_its_kind_says(kind: Kind) -> None:
    asked, slow = (wish(call.request("h")) for call in (kind.scenario, kind.endless))
    assert (asked.pieces, asked.pace) == (20 if kind.stream else None, 0)
    assert (slow.pieces, slow.pace) == ((200, 0.002) if kind.stream else (None, 0))
    body = json.loads(kind.scenario.body)
    assert alias(kind.provider) in (
        body.get("model"),
        kind.scenario.path.split("/")[-1].split(":")[0],
    )


def test_the_configuration_has_an_alias_for_each_provider(tmp_path: Path) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text(configuration(9))
    snapshot = ConfigHolder.open(path, read_environment({}), {}).current
    assert set(snapshot.aliases) == {alias(name) for name in FORMATS}
    assert {name: list(p.urls) for name, p in snapshot.providers.items()} == {
        name: [name] for name in FORMATS
    }
