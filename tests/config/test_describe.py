"""One line about a configuration, or about two."""

from __future__ import annotations

from plexus.config.describe import difference, summary
from tests.config.making import PROVIDER, snapshot_of


def test_a_summary_counts_what_there_is() -> None:
    assert summary(snapshot_of(PROVIDER)) == (
        "providers 1, aliases 0, keys 0, user quotas 0, MCP servers 0 (from plexus.yaml)"
    )


def test_a_difference_counts_what_came_went_and_changed_without_a_value() -> None:
    models = "models: {{a: {{targets: []}}, b: {{targets: [], lossless: {}}}, {}: {{targets: []}}}}"
    keys = "adminKey: boss\nkeys: {k: {secret: hush}}"
    old = snapshot_of(PROVIDER + models.format("true", "c"))
    new = snapshot_of(PROVIDER + models.format("false", "d") + "\n" + keys)
    assert difference(old, new) == "aliases +1 -1 ~1, keys +1 -0 ~0, settings"


def test_a_changed_comment_is_no_difference() -> None:
    assert difference(snapshot_of(PROVIDER), snapshot_of(f"# new\n{PROVIDER}")) == "comments only"
