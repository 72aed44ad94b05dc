"""Rests are shared through the store; without it they are kept in memory, and one line says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text

from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.rest import RestRules
from plexus.addons.routing.sharing import EVERY_S, Sharing
from plexus.store.records import CooldownRecord
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import target

DOWN = GatewayError(Kind.UPSTREAM_DOWN, "oops", upstream_status=500)
FAST = target("acme/fast")


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.open(":memory:")
    yield opened
    await opened.close()


def failing() -> Cooldowns:
    """Cooldowns that know of one failure."""
    cooldowns = Cooldowns(time.time)
    cooldowns.failed(FAST, DOWN, time.monotonic())
    return cooldowns


async def run(sharing: Sharing, *turns: Callable[[], object]) -> None:
    """Run the sharing; before each of its turns something happens."""
    left = list(turns)

    async def pause(stop: asyncio.Event, seconds: float) -> bool:
        assert seconds == EVERY_S
        if not left:
            return True
        done = left.pop(0)()
        if asyncio.iscoroutine(done):
            await done
        return False

    await sharing.run(asyncio.Event(), pause=pause)


def nothing() -> None:
    """Let a turn pass."""


async def rename(store: Store, old: str, new: str) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_what_one_gateway_learns_the_other_knows_a_turn_later(store: Store) -> None:
    one, other = failing(), Cooldowns(time.time)
    writing, reading = Sharing(one, store.cooldowns), Sharing(other, store.cooldowns)
    await run(writing, nothing)
    await run(reading, nothing)
    assert (other.blocked(FAST) or "").startswith("on cooldown for 120 s after 1 failure")
    other.clear()
    await run(reading, nothing)
    await run(writing, nothing)
    assert one.blocked(FAST) is None


async def test_a_start_takes_over_what_was_saved_at_the_stop(store: Store) -> None:
    await Sharing(failing(), store.cooldowns).save()
    again = Cooldowns(time.time)
    await Sharing(again, store.cooldowns).load()
    assert again.blocked(FAST)


async def test_what_changed_last_is_saved_when_the_sharing_stops(store: Store) -> None:
    await run(Sharing(failing(), store.cooldowns))
    assert [record.provider for record in await store.cooldowns.all()] == ["acme"]


async def test_nothing_is_read_again_unless_it_changed(store: Store) -> None:
    cooldowns = failing()
    reads = 0

    class Counting(type(store.cooldowns)):  # type: ignore[misc]  # the class of a fixture
        async def all(self) -> list[CooldownRecord]:
            nonlocal reads
            reads += 1
            found: list[CooldownRecord] = await super().all()
            return found

    log = store.cooldowns
    counting = Counting(engine=log.engine, instance=log.instance, clock=log.clock)
    await run(Sharing(cooldowns, counting), *[nothing] * 5)
    assert reads == 1


async def test_exempt_providers_rests_are_pruned_everywhere(store: Store) -> None:
    await Sharing(failing(), store.cooldowns).save()
    calm = Cooldowns(time.time, rules=lambda: RestRules(exempt=frozenset({"acme"})))
    sharing = Sharing(calm, store.cooldowns)
    await sharing.load()
    await run(sharing, nothing)
    assert [record.failures for record in await store.cooldowns.all()] == [0]


async def test_without_the_store_rests_stay_in_memory_and_one_line_says_so(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "plexus.addons.routing.sharing")
    cooldowns = failing()
    caplog.clear()
    sharing = Sharing(cooldowns, store.cooldowns)
    await run(
        sharing,
        lambda: rename(store, "cooldowns", "away"),
        nothing,
        nothing,
        lambda: rename(store, "away", "cooldowns"),
    )
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("cooldowns.not_shared reason=") and "no such table" in told[0]
    assert told[1] == "cooldowns.shared_again"
    assert cooldowns.blocked(FAST)
    assert len(await store.cooldowns.all()) == 1


async def test_a_start_and_a_stop_without_the_table_go_on(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await rename(store, "cooldowns", "away")
    sharing = Sharing(failing(), store.cooldowns)
    await sharing.load()
    await sharing.save()
    assert caplog.text.count("cooldowns.not_shared") == 1


async def test_rows_of_long_ago_are_removed_at_the_start_and_now_and_then(store: Store) -> None:
    old = CooldownRecord(
        provider="a", model="b", credential="", expires_at=5, failures=1, updated_at=5
    )
    sharing = Sharing(Cooldowns(time.time), store.cooldowns, tidy_turns=3)
    await store.cooldowns.save([old])
    await sharing.load()
    assert await store.cooldowns.all() == []
    await store.cooldowns.save([old])
    await run(sharing, nothing, nothing)
    assert len(await store.cooldowns.all()) == 1
    await run(sharing, nothing, nothing, nothing)
    assert await store.cooldowns.all() == []
