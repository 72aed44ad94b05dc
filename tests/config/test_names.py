"""Which provider serves a name that no alias claims."""

from __future__ import annotations

import pytest

from plexus.config.names import NameIndex

INDEX = NameIndex.of(
    {
        "local": ("local/*", "*"),
        "router": ("router/auto", "router/*", "*/*"),
        "maker": ("maker/*", "made-*"),
        "copier": ("copier/*", "made-*", "copied-*"),
    }
)


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("router/auto", ("router", "router/auto")),
        ("router/maker/x", ("router", "maker/x")),
        ("maker/any", ("maker", "any")),
        ("made-1", ("maker", "made-1")),
        ("copied-1", ("copier", "copied-1")),
        ("vendor/x", ("router", "vendor/x")),
        ("anything", ("local", "anything")),
        ("maker/", ("router", "maker/")),
    ],
)
def test_exact_names_beat_prefixes_beat_families_beat_last_resorts(
    model: str, found: tuple[str, str]
) -> None:
    assert INDEX.find(model) == found


def test_a_name_that_nobody_serves_is_not_found() -> None:
    assert NameIndex.of({"maker": ("made-*",)}).find("Made-1") is None
    assert NameIndex().find("made-1") is None
