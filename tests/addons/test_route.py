"""The plan is made over the snapshot that the call began with."""

from plexus.addons.route import Route
from tests.addons.factories import alias, principal, snapshot
from tests.addons.making import services, under_way

FAST = snapshot(alias("fast", "acme/x"))


async def test_a_call_gets_its_plan() -> None:
    async with services(FAST) as made:
        flow, call = under_way(made, snapshot=FAST, model="fast", principal=principal())
        Route(made).request(flow)
    assert call.plan is not None
    assert [target.name for target in call.plan.targets] == ["acme/x"]
    assert call.timeline.ms("routed") is not None


async def test_a_reload_does_not_change_a_call_under_way() -> None:
    async with services(snapshot(alias("fast", "acme/other"))) as made:
        flow, call = under_way(made, snapshot=FAST, model="fast", principal=principal())
        Route(made).request(flow)
    assert call.plan is not None and call.plan.targets[0].name == "acme/x"


async def test_a_model_that_nobody_knows_is_refused() -> None:
    async with services(FAST) as made:
        flow, call = under_way(made, snapshot=FAST, model="fats", principal=principal())
        Route(made).request(flow)
    assert call.plan is None
    assert flow.response is not None and flow.response.status_code == 404
    assert "did you mean 'fast'?" in (flow.response.get_text() or "")


async def test_observed_calls_and_calls_of_nobody_are_not_planned() -> None:
    async with services(FAST) as made:
        for other in (
            {"door": "observe", "principal": principal()},
            {"principal": None},
        ):
            flow, call = under_way(made, snapshot=FAST, model="fast", **other)
            Route(made).request(flow)
            assert call.plan is None and flow.response is None
