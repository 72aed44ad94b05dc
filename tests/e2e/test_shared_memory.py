"""Two workers over one database: whichever serves a turn knows what the other one has seen.

Processes of their own: of several gateways in one process mitmproxy asks only the latest.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import product
from pathlib import Path
from subprocess import PIPE
from typing import Any

import openai

from plexus.transforms.wire import JsonObject, objects_at
from tests.e2e.processes import CLI, PATIENCE_S, READY, Process, free_port
from tests.e2e.running import one_provider
from tests.fakes import script
from tests.fakes.native import chat, messages
from tests.fakes.native.shapes import Call, Piece, Said, Thought
from tests.fakes.provider import Provider

TOOL: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
KEY = "an-encryption-key-of-these-tests"


@asynccontextmanager
async def worker(tmp_path: Path, config: str) -> AsyncIterator[str]:
    """A worker process of two, at a port of its own; gives its root."""
    path, port = tmp_path / "plexus.yaml", free_port()
    path.write_text(textwrap.dedent(config))
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(tmp_path / "data"),
        "ENCRYPTION_KEY": KEY,
        "PLEXUS_WORKER": "1/2",
    }
    line = [*CLI, "serve", "--host", "127.0.0.1", "--port", str(port), "--config", str(path)]
    started = Process(
        await asyncio.create_subprocess_exec(*line, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    )
    try:
        await started.says(READY)
        yield f"http://127.0.0.1:{port}"
    finally:
        await started.kill()


@asynccontextmanager
async def two_workers(tmp_path: Path, config: str) -> AsyncIterator[tuple[str, str]]:
    """Two of them over one database."""
    async with worker(tmp_path, config) as one, worker(tmp_path, config) as two:
        yield one, two


async def ask(url: str, history: list[Any], *, stream: bool = False) -> dict[str, Any]:
    """Ask by the official SDK; return the answer as a message of the history."""
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-plexus-app", max_retries=0)
    async with client:
        asked: dict[str, Any] = {"model": "m", "messages": history, "tools": [TOOL]}
        if stream:
            async with client.chat.completions.stream(**asked) as events:
                answer = await events.get_final_completion()
        else:
            answer = await client.chat.completions.create(**asked)
    said = answer.choices[0].message
    calls = [
        {"id": one.id, "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        for one in said.tool_calls or ()
    ]
    plain: dict[str, Any] = {"role": "assistant", "content": said.content}
    return plain | ({"tool_calls": calls} if calls else {})


async def written(tmp_path: Path, notes: int) -> None:
    """Wait until so many notes are in the database."""
    async with asyncio.timeout(PATIENCE_S):
        with closing(sqlite3.connect(tmp_path / "data" / "plexus.db")) as database:
            count = "SELECT count(*) FROM shared_memory"
            while database.execute(count).fetchone() != (notes,):  # noqa: ASYNC110 - processes
                await asyncio.sleep(0.01)


def answers(stream: bool, *pieces: Piece) -> script.Reply:
    if stream:
        return script.stream(messages.answer_stream(*pieces))
    return script.json_reply(messages.answer(*pieces))


def signatures(body: JsonObject) -> list[object]:
    """The seals in a request to Anthropic, in their order."""
    return [
        block.get("signature")
        for message in objects_at(body, "messages")
        for block in objects_at(message, "content")
        if block.get("type") == "thinking"
    ]


async def test_thinking_conversations_get_their_signatures_back_whoever_serves_them(
    tmp_path: Path, provider: Provider
) -> None:
    cases = list(product(("121", "122", "112"), (True, False)))
    sent, expected = [], []
    async with two_workers(tmp_path, one_provider(provider, "messages")) as workers:
        for number, (order, stream) in enumerate(cases):
            seals = [f"c2VhbC{number}A", f"c2VhbC{number}B"]
            call = Call(id=f"toolu_{number}", name="weather", arguments="{}")
            provider.script(
                answers(stream, Thought(text=f"Canary {number}.", seal=seals[0]), call),
                answers(stream, Thought(text="Well.", seal=seals[1]), Said((f"{number} ", "C."))),
                answers(stream, Said(("Yes.",))),
            )
            at = [workers[int(digit) - 1] for digit in order]
            history: list[Any] = [{"role": "user", "content": "Cold in Oslo?"}]
            history.append(await ask(at[0], history, stream=stream))
            await written(tmp_path, 2 * number + 1)
            history.append({"role": "tool", "tool_call_id": call.id, "content": "-10"})
            history.append(await ask(at[1], history, stream=stream))
            await written(tmp_path, 2 * number + 2)
            history.append({"role": "user", "content": "Sure?"})
            await ask(at[2], history, stream=stream)
            expected += [[], seals[:1], seals]
    sent = [request.body for request in provider.requests]
    assert [signatures(body) for body in sent if isinstance(body, dict)] == expected
    database = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("plexus.db*"))
    assert database and b"Canary" not in database


async def test_a_sticky_conversation_stays_with_its_target_at_another_worker(
    tmp_path: Path, provider: Provider
) -> None:
    config = f"""\
        adminKey: admin-secret-for-tests
        providers:
          a:
            api_base_url: {{chat: "{provider.url}/v1"}}
            api_key: sk-a
            disable_cooldown: true
            models: [x, y]
        models:
          m:
            sticky_session: true
            selector: in_order
            targets: [{{provider: a, model: x}}, {{provider: a, model: y}}]
        keys:
          app: {{secret: sk-plexus-app}}
        """
    provider.script(script.json_reply(chat.error(503, "busy"), status=503))
    history: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Cold?"},
    ]
    async with two_workers(tmp_path, config) as (one, two):
        await ask(one, history)
        await written(tmp_path, 1)
        await ask(two, history)
    bodies = [request.body for request in provider.requests]
    assert [body["model"] for body in bodies if isinstance(body, dict)] == ["x", "y", "y"]


async def test_a_memory_that_is_broken_costs_no_call(tmp_path: Path, provider: Provider) -> None:
    async with two_workers(tmp_path, one_provider(provider, "messages")) as (one, two):
        with closing(sqlite3.connect(tmp_path / "data" / "plexus.db")) as database:
            database.execute("DROP TABLE shared_memory")
        provider.script(
            answers(False, Thought(text="Hm.", seal="c2Vh"), Said(("Cold.",))),
            answers(False, Said(("Yes.",))),
        )
        history: list[Any] = [{"role": "user", "content": "Cold in Oslo?"}]
        history.append(await ask(one, history))
        history.append({"role": "user", "content": "Sure?"})
        assert (await ask(two, history))["content"] == "Yes."
