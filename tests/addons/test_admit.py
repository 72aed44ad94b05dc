"""What no target could serve is refused before one is looked for."""

import pytest

from plexus.addons.admit import Admit
from plexus.addons.identify import is_served
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import Kind
from tests.addons.factories import head
from tests.addons.making import services, under_way


async def test_a_chat_call_with_a_model_is_admitted() -> None:
    async with services() as made:
        flow, call = under_way(made, model="m")
        Admit(made).request(flow)
    assert flow.response is None and call.error is None


@pytest.mark.parametrize("model", [None, ""])
async def test_a_call_without_a_model_is_refused(model: str | None) -> None:
    async with services() as made:
        flow, call = under_way(made, model=model)
        Admit(made).request(flow)
    assert flow.response is not None and flow.response.status_code == 400
    assert call.error is not None
    assert (call.error.kind, call.error.where) == (Kind.BAD_REQUEST, "model")


@pytest.mark.parametrize("operation", [one for one in Operation if not is_served(Match(one))])
async def test_an_operation_that_is_not_served_is_refused_by_name(operation: Operation) -> None:
    async with services() as made:
        flow, call = under_way(
            made, model="m", match=Match(operation), head=head("/v1/embeddings?key=hidden")
        )
        Admit(made).request(flow)
    assert flow.response is not None and flow.response.status_code == 404
    assert call.error is not None
    assert call.error.message == "POST /v1/embeddings is not served by this version"


async def test_an_observed_call_belongs_to_its_provider_whatever_it_asks() -> None:
    async with services() as made:
        flow, call = under_way(made, door="observe", match=Match(Operation.EMBED))
        Admit(made).request(flow)
    assert flow.response is None and call.error is None
