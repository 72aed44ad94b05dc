"""The keys of a provider take turns."""

from plexus.addons.routing.keys import Rotation
from tests.addons.factories import provider, target

ACME = provider("acme", api_key="k1", api_keys=("k1", "k2"))
KEYED = [target("acme/x", provider=ACME, api_key=key) for key in ("k1", "k2")]


def test_the_turn_passes_on_with_each_use() -> None:
    rotation = Rotation()
    assert list(rotation.rotated(KEYED)) == KEYED
    rotation.used(KEYED[0])
    assert list(rotation.rotated(KEYED)) == KEYED[::-1]
    rotation.used(KEYED[1])
    assert list(rotation.rotated(KEYED)) == KEYED


def test_providers_count_by_themselves_and_one_key_needs_no_turn() -> None:
    rotation, other = Rotation(), provider("other", api_key="k", api_keys=("k",))
    single = [target("other/x", provider=other)]
    rotation.used(single[0])
    assert rotation.rotated(single) is single
    assert list(rotation.rotated(KEYED)) == KEYED
