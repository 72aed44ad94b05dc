"""Conversations over HTTP, as clients without an SDK see them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.addons.stateful.serving import serving

ONE = {"type": "message", "role": "user", "content": "One"}
TWO = {"type": "message", "role": "user", "content": "Two"}


async def create(client: httpx.AsyncClient, **body: Any) -> str:
    """Create a conversation and return its id."""
    reply = await client.post("/conversations", json=body)
    assert reply.status_code == 200, reply.text
    identity: str = reply.json()["id"]
    return identity


async def texts(client: httpx.AsyncClient, identity: str, **query: str) -> list[str]:
    page = await client.get(f"/conversations/{identity}/items", params={"order": "asc", **query})
    return [item["content"][0]["text"] for item in page.json()["data"]]


async def test_a_conversation_may_be_created_empty_without_a_body() -> None:
    async with serving() as on:
        made = (await on.client.post("/conversations")).json()
        found = (await on.client.get(f"/conversations/{made['id']}")).json()
    assert made == found
    assert made["object"] == "conversation" and made["metadata"] == {}
    assert made["id"].startswith("conv_") and len(made["id"]) >= 29


async def test_a_conversation_may_bring_its_id_items_and_metadata() -> None:
    async with serving() as on:
        identity = await create(on.client, id="conv_mine", items=[ONE, TWO], metadata={"a": "b"})
        again = await on.client.post("/conversations", json={"id": "conv_mine"})
        foreign = await create(on.other, id="conv_mine")
        assert await texts(on.client, identity) == ["One", "Two"]
        assert await texts(on.other, foreign) == []
        shown = (await on.client.get("/conversations/conv_mine")).json()
    assert shown["metadata"] == {"a": "b"}
    assert (again.status_code, again.json()["error"]["code"]) == (400, "conversation_exists")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"id": "mine"}, "id"),
        ({"id": "conv_a/b"}, "id"),
        ({"id": 7}, "id"),
        ({"items": "One"}, "items"),
        ({"items": ["One"]}, "items"),
        ({"metadata": []}, "metadata"),
    ],
)
async def test_what_makes_no_conversation_is_refused(body: dict[str, Any], param: str) -> None:
    async with serving() as on:
        reply = await on.client.post("/conversations", json=body)
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


async def test_a_foreign_conversation_is_not_there() -> None:
    async with serving() as on:
        identity = await create(on.client, items=[ONE])
        item = (await on.client.get(f"/conversations/{identity}/items")).json()["first_id"]
        root = f"/conversations/{identity}"
        replies = [
            await on.other.get(root),
            await on.other.post(root, json={"metadata": {}}),
            await on.other.delete(root),
            await on.other.get(f"{root}/items"),
            await on.other.post(f"{root}/items", json={"items": [TWO]}),
            await on.other.get(f"{root}/items/{item}"),
            await on.other.delete(f"{root}/items/{item}"),
        ]
        assert await texts(on.client, identity) == ["One"]
    assert [reply.status_code for reply in replies] == [404] * 7
    assert {reply.json()["error"]["code"] for reply in replies} == {"conversation_not_found"}


async def test_metadata_is_replaced() -> None:
    async with serving() as on:
        identity = await create(on.client, metadata={"a": "b"})
        changed = await on.client.post(f"/conversations/{identity}", json={"metadata": {"c": "d"}})
        found = (await on.client.get(f"/conversations/{identity}")).json()
    assert changed.json() == found
    assert found["metadata"] == {"c": "d"}


async def test_items_are_added_shown_and_taken_out() -> None:
    async with serving() as on:
        identity = await create(on.client, items=[ONE])
        items = f"/conversations/{identity}/items"
        added = (await on.client.post(items, json={"items": [TWO, ONE]})).json()
        second = added["data"][0]
        shown = (await on.client.get(f"{items}/{second['id']}")).json()
        after = (await on.client.delete(f"{items}/{second['id']}")).json()
        gone = await on.client.delete(f"{items}/{second['id']}")
        left = await texts(on.client, identity)
        empty = await on.client.post(items, json={"items": []})
    assert shown == second
    assert (added["object"], added["first_id"], added["has_more"]) == ("list", second["id"], False)
    assert after["id"] == identity and after["object"] == "conversation"
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "item_not_found")
    assert left == ["One", "One"]
    assert empty.status_code == 400


async def test_items_are_listed_by_pages() -> None:
    async with serving() as on:
        identity = await create(on.client, items=[ONE, TWO])
        page = (await on.client.get(f"/conversations/{identity}/items?limit=1")).json()
        rest = await texts(on.client, identity, order="desc", after=page["last_id"])
    assert page["data"][0]["content"][0]["text"] == "Two"  # newest first
    assert page["has_more"] and rest == ["One"]


async def test_deleting_twice_is_told() -> None:
    async with serving() as on:
        identity = await create(on.client, items=[ONE])
        first = await on.client.delete(f"/conversations/{identity}")
        second = await on.client.delete(f"/conversations/{identity}")
        items = await on.client.get(f"/conversations/{identity}/items")
    assert first.json() == {"id": identity, "object": "conversation.deleted", "deleted": True}
    assert (second.status_code, items.status_code) == (404, 404)
