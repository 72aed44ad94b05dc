"""What a call asks of its quotas, and its plan when some say no."""

from plexus.addons.metering.quota_wish import covers, narrowed, wishes
from plexus.transforms.ir import Usage
from tests.addons.factories import plan, target
from tests.addons.metering.test_quota import NOON, quota

BIG, SMALL = target("acme/big"), target("acme/small")
BOTH = plan(BIG, SMALL)


def cents(place: object, usage: Usage) -> float:
    return 0.01 * (usage.output or 0)


def test_a_quota_is_required_when_it_is_about_every_target() -> None:
    quotas = [
        quota(name="all"),
        quota(name="big", allowed_models=frozenset({"big"})),
        quota(name="shadow", shadow=True),
        quota(name="elsewhere", allowed_providers=frozenset({"other"})),
    ]
    found = wishes(quotas, BOTH, {"max_tokens": 7}, cents, NOON)
    assert [(one.quota.name, one.ask.required, one.ask.blocks) for one in found] == [
        ("all", True, True), ("big", False, True), ("shadow", False, False),
    ]  # fmt: skip


def test_each_asks_for_its_own_unit_out_of_its_limit() -> None:
    units = ["requests", "tokens", "cost"]
    quotas = [quota(name=unit, unit=unit, limit=9.0) for unit in units]
    asks = [one.ask for one in wishes(quotas, BOTH, {"max_tokens": 7}, cents, NOON)]
    assert [(ask.amount, ask.whole, ask.limit) for ask in asks] == [
        (1.0, True, 9.0), (7.0, False, 9.0), (0.07, False, 9.0),
    ]  # fmt: skip
    assert [ask.bucket for ask in asks] == [one.bucket(NOON) for one in quotas]


def test_the_targets_of_closed_quotas_leave_the_plan_and_are_named_once() -> None:
    twice = plan(BIG, BIG, SMALL, skipped=("acme/old: disabled",))
    left = narrowed(twice, [quota(name="cap", allowed_models=frozenset({"big"}))])
    assert left.targets == (SMALL,)
    assert left.skipped == ("acme/old: disabled", "acme/big: quota_exceeded:cap")


def test_nothing_may_be_left() -> None:
    caps = [quota(name=name, allowed_models=frozenset({name})) for name in ("big", "small")]
    left = narrowed(BOTH, caps)
    assert left.targets == ()
    assert left.skipped == (
        "acme/big: quota_exceeded:big", "acme/small: quota_exceeded:small",
    )  # fmt: skip


def test_a_quota_covers_by_the_names_at_the_provider() -> None:
    one = quota(allowed_models=frozenset({"big"}))
    assert (covers(one, BIG), covers(one, SMALL)) == (True, False)
