"""The bundle of what is known of targets."""

from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Measured
from tests.addons.factories import target


def test_in_the_beginning_nobody_rests_is_busy_or_known() -> None:
    health = Health()
    one = target("acme/fast")
    assert health.cooldowns.blocked(one) is None
    assert health.slots.full(one) is None
    assert health.measures.of("acme", "fast") == Measured()


def test_bundles_share_nothing() -> None:
    assert Health().measures is not Health().measures
