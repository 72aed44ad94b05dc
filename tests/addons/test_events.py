"""Plexus's own hooks."""

import pytest
from mitmproxy import http
from mitmproxy.test import taddons

from plexus.addons.events import PlanEdit, PlexusPlanHook, edited, is_heard
from plexus.addons.exchange import Plan
from plexus.addons.master import PlexusMaster
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import exchange, plan, provider, snapshot, target
from tests.addons.making import flow_of

SNAPSHOT = snapshot(providers=(provider("a", api_key="k"), provider("off", enabled=False)))


def edit() -> PlanEdit:
    return PlanEdit(plan(target("a/x"), target("b/y"), skipped=("c/z: rests",)), SNAPSHOT)


def told(found: Plan) -> list[tuple[str, str]]:
    return [(one.name, one.reason) for one in found.targets]


def test_an_unchanged_plan_stays_as_it_is() -> None:
    one = edit()
    assert one.result() == plan(target("a/x"), target("b/y"), skipped=("c/z: rests",))


def test_a_target_can_be_put_first() -> None:
    one = edit()
    one.first("b/y", "the script likes it")
    one.first("nobody/there", "is not in the plan")
    assert told(one.result()) == [("b/y", "the script likes it"), ("a/x", "test")]


def test_a_target_can_be_dropped_with_a_reason() -> None:
    one = edit()
    one.drop("a/x", "too far")
    one.drop("a/x", "again")
    assert told(one.result()) == [("b/y", "test")]
    assert one.result().skipped == ("c/z: rests", "a/x: too far")


def test_a_target_can_be_added_with_its_key() -> None:
    one = edit()
    one.add("a", "new/model", "the script says so")
    added = one.result().targets[-1]
    assert (added.name, added.reason, added.api_key) == ("a/new/model", "the script says so", "k")


@pytest.mark.parametrize("name", ["nobody", "off"])
def test_an_unknown_provider_cannot_be_added(name: str) -> None:
    with pytest.raises(ValueError, match="is not configured, or disabled"):
        edit().add(name, "m", "why not")


def test_a_plan_without_targets_is_refused() -> None:
    one = edit()
    for name in ("a/x", "b/y"):
        one.drop(name, "no")
    with pytest.raises(
        GatewayError, match=r"left by the addon scripts.*a/x: no; b/y: no"
    ) as caught:
        one.result()
    assert caught.value.kind is Kind.UNAVAILABLE


class Reverser:
    def plexus_plan(self, flow: http.HTTPFlow, plan_edit: PlanEdit) -> None:
        plan_edit.targets.reverse()


async def test_the_hook_is_only_heard_when_an_addon_implements_it() -> None:
    master = PlexusMaster(taddons.context().options)
    with taddons.context() as context:
        context.master.addons = master.addons
        assert is_heard(PlexusPlanHook) is False
        master.addons.add(Reverser())
        assert is_heard(PlexusPlanHook) is True


async def test_under_stock_mitmproxy_somebody_may_always_listen() -> None:
    with taddons.context():
        assert is_heard(PlexusPlanHook) is True


async def test_what_an_addon_makes_of_a_plan_counts() -> None:
    call = exchange(snapshot=SNAPSHOT)
    with taddons.context(Reverser()):
        found = await edited(flow_of(call), call, plan(target("a/x"), target("b/y")))
    assert [one.name for one in found.targets] == ["b/y", "a/x"]
