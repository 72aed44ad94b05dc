"""Stored responses over HTTP, as clients without an SDK see them."""

from __future__ import annotations

import json

import pytest

from tests.addons.stateful.serving import NOW, serving
from tests.store.remembering import keep, response


@pytest.mark.parametrize("root", ["/responses", "/codex/responses"])
async def test_a_response_is_shown_to_its_owner_alone(root: str) -> None:
    async with serving() as on:
        await keep(on.store, response("resp_1", created_at=NOW))
        shown = await on.client.get(f"{root}/resp_1")
        foreign = await on.other.get(f"{root}/resp_1")
    assert shown.status_code == 200
    assert shown.json()["id"] == "resp_1" and "plexus" not in shown.json()
    assert foreign.status_code == 404
    assert foreign.json()["error"]["code"] == "response_not_found"


async def test_a_response_that_waits_to_be_written_is_shown_already() -> None:
    async with serving() as on:
        on.store.keeper.put(response("resp_1", created_at=NOW))
        assert (await on.client.get("/responses/resp_1")).status_code == 200


async def test_an_administrator_is_told_who_answered() -> None:
    async with serving() as on:
        await keep(on.store, response("resp_1", created_at=NOW, provider="acme"))
        shown = await on.client.get("/responses/resp_1", headers={"x-admin-key": "admin-secret"})
    assert shown.json()["plexus"]["provider"] == "acme"


async def test_a_stored_response_is_not_streamed_again() -> None:
    async with serving() as on:
        await keep(on.store, response("resp_1", created_at=NOW))
        reply = await on.client.get("/responses/resp_1?stream=true")
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "stream")


async def test_the_list_is_the_owners_newest_first() -> None:
    async with serving() as on:
        await keep(on.store, *[response(f"r{n}", created_at=NOW + n) for n in range(3)])
        await keep(on.store, response("r9", "other", created_at=NOW))
        page = (await on.client.get("/responses?limit=2")).json()
        rest = (await on.client.get(f"/responses?after={page['last_id']}")).json()
        back = (await on.client.get("/responses?before=r0&limit=1")).json()
        lost = await on.client.get("/responses?after=r9")
        odd = await on.client.get("/responses?limit=1000")
    assert [one["id"] for one in page["data"]] == ["r2", "r1"]
    assert (page["object"], page["first_id"], page["has_more"]) == ("list", "r2", True)
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (["r0"], False)
    assert ([one["id"] for one in back["data"]], back["has_more"]) == (["r1"], True)
    assert (lost.status_code, odd.status_code) == (404, 400)


async def test_deleting_twice_is_told() -> None:
    async with serving() as on:
        await keep(on.store, response("resp_1", created_at=NOW))
        foreign = await on.other.delete("/responses/resp_1")
        first = await on.client.delete("/responses/resp_1")
        second = await on.client.delete("/responses/resp_1")
    assert first.json() == {"id": "resp_1", "object": "response", "deleted": True}
    assert [foreign.status_code, first.status_code, second.status_code] == [404, 200, 404]


async def test_input_items_are_those_of_the_turn() -> None:
    said = json.dumps([{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}])
    async with serving() as on:
        await keep(on.store, response("resp_1", created_at=NOW, input=said))
        page = (await on.client.get("/responses/resp_1/input_items?order=asc&limit=1")).json()
        missing = await on.client.get("/responses/resp_2/input_items")
    assert [item["content"][0]["text"] for item in page["data"]] == ["One"]
    assert page["has_more"] and page["first_id"] == page["data"][0]["id"]
    assert missing.status_code == 404
