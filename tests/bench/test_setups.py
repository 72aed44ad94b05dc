"""Every setup is a configuration that the gateway takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plexus.config.environment import read_environment
from plexus.config.reload import ConfigHolder
from tests.bench.scenario import KEY
from tests.bench.setups import ALIASES, KEYS, SETUPS


@pytest.mark.parametrize("name", SETUPS)
def test_a_setup_is_a_valid_configuration(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plexus.yaml"
    path.write_text(SETUPS[name].yaml(9))
    env = dict(SETUPS[name].env)
    snapshot = ConfigHolder.open(path, read_environment(env), env).current
    many = name == "crowd"
    assert len(snapshot.aliases) == (ALIASES if many else 1)
    assert len(snapshot.keys or {}) == (KEYS if many else 1)
    assert (snapshot.keys or {})["bench"].secret == KEY
    assert (snapshot.keys or {})["bench"].quotas == (("plenty",) if name == "quota" else ())
