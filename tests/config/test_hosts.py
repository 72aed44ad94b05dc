"""The built-in provider hosts."""

from __future__ import annotations

from plexus.config.hosts import HOSTS
from plexus.config.known_providers import KNOWN
from plexus.config.schema.intercept import normal_host


def test_hosts_are_listed_once_in_the_form_they_are_compared_in() -> None:
    names = [host for host, _, _ in HOSTS]
    assert len(set(names)) == len(names)
    assert [normal_host(name) for name in names] == names


def test_hosts_speak_dialects_that_the_front_door_knows() -> None:
    assert {dialect for _, dialect, _ in HOSTS} == {"openai", "messages", "gemini"}


def test_every_provider_that_is_found_by_its_key_is_seen_when_called_directly() -> None:
    called = {provider: host for host, _, provider in HOSTS}
    assert {known.name: f"https://{called[known.name]}" for known in KNOWN} == {
        known.name: "/".join(known.url.split("/")[:3]) for known in KNOWN
    }
