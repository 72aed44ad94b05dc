"""The verb that counts."""

import pytest

from plexus.addons.count import Count
from plexus.transforms.codec import Match, Operation
from plexus.transforms.wire import JsonObject, parse_object
from tests.addons.factories import DIALECTS, plan, target
from tests.addons.making import done, services, under_way

HELLO: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hello you"}]}


async def test_a_count_is_answered_as_the_first_target_would_count() -> None:
    async with services() as made:
        flow, call = under_way(
            made,
            dialect=DIALECTS["messages"],
            match=Match(Operation.COUNT_TOKENS),
            body=HELLO,
            plan=plan(target("acme/one"), target("acme/two")),
        )
        await done(Count(made).request(flow))
    assert flow.response is not None and flow.response.status_code == 200
    assert parse_object(flow.response.content or b"") == {"input_tokens": 9}
    assert "acme/one" in flow.response.headers["x-plexus-dropped"]
    assert call.reply is not None


async def test_a_count_that_cannot_be_read_is_refused_in_the_clients_shape() -> None:
    async with services() as made:
        flow, _ = under_way(
            made,
            dialect=DIALECTS["messages"],
            match=Match(Operation.COUNT_TOKENS),
            body={"model": "m"},
            plan=plan(target()),
        )
        await done(Count(made).request(flow))
    assert flow.response is not None and flow.response.status_code == 400
    assert parse_object(flow.response.content or b"")["type"] == "error"


@pytest.mark.parametrize(
    "other",
    [
        {"match": Match(Operation.CHAT), "plan": plan(target())},
        {"match": Match(Operation.COUNT_TOKENS), "plan": None, "door": "observe"},
    ],
)
async def test_chat_calls_and_observed_ones_pass(other: dict[str, object]) -> None:
    async with services() as made:
        flow, call = under_way(made, dialect=DIALECTS["messages"], body=HELLO, **other)
        await done(Count(made).request(flow))
    assert flow.response is None and call.reply is None
