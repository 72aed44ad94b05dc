"""Stored things expire: at the start and every hour, whatever a single run meets."""

from __future__ import annotations

import asyncio

import pytest

from plexus.addons.stateful.cleaning import EVERY_S, clean, expired_before, run_cleaning, ttl_ms
from plexus.store.store import Store
from tests.addons.factories import snapshot
from tests.store.remembering import conversation, keep, response

DAY_MS = 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("sections", "days"), [({}, 7), ({"responses": {"ttl_days": 2.5}}, 2.5), ({"responses": {}}, 7)]
)
def test_the_lifetime_is_configured_in_days(sections: dict[str, object], days: float) -> None:
    assert ttl_ms(snapshot(sections=sections)) == days * DAY_MS


def test_what_is_older_than_the_lifetime_has_expired() -> None:
    week, day = (snapshot(sections={"responses": {"ttl_days": n}}) for n in (7, 1))
    assert abs(expired_before(day) - expired_before(week) - 6 * DAY_MS) < 10_000


async def test_responses_and_conversations_go() -> None:
    store = await Store.open("sqlite://:memory:")
    await store.conversations.create(conversation("conv_1"), None)
    await keep(store, response("resp_1"), response("resp_2", created_at=5000))
    assert await clean(store, 2000) == (1, 1)
    assert await clean(store, 2000) == (0, 0)
    await store.close()


async def test_it_cleans_at_once_and_every_hour_until_it_is_stopped() -> None:
    store = await Store.open("sqlite://:memory:")
    await keep(store, *[response(f"resp_{n}", created_at=n) for n in range(4)])
    limits = iter((1, 2, 3))
    pauses: list[float] = []

    async def pause(stop: asyncio.Event, seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == 3

    await run_cleaning(store, lambda: next(limits), asyncio.Event(), pause=pause)
    left = [await store.responses.get(f"app/resp_{n}", since=0) for n in range(4)]
    await store.close()
    assert pauses == [EVERY_S] * 3
    assert [record is not None for record in left] == [False, False, False, True]


async def test_a_database_that_fails_is_tried_again_in_an_hour(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = await Store.open("sqlite://:memory:")
    await keep(store, response("resp_1"))
    limits = iter((OSError("gone"), 2000))
    pauses: list[float] = []

    def before() -> int:
        limit = next(limits)
        if isinstance(limit, OSError):
            raise limit
        return limit

    async def pause(stop: asyncio.Event, seconds: float) -> bool:
        pauses.append(seconds)
        return len(pauses) == 2

    await run_cleaning(store, before, asyncio.Event(), pause=pause)
    assert await store.responses.get("app/resp_1", since=0) is None
    await store.close()
    assert "responses.cleaning_failed reason=OSError: gone" in caplog.text
