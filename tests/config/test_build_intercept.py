"""The intercepting door."""

from __future__ import annotations

from plexus.config.hosts import HOSTS
from plexus.config.snapshot import InterceptHost
from tests.config.making import snapshot_of


def test_without_a_section_every_known_host_is_observed() -> None:
    intercept = snapshot_of("{}").intercept
    assert intercept.mode == "observe"
    assert list(intercept.hosts) == [host for host, _, _ in HOSTS]
    assert {host.mode for host in intercept.hosts.values()} == {"observe"}


def test_a_host_takes_what_is_not_written_from_the_built_in_one_and_the_section() -> None:
    hosts = snapshot_of(
        """
        intercept:
          mode: route
          hosts:
            API.OpenAI.com: {mode: observe}
            api.anthropic.com:
            llm.example.internal: {dialect: google, connect_to: "127.0.0.1:18443"}
        """
    ).intercept.hosts
    assert hosts["api.openai.com"] == InterceptHost(
        host="api.openai.com", mode="observe", dialect="openai", provider="openai"
    )
    assert hosts["api.anthropic.com"] == InterceptHost(
        host="api.anthropic.com", mode="route", dialect="messages", provider="anthropic"
    )
    assert hosts["llm.example.internal"] == InterceptHost(
        host="llm.example.internal",
        mode="route",
        dialect="gemini",
        provider="llm.example.internal",
        connect_to=("127.0.0.1", 18443),
    )
    assert len(hosts) == len(HOSTS) + 1


def test_a_known_host_s_dialect_may_be_overridden() -> None:
    hosts = snapshot_of("intercept: {hosts: {api.x.ai: {dialect: anthropic}}}").intercept.hosts
    assert hosts["api.x.ai"].dialect == "messages"
