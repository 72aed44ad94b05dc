"""Exchanging the configuration while Plexus runs."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plexus.config.environment import read_environment
from plexus.config.load import ConfigError
from plexus.config.reload import POLL_S, Changed, ConfigHolder, Rejected, Unchanged
from plexus.config.snapshot import Snapshot

VALID = "adminKey: {}\n"
BROKEN = "stall: 3\n"
PATIENCE_S = 20.0


def holder_of(file: Path, content: str | None = None, *, poll_s: float = POLL_S) -> ConfigHolder:
    """Return a holder of `file`, after writing `content` to it."""
    if content is not None:
        file.write_text(content)
    return ConfigHolder.open(file, read_environment({}), {}, poll_s=poll_s)


def default_holder(**env: str) -> ConfigHolder:
    """Return a holder of whatever is at the default place, looking often."""
    return ConfigHolder.open(None, read_environment(env), env, poll_s=0.05)


@asynccontextmanager
async def watched(
    holder: ConfigHolder,
) -> AsyncIterator[Callable[[str | None], Awaitable[None]]]:
    """Watch the file meanwhile; gives a function that waits for an admin key to be in force."""
    stop, changed = asyncio.Event(), asyncio.Event()
    holder.on_change(lambda _old, _new: changed.set())

    async def in_force(key: str | None) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while holder.current.admin_key != key:
                await changed.wait()
                changed.clear()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(holder.watch(stop))
        try:
            yield in_force
        finally:
            stop.set()


def test_a_holder_starts_with_the_file_or_not_at_all(tmp_path: Path) -> None:
    assert holder_of(tmp_path / "c.yaml", VALID.format("a")).current.admin_key == "a"
    with pytest.raises(ConfigError):
        holder_of(tmp_path / "d.yaml", BROKEN)


def test_15_a_broken_file_keeps_the_old_configuration_and_mending_it_takes_the_new(
    tmp_path: Path,
) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    first = holder.current
    file.write_text(BROKEN)
    outcome = holder.reload()
    assert isinstance(outcome, Rejected)
    assert [problem.path for problem in outcome.problems] == ["stall"]
    assert holder.problems == outcome.problems
    assert holder.current is first
    file.write_text(VALID.format("b"))
    assert holder.reload() == Changed(old=first, new=holder.current)
    assert holder.current.admin_key == "b"
    assert holder.problems == ()


def test_a_call_keeps_the_snapshot_it_began_with(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    taken = holder.current
    file.write_text(VALID.format("b"))
    holder.reload()
    assert (taken.admin_key, holder.current.admin_key) == ("a", "b")


def test_the_same_content_is_no_change_even_after_a_broken_one(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    first = holder.current
    assert holder.reload() == Unchanged()
    file.write_text(BROKEN)
    holder.reload()
    file.write_text(VALID.format("a"))
    assert holder.reload() == Unchanged()
    assert holder.problems == ()
    assert holder.current is first


def test_a_deleted_file_leaves_plexus_running_until_it_is_back(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    file.unlink()
    outcome = holder.reload()
    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].message == "does not exist"
    assert holder.current.admin_key == "a"
    file.write_text(VALID.format("b"))
    assert isinstance(holder.reload(), Changed)


def test_without_a_file_a_new_one_is_taken_and_never_falls_back_to_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    holder = default_holder(GROQ_API_KEY="g")
    assert holder.reload() == Unchanged()
    assert "groq" in holder.current.providers
    (tmp_path / "config").mkdir()
    file = tmp_path / "config/plexus.yaml"
    file.write_text(VALID.format("a"))
    assert isinstance(holder.reload(), Changed)
    assert "groq" not in holder.current.providers
    file.unlink()
    assert isinstance(holder.reload(), Rejected)
    assert holder.current.admin_key == "a"


def test_listeners_are_told_of_both_and_one_s_failure_is_not_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(old: Snapshot, new: Snapshot) -> None:
        raise RuntimeError("listener")

    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    told: list[tuple[str | None, str | None]] = []
    holder.on_change(fail)
    holder.on_change(lambda old, new: told.append((old.admin_key, new.admin_key)))
    file.write_text(VALID.format("b"))
    holder.reload()
    assert told == [("a", "b")]
    assert "a listener failed" in caplog.text


def test_the_log_tells_counts_and_later_warnings_but_never_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "c.yaml"
    provider = "providers: {p: {api_base_url: 'https://x.example', api_key: hush}}\n"
    holder = holder_of(file, "adminKey: hush\nkeys: {a: {secret: hush1}}\n")
    file.write_text(f"{provider}adminKey: hush\nkeys: {{a: {{secret: hush2}}}}\nweather: hush3\n")
    holder.reload()
    file.write_text("adminKey: [hush]")
    holder.reload()
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0].startswith("configuration: providers 0, aliases 0, keys 1, ")
    assert "configuration: providers: there are none, so no call can be answered" not in messages
    assert "configuration changed: providers +1 -0 ~0, keys +0 -0 ~1, settings" in messages
    assert "configuration: weather: is not a known key" in messages
    assert "adminKey: must be text, not a list" in messages[-1]
    assert "hush" not in caplog.text


def test_a_slower_reader_does_not_undo_what_a_later_one_found(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    slow = next(holder._tickets)
    stale = holder.current
    file.write_text(VALID.format("b"))
    holder.reload()
    assert holder._apply(slow, stale) == Unchanged()
    assert holder.current.admin_key == "b"


async def test_what_a_slower_reader_has_seen_counts_as_not_seen(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"), poll_s=0.05)
    slow = next(holder._tickets)
    holder.reload()
    file.write_text(VALID.format("b"))
    holder._apply(slow, holder._read())  # of what is newer, after all
    async with watched(holder) as in_force:
        await in_force("b")


async def test_a_file_that_is_written_again_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    holder = holder_of(file, VALID.format("a"))
    async with watched(holder) as in_force:
        for key in "bc":
            file.write_text(VALID.format(key))
            await in_force(key)


async def test_16_a_file_that_is_replaced_by_renaming_is_noticed_again_and_again(
    tmp_path: Path,
) -> None:
    file, other = tmp_path / "c.yaml", tmp_path / "c.yaml.new"
    holder = holder_of(file, VALID.format("a"))
    async with watched(holder) as in_force:
        for key in "bcd":
            other.write_text(VALID.format(key))
            other.replace(file)
            await in_force(key)


async def test_16_a_link_that_is_swapped_as_kubernetes_does_is_noticed(tmp_path: Path) -> None:
    for key in "abc":
        (tmp_path / f"..{key}").mkdir()
        (tmp_path / f"..{key}" / "c.yaml").write_text(VALID.format(key))
    os.symlink("..a", tmp_path / "..data")
    os.symlink("..data/c.yaml", tmp_path / "c.yaml")
    holder = holder_of(tmp_path / "c.yaml")
    async with watched(holder) as in_force:
        for key in "bc":
            os.symlink(f"..{key}", tmp_path / "..data_tmp")
            (tmp_path / "..data_tmp").replace(tmp_path / "..data")
            await in_force(key)


async def test_a_change_that_nothing_reports_is_found_by_looking(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    target = tmp_path / "elsewhere/c.yaml"
    target.write_text(VALID.format("a"))
    os.symlink(target, tmp_path / "here/c.yaml")
    holder = holder_of(tmp_path / "here/c.yaml", poll_s=0.05)
    async with watched(holder) as in_force:
        target.write_text(VALID.format("b"))
        await in_force("b")


async def test_a_folder_that_appears_later_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def make_file() -> None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/plexus.yaml").write_text(VALID.format("a"))

    async with watched(default_holder()) as in_force:
        asyncio.get_running_loop().call_later(0.2, make_file)
        await in_force("a")


async def test_watching_ends_when_it_is_told_to_even_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stop = asyncio.Event()
    holder = ConfigHolder.open(None, read_environment({}), {}, poll_s=10 * PATIENCE_S)
    asyncio.get_running_loop().call_later(0.05, stop.set)
    async with asyncio.timeout(PATIENCE_S):
        await holder.watch(stop)


async def test_cancelling_the_watch_does_not_stop_everything_else(tmp_path: Path) -> None:
    stop = asyncio.Event()
    holder = holder_of(tmp_path / "c.yaml", VALID.format("a"))
    async with watched(holder) as in_force:
        task = asyncio.ensure_future(holder.watch(stop))
        (tmp_path / "c.yaml").write_text(VALID.format("b"))
        await in_force("b")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not stop.is_set()
