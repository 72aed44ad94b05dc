"""`plexus quota`: what is used is told, set to zero, or worked out again from the ledger."""

import argparse
import asyncio
import time
from pathlib import Path

import pytest

from plexus.addons.quota_cli import quota
from plexus.store.quotas import Bucket, Debit
from plexus.store.store import Store
from plexus.transforms.wire import parse_object
from tests.store.calls import finished

CONFIG = """\
adminKey: a
providers:
  acme: {api_base_url: {chat: "http://127.0.0.1:9/v1"}, api_key: x, models: [big]}
models: {m: {targets: [{provider: acme, model: big}]}}
user_quotas:
  calls: {type: monthly, limitType: requests, limit: 5}
  big-only: {type: monthly, limitType: tokens, limit: 500, allowedModels: [big]}
  money: {type: rolling, duration: 365d, limitType: cost, limit: 0.5, shared: true, shadow: true}
keys:
  app: {secret: sk-x, quotas: [calls, big-only, money]}
  other: {secret: sk-y, quota: money}
  free: {secret: sk-z}
"""


def now() -> int:
    return time.time_ns() // 1_000_000


def ledger(tmp_path: Path) -> dict[str, str]:
    """A ledger with 3 calls and quotas of which something is used; the environment to find it."""
    (tmp_path / "plexus.yaml").write_text(CONFIG)

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        calls = Bucket(
            owner="app", quota="calls", limit_type="requests", period="monthly", window_start=now()
        )
        money = Bucket(
            owner="*", quota="money", limit_type="cost", period="rolling 31536000s",
            leak=0.5 / (365 * 24 * 3_600_000),
        )  # fmt: skip
        await store.quotas.settle([Debit(bucket=calls, amount=0.0, used=5.0)])
        await store.quotas.settle([Debit(bucket=money, amount=0.0, used=0.25)])
        tokens = {"tokens_input": 10, "tokens_output": 5, "tokens_cached": 0}
        for number, model in enumerate(["big", "big", "small"]):
            store.writer.put(
                finished(
                    f"r{number}",
                    api_key="app",
                    start_time=now(),
                    final_attempt_model=model,
                    **tokens,
                )
            )
        await store.close()

    asyncio.run(write())
    return {"DATA_DIR": str(tmp_path), "CONFIG_FILE": str(tmp_path / "plexus.yaml")}


def run(env: dict[str, str], action: str = "list", *names: str, json: bool = False) -> int:
    key, name = (*names, None, None)[:2]
    options = argparse.Namespace(action=action, key=key, quota=name, config=None, json=json)
    return quota(options, env)


def test_the_quotas_of_each_key_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(ledger(tmp_path)) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    told = [line.split() for line in lines]
    assert heading.split() == ["key", "quota", "of", "used", "reserved", "limit", "left", "resets"]
    assert [cells[:8] for cells in told] == [
        ["app", "calls", "requests,", "monthly", "5", "0", "5", "0"],
        ["app", "big-only", "tokens,", "monthly", "0", "0", "500", "500"],
        ["app", "money", "cost,", "rolling", "0.25", "0.00", "0.50", "0.25"],
        ["other", "money", "cost,", "rolling", "0.25", "0.00", "0.50", "0.25"],
    ]
    assert [" ".join(cells[10:]) for cells in told] == [
        "used up", "", "shared, shadow", "shared, shadow",
    ]  # fmt: skip


def test_one_quota_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ledger(tmp_path), "list", "app", "calls", json=True) == 0
    told = parse_object(capsys.readouterr().out)
    del told["resetsAt"]
    assert told == {
        "key": "app", "name": "calls", "type": "monthly", "limitType": "requests", "limit": 5.0,
        "currentUsage": 5.0, "reserved": 0, "remaining": 0.0, "allowed": False,
        "shared": False, "shadow": False,
    }  # fmt: skip


def test_a_reset_empties_what_is_named_and_a_shared_pool_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path)
    assert run(env, "reset", "app") == 0
    assert run(env, "list", "other", json=True) == 0
    *told, other = capsys.readouterr().out.splitlines()
    assert told == [
        "calls of app is reset", "big-only of app is reset", "money of all keys is reset",
    ]  # fmt: skip
    assert parse_object(other)["currentUsage"] == 0.0


def test_recomputing_counts_the_calls_of_the_window_that_are_in_scope(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(ledger(tmp_path), "recompute", "app") == 0
    assert capsys.readouterr().out.splitlines() == [
        "calls of app is at 3 requests",
        "big-only of app is at 30 tokens",
        "money of all keys is rolling and stays as it is",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("recompute", "app", "money"), "unsupported_quota_type"),
        (("reset",), "say whose quota to reset"),
        (("list", "nobody"), "there is no key 'nobody'"),
        (("reset", "free", "money"), "the key 'free' has no quota 'money'"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: tuple[str, ...], words: str
) -> None:
    assert run(ledger(tmp_path), *line) == 1
    assert words in capsys.readouterr().err


def test_keys_without_quotas_are_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = ledger(tmp_path)
    assert run(env, "list", "free") == 0
    assert run(env, "reset", "free") == 0
    assert capsys.readouterr().out.splitlines() == [
        "no key has a quota", "the key 'free' has no quotas",
    ]  # fmt: skip
