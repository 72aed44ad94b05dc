"""Which processes are on the list, and which of them are taken for gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexus.store.instances import STALE_AFTER_MS, Instances, is_gone
from plexus.store.process import ProcessId
from plexus.store.records import Instance
from plexus.store.store import Store
from tests.store.calls import START

HERE = ProcessId(host="box", space="boot 1", pid=100, start=5)


def _other(**changes: Any) -> Instance:
    fields: dict[str, Any] = {
        "id": "other",
        "host": "box",
        "pid": 200,
        "pid_space": "boot 1",
        "pid_start": 7,
        "started_at": START,
        "seen_at": START,
    }
    return Instance(**fields | changes)


@pytest.mark.parametrize(
    ("other", "after_ms", "running", "expected"),
    [
        (_other(), 0, True, False),
        (_other(), STALE_AFTER_MS * 9, True, False),
        (_other(), 0, False, True),
        (_other(), STALE_AFTER_MS, None, False),
        (_other(), STALE_AFTER_MS + 1, None, True),
        (_other(host="elsewhere"), STALE_AFTER_MS, False, False),
        (_other(host="elsewhere"), STALE_AFTER_MS + 1, True, True),
        (_other(pid_space="boot 0"), STALE_AFTER_MS, False, False),
        (_other(pid_space="boot 0"), STALE_AFTER_MS + 1, True, True),
    ],
    ids=[
        "runs here",
        "runs here but was silent, as after a laptop's sleep",
        "ended here",
        "cannot be told and was heard of",
        "cannot be told and was silent",
        "elsewhere and was heard of",
        "elsewhere and was silent",
        "in another container and was heard of",
        "in another container and was silent",
    ],
)
def test_another_process_is_judged_by_its_number_here_and_by_its_silence_elsewhere(
    other: Instance, after_ms: int, running: bool | None, expected: bool
) -> None:
    gone = is_gone(other, HERE, now=START + after_ms, probe=lambda pid, start: running)
    assert gone is expected


def test_without_a_known_number_table_only_silence_counts() -> None:
    nowhere = replace(HERE, space="")
    other = _other(pid_space="")
    assert not is_gone(other, nowhere, now=START, probe=lambda pid, start: False)
    assert is_gone(other, nowhere, now=START + 60_001, probe=lambda pid, start: True)


async def test_a_process_is_on_the_list_from_start_to_end(store: Store) -> None:
    ours = await store.instances.all()
    here = store.instances.here
    assert [(one.id, one.host, one.pid, one.pid_space, one.pid_start) for one in ours] == [
        (store.instances.id, here.host, here.pid, here.space, here.start)
    ]
    await store.instances.unregister()
    assert await store.instances.all() == []


async def test_a_sign_of_life_moves_only_the_time_it_was_seen(store: Store) -> None:
    times = iter([START, START + 1, START + 2])
    late = Instances(engine=store.engine, clock=lambda: next(times))
    await late.beat()
    await late.beat()
    seen = [one for one in await store.instances.all() if one.id == late.id]
    assert [(one.started_at, one.seen_at) for one in seen] == [(START, START + 2)]


async def test_a_process_that_was_given_up_comes_back_with_its_next_sign_of_life(
    store: Store,
) -> None:
    await store.instances.forget([store.instances.id])
    await store.instances.beat()
    assert [one.id for one in await store.instances.all()] == [store.instances.id]


async def test_only_others_are_ever_gone(store: Store) -> None:
    def sees(probe: bool) -> Instances:
        return Instances(
            engine=store.engine, clock=lambda: START, id="third", probe=lambda pid, start: probe
        )

    await sees(True).beat()
    assert await sees(True).gone() == []
    assert await sees(False).gone() == [store.instances.id]
