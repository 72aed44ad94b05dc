"""The MCP server section."""

from __future__ import annotations

import pytest

from plexus.config.schema.mcp import mcp_name_problem
from tests.config.making import complaints, snapshot_of


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with an MCP server of this content, without the path before it."""
    lines = complaints(f"mcp_servers: {{docs: {{{section}}}}}")
    return [line.removeprefix("mcp_servers.docs.") for line in lines]


def test_a_remote_server_needs_an_address_which_may_have_a_query() -> None:
    assert complaints_about("upstream_url: 'https://mcp.example/mcp?key=1'") == []
    assert complaints_about("enabled: false") == ["upstream_url: is required"]
    assert complaints_about("upstream_url: ftp://x") == [
        "upstream_url: must be a URL that begins with https:// or http://"
    ]


def test_a_local_server_needs_a_launcher_and_a_package() -> None:
    assert complaints_about("mode: local_http, launcher: uvx, package: x") == []
    assert complaints_about("mode: local_http") == [
        "launcher: is required with mode: local_http",
        "package: is required with mode: local_http",
    ]


@pytest.mark.parametrize(
    "key",
    [
        "port: 0",
        "port: 65536",
        "startup_timeout_ms: 999",
        "quota_cooldown_ms: -1",
        "mode: x",
        "headers: {A: [1]}",
        "args: x",
    ],
)
def test_values_out_of_range_are_refused(key: str) -> None:
    (said,) = complaints_about(f"upstream_url: 'https://x', {key}")
    assert said.startswith(key.partition(":")[0])


def test_defaults_are_filled_in() -> None:
    servers = snapshot_of("mcp_servers: {docs: {upstream_url: 'https://x'}}").mcp_servers
    assert servers["docs"] == {
        "mode": "remote_http",
        "upstream_url": "https://x",
        "enabled": True,
        "headers": {},
        "rate_limit_cooldown_ms": 60_000,
        "quota_cooldown_ms": 86_400_000,
        "args": [],
        "env": {},
        "path": "/mcp",
        "startup_timeout_ms": 30_000,
    }


def test_names_are_slugs_and_one_is_reserved() -> None:
    assert mcp_name_problem("docs-2") is None
    assert mcp_name_problem("plexus") is not None
    assert mcp_name_problem("Docs!") is not None
