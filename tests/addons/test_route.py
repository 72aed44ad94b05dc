"""The plan is made over the snapshot that the call began with."""

from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import taddons

from plexus.addons.events import PlanEdit
from plexus.addons.exchange import Exchange
from plexus.addons.route import Route
from plexus.addons.routing.health import Health
from plexus.addons.routing.sticky import Sticky
from plexus.addons.services import Services
from plexus.transforms.codec import Match, Operation
from plexus.transforms.wire import JsonObject
from tests.addons.factories import alias, exchange, head, plan, principal, snapshot, target
from tests.addons.making import done, services, under_way

FAST = snapshot(alias("fast", "acme/x"))
SMALL = snapshot(
    alias(
        "fast",
        "acme/x",
        enforce_limits=True,
        metadata={"overrides": {"context_length": 10}},
    )
)


async def routed(made: Services, **other: Any) -> tuple[http.HTTPFlow, Exchange]:
    flow, call = under_way(
        made, **{"snapshot": FAST, "model": "fast", "principal": principal(), **other}
    )
    await done(Route(made, is_heard=lambda hook: False).request(flow))
    return flow, call


async def test_a_call_gets_its_plan() -> None:
    async with services(FAST) as made:
        _, call = await routed(made)
    assert call.plan is not None
    assert [target.name for target in call.plan.targets] == ["acme/x"]
    assert call.timeline.ms("routed") is not None
    assert call.shows_plan is False


async def test_a_reload_does_not_change_a_call_under_way() -> None:
    async with services(snapshot(alias("fast", "acme/other"))) as made:
        _, call = await routed(made)
    assert call.plan is not None and call.plan.targets[0].name == "acme/x"


async def test_a_model_that_nobody_knows_is_refused() -> None:
    async with services(FAST) as made:
        flow, call = await routed(made, model="fats")
    assert call.plan is None
    assert flow.response is not None and flow.response.status_code == 404
    assert "did you mean 'fast'?" in (flow.response.get_text() or "")


async def test_observed_calls_and_calls_of_nobody_are_not_planned() -> None:
    async with services(FAST) as made:
        for other in ({"door": "observe"}, {"principal": None}):
            flow, call = await routed(made, **other)
            assert call.plan is None and flow.response is None


async def test_a_prompt_that_does_not_fit_is_refused_before_anybody_is_asked() -> None:
    body = {"messages": [{"role": "user", "content": "x" * 400}]}
    async with services(SMALL) as made:
        flow, call = await routed(made, snapshot=SMALL, body=body)
        _, counted = await routed(
            made, snapshot=SMALL, body=body, match=Match(Operation.COUNT_TOKENS)
        )
    assert call.plan is None
    assert flow.response is not None and flow.response.status_code == 400
    assert "context_length_exceeded" in (flow.response.get_text() or "")
    assert counted.plan is not None


@pytest.mark.parametrize(
    ("headers", "admin_key", "shows"),
    [
        ({"x_plexus_explain": "1", "x_admin_key": "admin-secret"}, "admin-secret", True),
        ({"x_plexus_explain": "1", "x_admin_key": "admin-secre"}, "admin-secret", False),
        ({"x_plexus_explain": "1", "x_admin_key": "ädmin"}, "admin-secret", False),
        ({"x_plexus_explain": "1"}, "admin-secret", False),
        ({"x_admin_key": "admin-secret"}, "admin-secret", False),
        ({"x_plexus_explain": "1", "x_admin_key": ""}, "", False),
        ({"x_plexus_explain": "1", "x_admin_key": ""}, None, False),
    ],
)
async def test_only_administrators_are_shown_the_plan(
    headers: dict[str, str], admin_key: str | None, shows: bool
) -> None:
    found = snapshot(alias("fast", "acme/x"), admin_key=admin_key)
    async with services(found) as made:
        _, call = await routed(made, snapshot=found, head=head(**headers))
    assert call.shows_plan is shows


async def test_an_addon_that_listens_may_change_the_plan() -> None:
    class Adds:
        def plexus_plan(self, flow: http.HTTPFlow, plan_edit: PlanEdit) -> None:
            plan_edit.add("acme", "other", "a script's")

    async with services(FAST) as made:
        flow, call = under_way(made, snapshot=FAST, model="fast", principal=principal())
        with taddons.context(Adds()):
            await done(Route(made).request(flow))
    assert call.plan is not None
    assert [target.name for target in call.plan.targets] == ["acme/x", "acme/other"]


async def test_a_sticky_conversation_stays_with_whom_another_worker_asked() -> None:
    current = snapshot(
        alias("kept", "acme/x", "acme/y", sticky_session=True), alias("free", "acme/x", "acme/y")
    )
    said: JsonObject = {"messages": [{"role": "user", "content": one} for one in ("a", "b")]}
    async with services(current) as made:
        other = Sticky(made.store.memory)
        before = exchange(body=said)
        for name in ("kept", "free"):
            before.plan = plan(canonical=name, sticky=True)
            other.keep(before, target("acme/y"))
        await made.store.memory.flush()
        made.health = Health(sticky=Sticky(made.store.memory))
        firsts = []
        for name in ("kept", "free", "direct/acme/x"):
            _, call = await routed(made, snapshot=current, model=name, body=said)
            assert call.plan is not None
            firsts.append(call.plan.targets[0].name)
    assert firsts == ["acme/y", "acme/x", "acme/x"]
