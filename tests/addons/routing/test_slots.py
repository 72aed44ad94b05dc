"""Calls under way, and their limits."""

from plexus.addons.exchange import Target
from plexus.addons.routing.slots import Slots
from plexus.config.snapshot import Model
from tests.addons.factories import provider, target


def limited(name: str = "acme/fast", *, whole: int | None = None, own: int | None = None) -> Target:
    owner, _, model = name.partition("/")
    served_by = provider(owner, max_concurrency=whole)
    return target(name, provider=served_by, model=Model(name=model, max_concurrency=own))


def test_what_has_no_limit_is_never_full_nor_counted() -> None:
    slots = Slots()
    for _ in range(100):
        slots.take(limited())
    assert (slots.full(limited()), slots.taken("acme")) == (None, 0)


def test_a_provider_is_full_for_all_its_models() -> None:
    slots = Slots()
    slots.take(limited("acme/fast", whole=2))
    assert slots.full(limited("acme/other", whole=2)) is None
    slots.take(limited("acme/other", whole=2))
    assert slots.full(limited("acme/fast", whole=2)) == "concurrency limit of 2 reached for acme"
    assert slots.full(limited("other/fast", whole=2)) is None


def test_a_model_is_full_alone() -> None:
    slots = Slots()
    slots.take(limited("acme/fast", own=1))
    assert slots.full(limited("acme/fast", own=1)) == (
        "concurrency limit of 1 reached for acme/fast"
    )
    assert slots.full(limited("acme/other", own=1)) is None
    assert slots.taken("acme", "fast") == 1


def test_a_call_ends_once_however_often_it_is_said() -> None:
    slots, one = Slots(), limited(whole=2, own=2)
    release, other = slots.take(one), slots.take(one)
    release()
    release()
    assert (slots.taken("acme"), slots.taken("acme", "fast")) == (1, 1)
    other()
    assert (slots.taken("acme"), slots.taken("acme", "fast")) == (0, 0)


def test_a_limit_that_was_lowered_meanwhile_holds_at_once() -> None:
    slots = Slots()
    for _ in range(3):
        slots.take(limited(whole=5))
    assert slots.full(limited(whole=2)) == "concurrency limit of 2 reached for acme"
