"""Every plug-in in `quirks/` is a quirk, and none changes what it does not know."""

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Quirk
from plexus.transforms.registry import discover

QUIRKS: dict[str, Quirk] = discover("plexus.transforms.quirks", "QUIRK")


def test_there_are_quirks_for_the_owners_of_the_formats() -> None:
    assert {"anthropic", "deepseek", "openai"} <= set(QUIRKS)


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
def test_a_quirk_is_named_and_its_hosts_are_bare_lower_case_names(quirk: Quirk) -> None:
    assert quirk.name
    for host in quirk.hosts:
        assert host == host.lower().strip(".")
        assert not set(host) & set(":/ ")


def test_no_two_quirks_claim_one_host() -> None:
    hosts = [host for quirk in QUIRKS.values() for host in quirk.hosts]
    assert len(hosts) == len(set(hosts))


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
@pytest.mark.parametrize("model", ["", "x", "a/b:c-20250101", "é" * 300])
def test_a_quirk_takes_any_model_name_and_applied_twice_is_applied_once(
    quirk: Quirk, model: str
) -> None:
    once = quirk.traits(model, Traits())
    assert quirk.traits(model, once) == once


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=QUIRKS)
def test_a_quirk_leaves_what_others_found_alone(quirk: Quirk) -> None:
    found = Traits(tool_id="nine", max_output=4096, cache_marks=True)
    after = quirk.traits("some-model", found)
    assert (after.tool_id, after.max_output, after.cache_marks) == ("nine", 4096, True)
