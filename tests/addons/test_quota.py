"""The verb: it asks the quotas of a call that has some, and lets others pass without a wait."""

import inspect
from typing import Any

from mitmproxy import http

from plexus.addons.account import Account
from plexus.addons.exchange import Exchange
from plexus.addons.quota import Quota
from plexus.addons.services import Services
from plexus.transforms.wire import JsonObject, object_at, parse_object
from tests.addons.factories import key, plan, principal, snapshot, target
from tests.addons.making import rows_of, services, under_way

ONE: JsonObject = {"type": "daily", "limitType": "requests", "limit": 1}
BOUND = key(quotas=("one",))
CONFIG = snapshot(keys=(BOUND,), user_quotas={"one": ONE})


async def passed(made: Services, number: int, **other: Any) -> tuple[http.HTTPFlow, Exchange]:
    """Have a call pass the verb; return its flow and the call."""
    flow, call = under_way(
        made,
        **{
            "id": f"call-{number}",
            "snapshot": CONFIG,
            "principal": principal(key=BOUND, name="app"),
            "plan": plan(target()),
            "model": "m",
            **other,
        },
    )
    result = Quota(made).request(flow)
    assert result is not None
    await result
    return flow, call


async def test_a_call_without_a_quota_passes_without_a_wait() -> None:
    async with services() as made:
        flow, call = under_way(made, principal=principal(), plan=plan(target()))
        result = Quota(made).request(flow)
    assert result is None
    assert (flow.response, call.reply) == (None, None)
    assert not inspect.iscoroutinefunction(Quota.request)


async def test_what_is_no_call_of_ours_passes() -> None:
    async with services() as made:
        flow, call = under_way(made)
        made.exchanges.drop(call.id)
        assert Quota(made).request(flow) is None


async def test_a_call_over_the_limit_is_refused_in_its_own_format_and_entered_as_that() -> None:
    async with services(CONFIG) as made:
        await passed(made, 1)
        flow, _ = await passed(made, 2)
        Account(made).response(flow)
        rows = await rows_of(made)
    reply = flow.response
    assert reply is not None
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.headers["x-plexus-quota"] == "one"
    error = object_at(parse_object(reply.content or b""), "error")
    assert error is not None
    assert (error["code"], error["quota_name"]) == ("quota_exceeded", "one")
    assert [row.response_status for row in rows] == ["quota_exceeded"]


async def test_a_call_that_passes_bears_its_headers_and_the_time_it_took() -> None:
    async with services(CONFIG) as made:
        flow, call = await passed(made, 1)
    assert flow.response is None
    assert call.quota_headers["x-plexus-quota-remaining"] == "1"
    assert "reserved" in call.timeline.as_json()
