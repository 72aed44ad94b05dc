"""`plexus explain`: where a call would go, and why."""

import argparse
import asyncio
import time
from pathlib import Path

import pytest

from plexus.addons.explain import explain
from plexus.store.records import CooldownRecord, UsageRecord
from plexus.store.store import Store
from plexus.transforms.wire import parse_object

CONFIG = """
adminKey: admin-secret
providers:
  one: {api_base_url: "https://one.test/v1", api_key: sk-of-one, models: [big]}
  two: {api_base_url: {messages: "https://two.test"}, api_key: sk-of-two, models: [big]}
models:
  m:
    selector: latency
    targets: [{provider: one, model: big}, {provider: two, model: big}]
  native: {priority: api_match, selector: in_order,
           targets: [{provider: one, model: big}, {provider: two, model: big}]}
keys:
  app: {secret: sk-plexus-app, excludedProviders: [one]}
latencyExplorationRate: 0
"""


def explained(tmp_path: Path, model: str = "m", **other: object) -> int:
    path = tmp_path / "plexus.yaml"
    path.write_text(CONFIG)
    given = {"config": str(path), "key": None, "api": "chat", "json": False, **other}
    return explain(argparse.Namespace(model=model, **given), {"DATA_DIR": str(tmp_path)})


def ledger(tmp_path: Path) -> None:
    """Two was fast; one rests."""
    now = time.time_ns() // 1_000_000

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        store.writer.put(
            UsageRecord(
                request_id="r1",
                start_time=now - 5000,
                response_status="success",
                door="gateway",
                attempt_count=1,
                final_attempt_provider="two",
                final_attempt_model="big",
                is_streamed=True,
                duration_ms=900.0,
                ttft_ms=250.0,
                tokens_output=10,
            )
        )
        await store.cooldowns.save(
            [
                CooldownRecord(
                    provider="one",
                    model="big",
                    credential="",
                    expires_at=now + 600_000,
                    failures=2,
                    last_error="503: overloaded",
                    updated_at=now,
                )
            ]
        )
        await store.close()

    asyncio.run(write())


def test_without_a_ledger_nothing_is_known_and_none_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [
        "m is the alias m",
        "  1. one/big  group default, latency: 1 of 2, not measured yet, so behind the measured",
        "  2. two/big  group default, latency: 2 of 2, not measured yet, so behind the measured",
        "note: there is no ledger yet: nobody rests, nothing is measured",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plexus.yaml"]


def test_who_rests_and_who_was_fast_is_read_from_the_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger(tmp_path)
    assert explained(tmp_path) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "m is the alias m"
    assert second == (
        "  1. two/big  group default, latency: 1 of 1, 0.25 s to the first token over 1 call"
    )
    assert third.startswith("  -  one/big: on cooldown for ")
    assert third.endswith(" s after 2 failures (503: overloaded)")


def test_a_ledger_that_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plexus.db").write_text("this is no database, whatever its name says" * 100)
    assert explained(tmp_path) == 0
    assert "note: the ledger cannot be read" in capsys.readouterr().out


def test_the_clients_format_and_key_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(tmp_path, "native", api="anthropic") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("  1. two/big  group default, in_order: 1 of 2, speaks messages")
    assert explained(tmp_path, "native", key="app", json=True) == 0
    found = parse_object(capsys.readouterr().out.encode())
    assert found["skipped"] == ["one/big: not for this key"]
    assert found["planned"] == [
        {"target": "two/big", "reason": "group default, in_order: 1 of 1, does not speak chat"}
    ]


def test_a_direct_name_is_explained_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(tmp_path, "direct/one/big") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "direct/one/big",
        "  1. one/big  named directly",
    ]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"model": "n"}, "the model 'n' does not exist here"),
        ({"key": "ap"}, "there is no key 'ap'; did you mean \"app\"?"),
        ({"api": "smoke"}, "'smoke' is no API"),
        ({"model": "direct/one/big", "key": "app"}, "may use none of the providers"),
    ],
)
def test_what_would_be_refused_is_told_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: dict[str, str], words: str
) -> None:
    assert explained(tmp_path, **other) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err and captured.err.startswith("plexus: ")


def test_no_secret_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for json in (False, True):
        assert explained(tmp_path, key="app", json=json) == 0
    assert "sk-" not in "".join(capsys.readouterr())
