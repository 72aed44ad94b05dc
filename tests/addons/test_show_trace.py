"""`plexus trace`: readable, harmless for the terminal, or as JSON."""

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from plexus.addons.inspection.trace_json import trace_of
from plexus.addons.show_trace import show_trace
from plexus.certs.sealer import Sealer
from plexus.store.store import Store
from plexus.transforms.wire import parse_object
from tests.addons.inspection.test_trace_json import body, taken

KEY = "a password"


def kept(tmp_path: Path, **other: object) -> dict[str, str]:
    """Keep a trace; returns the environment in which it is found."""

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db", sealer=Sealer.of(KEY))
        await store.traces.add([trace_of(taken(**other))])
        await store.close()

    asyncio.run(write())
    return {"DATA_DIR": str(tmp_path), "ENCRYPTION_KEY": KEY}


def run(env: dict[str, str], request_id: str = "r1", *, json: bool = False) -> int:
    return show_trace(argparse.Namespace(request_id=request_id, json=json), env)


def test_a_trace_reads_from_top_to_bottom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(kept(tmp_path)) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines == [
        "model: m",
        "attempts: []",
        "── client → plexus: POST /v1/messages?key=***",
        "x-api-key: ***",
        "accept: */*",
        "question",
        "── plexus → provider (1): POST http://p.test/v1",
        "authorization: ***",
        "asked",
        "── provider → plexus (1): 200",
        "server: x",
        "told",
        "── plexus → client: 200",
        "content-type: text/plain",
        "answer",
    ]


def test_bodies_that_are_cut_or_no_text_say_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = replace(taken().sent[0], body=body(b"\xff"), reply=body(b"long", most=2))
    assert run(kept(tmp_path, sent=(odd,))) == 0
    told = capsys.readouterr().out
    assert "(not text; base64: /w==)" in told
    assert "lo\n(cut off; the body had 4 bytes)" in told


def test_a_body_cannot_give_the_terminal_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(kept(tmp_path, reply=body(b"\x1b[2Jgone\ttab"))) == 0
    assert "?[2Jgone\ttab" in capsys.readouterr().out


def test_the_same_is_there_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(kept(tmp_path), json=True) == 0
    found = parse_object(capsys.readouterr().out)
    assert set(found) == {"request", "sent", "reply", "story"}


def test_for_an_unknown_call_it_says_how_calls_are_captured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(kept(tmp_path), "r2") == 1
    assert "nothing was captured of r2; calls are captured while DEBUG" in capsys.readouterr().err


def test_without_the_key_it_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env = kept(tmp_path)
    assert run({"DATA_DIR": env["DATA_DIR"]}) == 1
    assert "ENCRYPTION_KEY is not set" in capsys.readouterr().err
