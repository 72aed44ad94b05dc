"""The `quotas:` list of early 2026."""

from __future__ import annotations

from plexus.config.legacy import move_quotas
from tests.config.making import snapshot_of

FILE = """
providers:
  a: {api_base_url: 'https://x.example', api_key: k}
  b: {api_base_url: 'https://x.example', api_key: k, quota_checker: {type: own}}
quotas:
  - {id: q1, type: naga, provider: a, enabled: false, intervalMinutes: 5, options: {x: 1}}
  - {id: q2, type: naga, provider: b}
  - {id: q3, type: naga, provider: c}
  - {type: naga}
  - nonsense
"""


def test_an_entry_becomes_its_provider_s_checker_and_the_rest_is_warned_of() -> None:
    snapshot = snapshot_of(FILE)
    assert snapshot.providers["a"].raw["quota_checker"] == {
        "id": "q1",
        "type": "naga",
        "enabled": False,
        "intervalMinutes": 5.0,
        "options": {"x": 1},
    }
    checker = snapshot.providers["b"].raw["quota_checker"]
    assert isinstance(checker, dict)
    assert checker["type"] == "own"
    assert snapshot.warnings[:5] == (
        "quotas.0: this old form still works; move it to providers.a.quota_checker",
        "quotas.1: the provider 'b' has a quota_checker of its own; it has no effect",
        "quotas.2: there is no provider 'c'; it has no effect",
        "quotas.3: is no quota checker with a type and a provider; it has no effect",
        "quotas.4: is no quota checker with a type and a provider; it has no effect",
    )
    assert "quotas" not in snapshot.sections


def test_a_file_without_the_list_is_left_alone() -> None:
    assert move_quotas({"providers": {}}) == ({"providers": {}}, ())


def test_a_list_that_is_none_does_not_keep_plexus_from_starting() -> None:
    assert snapshot_of("quotas: yes").warnings[0] == (
        "quotas: is an old key and no list; it has no effect"
    )
    assert (
        snapshot_of("quotas: [{provider: a, type: x}]").warnings[0].startswith("quotas.0: there is")
    )
