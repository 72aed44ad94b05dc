"""Which web pages may call the gateway."""

import pytest

from plexus.addons.cors import is_cors_open, is_foreign_page
from plexus.config.snapshot import Snapshot


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://localhost:3000"}, False),
        ({"origin": "http://127.0.0.1:4000"}, False),
        ({"origin": "http://[::1]:4000"}, False),
        ({"origin": "https://example.com"}, True),
        ({"origin": "null"}, True),
    ],
)
def test_only_pages_of_this_machine_are_at_home(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign_page(headers) is foreign


def test_pages_may_read_replies_only_where_keys_are_required() -> None:
    assert is_cors_open(Snapshot(version="1", source="test", keys={})) is True
    assert is_cors_open(Snapshot(version="1", source="test", keys=None)) is False
