"""Rests in the database: kept, compared by version, and heard of by the other gateways."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from plexus.store.cooldowns import KEPT_MS, MOST, CooldownLog
from plexus.store.records import CooldownRecord
from plexus.store.store import Store
from tests.store.calls import START

ROOT = Path(__file__).parents[2]


def rest(name: str = "acme/fast", **other: object) -> CooldownRecord:
    """A rest of two minutes."""
    provider, _, model = name.partition("/")
    known = {
        "provider": provider,
        "model": model,
        "credential": "",
        "expires_at": START + 120_000,
        "failures": 1,
        "last_error": "500: oops",
        "updated_at": START,
    }
    return CooldownRecord(**{**known, **other})  # type: ignore[arg-type]  # of these types


def at(store: Store, now: int) -> CooldownLog:
    """The rests as they are at a moment."""
    return replace(store.cooldowns, clock=lambda: now)


def states(records: list[CooldownRecord]) -> list[tuple[str, str, int]]:
    return [(record.provider, record.model, record.failures) for record in records]


async def test_what_is_saved_is_read_again_with_who_saved_it(store: Store) -> None:
    records = [
        rest("a:b/c"),
        rest("a/b:c", credential="k1", credential_problem=True),
        rest("a/b/c:free", last_error=None),
        rest("b", expires_at=2**53, failures=0),
    ]
    await store.cooldowns.save(records)
    by_name = sorted(records, key=lambda one: (one.provider, one.model, one.credential))
    mine = [replace(one, set_by=store.instances.id) for one in by_name]
    assert await store.cooldowns.all() == mine


async def test_of_too_many_rows_the_latest_are_read(store: Store) -> None:
    await store.cooldowns.save(
        [rest(f"acme/invented-{number}", updated_at=START + number) for number in range(MOST + 1)]
    )
    found = await store.cooldowns.all()
    assert (len(found), min(record.updated_at for record in found)) == (MOST, START + 1)


async def test_a_later_version_replaces_a_row_and_an_earlier_one_does_not(store: Store) -> None:
    await store.cooldowns.save([rest(failures=2, updated_at=START + 5)])
    await store.cooldowns.save([rest(failures=9, updated_at=START + 4), rest("other/one")])
    assert states(await store.cooldowns.all()) == [("acme", "fast", 2), ("other", "one", 1)]
    await store.cooldowns.save([rest(failures=3, updated_at=START + 6)])
    assert states(await store.cooldowns.all()) == [("acme", "fast", 3), ("other", "one", 1)]


async def test_the_mark_changes_with_every_change_and_only_then(store: Store) -> None:
    log = at(store, START)
    marks = [await log.mark(), await log.mark()]
    for records in ([rest()], [rest("other/one")], [rest(updated_at=START + 1)]):
        await log.save(records)
        marks.append(await log.mark())
    await log.clear()
    marks.append(await log.mark())
    await at(store, START + 2 * KEPT_MS).clean()
    marks.append(await log.mark())
    assert marks[0] == marks[1] == marks[6]
    assert len(set(marks)) == 5


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({}, []),
        ({"provider": "a"}, [("b", "gpt-4", 1)]),
        ({"provider": "a", "model": "gpt-4"},
         [("a", "", 1), ("a", "gpt-4o", 1), ("b", "gpt-4", 1)]),
        ({"provider": "a", "model": ""},
         [("a", "gpt-4", 1), ("a", "gpt-4o", 1), ("b", "gpt-4", 1)]),
        ({"model": "gpt-4"}, [("a", "", 1), ("a", "gpt-4o", 1)]),
        ({"provider": "nobody"},
         [("a", "", 1), ("a", "gpt-4", 1), ("a", "gpt-4o", 1), ("b", "gpt-4", 1)]),
    ],
)  # fmt: skip
async def test_rests_are_cleared_by_whole_names(
    store: Store, named: dict[str, str], left: list[tuple[str, str, int]]
) -> None:
    await store.cooldowns.save([rest("a"), rest("a/gpt-4"), rest("a/gpt-4o"), rest("b/gpt-4")])
    cleared = await at(store, START).clear(**named)
    rows = await store.cooldowns.all()
    assert (cleared, len(rows)) == (4 - len(left), 4)  # the others must hear of it
    assert states([row for row in rows if row.expires_at]) == left
    assert await store.cooldowns.clear(**named) == 0


async def test_what_is_cleared_gets_a_later_version_whatever_the_clock_says(store: Store) -> None:
    await store.cooldowns.save([rest("a/b"), rest("c/d", updated_at=START + 50)])
    await at(store, START + 20).clear()
    found = {row.provider: row.updated_at - START for row in await store.cooldowns.all()}
    assert found == {"a": 20, "c": 51}


async def test_cleaning_keeps_what_rests_and_counts_of_the_last_day(store: Store) -> None:
    now = START + KEPT_MS + 1
    await store.cooldowns.save(
        [
            rest("old/over", expires_at=START, updated_at=START),
            rest("old/cleared", expires_at=0, failures=0, updated_at=START),
            rest("old/resting", expires_at=now + 5, updated_at=START),
            rest("old/rested-lately", expires_at=now - 5, updated_at=START),
            rest("new/cleared", expires_at=0, failures=0, updated_at=now - 5),
        ]
    )
    removed = await at(store, now).clean()
    left = {row.model for row in await store.cooldowns.all()}
    assert removed == 2
    assert left == {"resting", "rested-lately", "cleared"}


@asynccontextmanager
async def gateway(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway as a process of its own, which has loaded what rests."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.cooldown_child",
        url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await done(child)
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def done(child: asyncio.subprocess.Process) -> float:
    assert child.stdout is not None
    word, moment = (await asyncio.wait_for(child.stdout.readline(), 30)).split()
    assert word == b"done"
    return float(moment)


async def tell(child: asyncio.subprocess.Process, line: str) -> float:
    """Let a gateway do something; return when it had done it."""
    assert child.stdin is not None
    child.stdin.write(f"{line}\n".encode())
    return await done(child)


async def test_a_rest_set_by_one_process_and_its_end_reach_another_within_a_second(
    database_url: str,
) -> None:
    async with gateway(database_url) as one, gateway(database_url) as other:
        set_at = await tell(one, "fail a:b/c/d:free")
        honoured_at = await tell(other, "wait a:b/c/d:free")
        ended_at = await tell(other, "succeed a:b/c/d:free")
        free_at = await tell(one, "free a:b/c/d:free")
        await tell(one, "fail acme/last")
        assert one.stdin is not None
        one.stdin.close()  # a clean stop
        await asyncio.wait_for(one.wait(), 30)
    async with gateway(database_url) as again:
        await tell(again, "wait acme/last")
    assert honoured_at - set_at < 1
    assert free_at - ended_at < 1


async def test_an_operators_word_reaches_a_running_gateway(database_url: str) -> None:
    async with gateway(database_url) as one:
        await tell(one, "fail acme/fast")
        store = await Store.open(database_url)
        while not await store.cooldowns.clear(provider="acme"):  # noqa: ASYNC110 - not there yet
            await asyncio.sleep(0.02)
        await tell(one, "free acme/fast")
        await store.close()
