"""`plexus cooldowns`: what rests is told, and ended by whole names."""

import argparse
import asyncio
import time
from pathlib import Path

import pytest

from plexus.addons.cooldowns_cli import cooldowns
from plexus.store.records import CooldownRecord
from plexus.store.store import Store
from plexus.transforms.wire import parse_object


def rest(name: str = "acme/fast", **other: object) -> CooldownRecord:
    provider, _, model = name.partition("/")
    now = time.time_ns() // 1_000_000
    known = {
        "provider": provider,
        "model": model,
        "credential": "",
        "expires_at": now + 3_660_000,
        "failures": 2,
        "last_error": "429: slow down",
        "updated_at": now,
    }
    return CooldownRecord(**{**known, **other})  # type: ignore[arg-type]  # of these types


def ledger(tmp_path: Path, *records: CooldownRecord) -> dict[str, str]:
    """Write rests; returns the environment in which they are found."""

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        await store.cooldowns.save(records)
        await store.close()

    if records:
        asyncio.run(write())
    return {"DATA_DIR": str(tmp_path)}


def run(env: dict[str, str], action: str = "list", **other: object) -> int:
    options = {"provider": None, "model": None, "json": False, **other}
    return cooldowns(argparse.Namespace(action=action, **options), env)


def test_each_rest_is_told_with_its_key_its_end_and_its_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad_key = rest("b/c:free", credential="k1", credential_problem=True, last_error="401: no")
    over = rest("gone/by", expires_at=5)
    env = ledger(tmp_path, rest(), bad_key, rest("whole", failures=0, last_error=None), over)
    assert run(env) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["provider", "model", "key", "for", "failures", "last", "error"]
    told = [line.split(maxsplit=5) for line in lines]
    assert [cells[:3] for cells in told] == [
        ["acme", "fast", "(all)"],
        ["b", "c:free", "k1"],
        ["whole", "(all)", "(all)"],
    ]
    assert told[0][3][:5] in {"1:01:", "1:00:"}
    assert [cells[4:] for cells in told] == [
        ["2", "429: slow down"],
        ["2", "credential problem: 401: no"],
        ["0"],
    ]


def test_only_what_is_named_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = ledger(tmp_path, rest("a/gpt-4"), rest("a/gpt-4o"), rest("b/gpt-4"))
    run(env, provider="a", model="gpt-4", json=True)
    (line,) = capsys.readouterr().out.splitlines()
    row = parse_object(line)
    assert (row["provider"], row["model"], row["failures"]) == ("a", "gpt-4", 2)


def test_where_nothing_rests_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(ledger(tmp_path)) == 0
    assert capsys.readouterr().out == "nothing rests\n"
    run(ledger(tmp_path), json=True)
    assert capsys.readouterr().out == ""


def test_clearing_ends_the_rests_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path, rest("a/gpt-4"), rest("a/gpt-4o"), rest("b/gpt-4"))
    assert run(env, "clear", provider="a", model="gpt-4") == 0
    assert run(env, "clear", provider="a") == 0
    run(env)
    assert run(env, "clear") == 0
    run(env)
    first, second, _, left, third, nothing = capsys.readouterr().out.splitlines()
    assert (first, second, third) == ("1 cleared", "1 cleared", "1 cleared")
    assert left.split()[:2] == ["b", "gpt-4"]
    assert nothing == "nothing rests"


def test_a_providers_words_cannot_play_tricks_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(ledger(tmp_path, rest("a/b\nc", last_error="a\x1b[31mred\x9b2J\u202e")))
    out = capsys.readouterr().out
    assert len(out.split("\n")) == 3  # two lines and what follows the last
    assert all(line.isprintable() for line in out.split("\n"))


@pytest.mark.parametrize("action", ["list", "clear"])
def test_a_database_that_cannot_be_opened_is_a_sentence(
    capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert run({"DATABASE_URL": "sqlite:///proc/nowhere/plexus.db"}, action) == 1
    err = capsys.readouterr().err
    assert err.startswith("plexus: ") and "Traceback" not in err
