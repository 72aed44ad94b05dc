"""Responses that remember, with the official SDK, over providers that do not (dataplane.md §6)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import textwrap
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response

from plexus.addons.stateful.cleaning import clean
from plexus.addons.workers import VARIABLE
from plexus.store.records import ConversationRecord
from plexus.store.responses import Cursor
from tests.e2e.running import Running, running
from tests.e2e.test_intercepting_door import ROUTED, configuration, http_client, provider_of
from tests.fakes import script
from tests.fakes.native.shapes import Call, Thought, said
from tests.fakes.provider import Provider
from tests.fakes.replies import NATIVE
from tests.fakes.script import Received
from tests.fakes.tls import Authority

WEEK_MS = 7 * 24 * 3600 * 1000
DIALECTS = ("chat", "messages", "gemini", "responses")
TOOL: Any = {
    "type": "function",
    "name": "weather",
    "description": "the weather somewhere",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def config(provider: Provider, **more: str) -> str:
    """An alias per format, each on a provider that speaks this format alone, and two keys."""
    providers = models = ""
    for name in DIALECTS:
        base = provider.url + ("" if name == "gemini" else "/v1")
        providers += f"  by-{name}: {{api_base_url: {{{name}: '{base}'}}, api_key: sk-{name}, "
        providers += "models: [big]}\n"
        models += f"  {name}: {{targets: [{{provider: by-{name}, model: big}}]}}\n"
    sections = "".join(f"{name}: {text}\n" for name, text in more.items())
    keys = textwrap.dedent("""\
        adminKey: admin-secret-for-tests
        keys:
          app: {secret: sk-plexus-app}
          other: {secret: sk-plexus-other}
        """)
    return f"{keys}providers:\n{providers}models:\n{models}{sections}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A gateway, its provider and two clients with keys of their own."""

    gateway: Running
    provider: Provider
    client: openai.AsyncOpenAI
    other: openai.AsyncOpenAI

    async def ask(self, *, stream: bool = False, **asked: Any) -> Response:
        """Make one call; the answer is what the client was given."""
        if not stream:
            whole = await self.client.responses.create(**asked)
            assert isinstance(whole, Response)
            return whole
        async with self.client.responses.stream(**asked) as events:
            return await events.get_final_response()

    def last(self) -> Received:
        """The provider's latest request."""
        return self.provider.requests[-1]


@asynccontextmanager
async def stage(tmp_path: Path, provider: Provider, **more: str) -> AsyncIterator[Stage]:
    """A gateway that remembers."""
    async with (
        running(tmp_path, config(provider, **more)) as gateway,
        client_of(gateway, "app") as client,
        client_of(gateway, "other") as other,
    ):
        yield Stage(gateway=gateway, provider=provider, client=client, other=other)


def client_of(gateway: Running, key: str) -> openai.AsyncOpenAI:
    """The official SDK with a key."""
    url = f"{gateway.url}/v1"
    return openai.AsyncOpenAI(base_url=url, api_key=f"sk-plexus-{key}", max_retries=0)


def says(dialect: str, *pieces: Any, stream: bool = False) -> script.Reply:
    """A provider's answer."""
    native = NATIVE[dialect]
    if stream:
        return script.stream(native.answer_stream(*pieces))
    return script.json_reply(native.answer(*pieces))


def weather(city: str) -> Call:
    return Call(id=f"call_{city.lower()}", name="weather", arguments=json.dumps({"city": city}))


def named(reply: script.Reply, name: str) -> script.Reply:
    """The same answer of a Responses provider under another id."""
    steps = [
        step.replace(b"resp_fake", name.encode()) if isinstance(step, bytes) else step
        for step in reply.steps
    ]
    return replace(reply, steps=steps)


def in_order(raw: bytes, words: Sequence[str]) -> bool:
    """Whether a request holds each of these words once, in this order."""
    text = raw.decode()
    assert [text.count(word) for word in words] == [1] * len(words), (words, text)
    return sorted(words, key=text.index) == list(words)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("order", [*permutations(DIALECTS[:3]), ("responses",) * 3], ids="-".join)
async def test_three_turns_with_tools_switch_their_provider_in_the_middle(
    tmp_path: Path, provider: Provider, order: tuple[str, str, str], stream: bool
) -> None:
    async with stage(tmp_path, provider) as on:
        provider.script(
            says(order[0], weather("Oslo"), stream=stream),
            says(order[1], said("Rather ", "cold."), stream=stream),
            says(order[2], said("Colder than Rome."), stream=stream),
        )
        first = await on.ask(
            stream=stream, model=order[0], input="What is it like?", tools=[TOOL],
            instructions="Be brief.",
        )  # fmt: skip
        (call,) = [item for item in first.output if item.type == "function_call"]
        result = {"type": "function_call_output", "call_id": call.call_id, "output": "minus four"}
        second = await on.ask(
            stream=stream, model=order[1], previous_response_id=first.id, input=[result],
            tools=[TOOL],
        )  # fmt: skip
        third = await on.ask(
            stream=stream, model=order[2], previous_response_id=second.id, input="And in Rome?",
            tools=[TOOL],
        )  # fmt: skip
        rows = await on.gateway.rows(3)
    assert third.output_text == "Colder than Rome."
    assert (second.previous_response_id, third.previous_response_id) == (first.id, second.id)
    assert (second.store, third.store) == (True, True)  # though their providers were told not to
    assert [row.response_status for row in rows] == ["success"] * 3
    assert [row.provider for row in rows] == [f"by-{name}" for name in order]
    sent = on.last()
    assert in_order(
        sent.raw, ("What is it like?", "Oslo", "minus four", "Rather cold.", "And in Rome?")
    )
    assert b"Be brief." not in sent.raw  # instructions are not inherited
    assert b"previous_response_id" not in sent.raw


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_what_is_retrieved_is_what_the_client_was_given(
    tmp_path: Path, provider: Provider, dialect: str, stream: bool
) -> None:
    async with stage(tmp_path, provider) as on:
        provider.script(says(dialect, said("Hello"), weather("Oslo"), stream=stream))
        given = await on.ask(
            stream=stream, model=dialect, input="Hi", metadata={"a": "b"}, tools=[TOOL]
        )
        found = await on.client.responses.retrieve(given.id)
    told, known = (one.model_dump(mode="json", warnings=False) for one in (given, found))
    for one in (told, known):  # the SDK's own; what a server leaves out is filled in
        for output in one["output"]:
            for part in output.get("content") or ():
                part.pop("parsed", None)
            output.pop("parsed_arguments", None)
    filled = {key for key, value in told.items() if value is None}
    assert {k: v for k, v in known.items() if k not in filled} == {
        k: v for k, v in told.items() if k not in filled
    }
    assert found.status == "completed" and found.completed_at is not None


async def test_the_sdk_lists_input_items_and_deletes(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        provider.script(says("chat", said("Hello")), says("chat", said("Bye")))
        first = await on.ask(model="chat", input="Hi")
        items: Any = [{"role": "user", "content": "Thanks"}, {"role": "user", "content": "Bye"}]
        second = await on.ask(model="chat", previous_response_id=first.id, input=items)
        asked = [item async for item in on.client.responses.input_items.list(second.id, limit=1)]
        await on.client.responses.delete(first.id)
        with pytest.raises(openai.NotFoundError):
            await on.client.responses.delete(first.id)
        with pytest.raises(openai.NotFoundError):
            await on.client.responses.retrieve(first.id)
        with pytest.raises(openai.NotFoundError) as broken:  # its beginning is gone
            await on.ask(model="chat", previous_response_id=second.id, input="Hm")
    texts = [item.model_dump(mode="json")["content"][0]["text"] for item in asked]
    assert texts == ["Bye", "Thanks"]  # newest first, and of this turn only
    assert len({item.id for item in asked}) == 2
    assert "expired or was deleted" in broken.value.message


async def test_responses_are_listed_newest_first_and_by_pages(
    tmp_path: Path, provider: Provider
) -> None:
    async with stage(tmp_path, provider) as on, httpx.AsyncClient() as http:
        ids = [(await on.ask(model="chat", input=f"Number {n}")).id for n in range(5)]
        await on.other.responses.create(model="chat", input="Mine")
        seen: list[str] = []
        after: dict[str, str] = {}
        for _ in range(3):
            page = await http.get(
                f"{on.gateway.url}/v1/responses",
                params={"limit": "2", **after},
                headers={"authorization": "Bearer sk-plexus-app"},
            )
            body = page.json()
            seen += [one["id"] for one in body["data"]]
            after = {"after": body["last_id"]}
            more = body["has_more"]
    assert seen == ids[::-1]
    assert not more and body["object"] == "list"


async def test_a_foreign_key_finds_nothing(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        mine = await on.ask(model="chat", input="Hi")
        talk = await on.client.conversations.create()
        attempts = [
            on.other.responses.retrieve(mine.id),
            on.other.responses.delete(mine.id),
            on.other.responses.input_items.list(mine.id),
            on.other.responses.create(model="chat", previous_response_id=mine.id, input="Go on"),
            on.other.responses.create(model="chat", conversation=talk.id, input="Go on"),
            on.other.conversations.retrieve(talk.id),
            on.other.conversations.delete(talk.id),
            on.other.conversations.items.list(talk.id),
        ]
        refused = []
        for attempt in attempts:
            with pytest.raises(openai.NotFoundError) as error:
                await attempt
            refused.append(error.value.body)
        assert await on.client.responses.retrieve(mine.id)
    assert refused[3] == {
        "message": f"response {mine.id!r} is not known: it was never stored with this key, has "
        "expired or was deleted",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "response_not_found",
    }
    assert isinstance(refused[4], dict)
    assert refused[4]["code"] == "conversation_not_found"
    assert refused[4]["param"] == "conversation"
    assert len(on.provider.requests) == 1


async def test_a_conversation_takes_in_each_turn_once(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        talk = await on.client.conversations.create(
            items=[{"type": "message", "role": "developer", "content": "Speak like a pirate."}],
            metadata={"topic": "sea"},
        )
        for number, dialect in enumerate(DIALECTS):
            provider.script(says(dialect, said(f"Answer {number}."), stream=number % 2 == 0))
            answer = await on.ask(
                stream=number % 2 == 0, model=dialect, conversation=talk.id,
                input=f"Question {number}?",
            )  # fmt: skip
            assert answer.conversation is not None and answer.conversation.id == talk.id
        items = [
            item.model_dump(mode="json")
            async for item in on.client.conversations.items.list(talk.id, order="asc", limit=3)
        ]
    words = [item["content"][0]["text"] for item in items]
    turns = [[f"Question {n}?", f"Answer {n}."] for n in range(4)]
    assert words == ["Speak like a pirate.", *[text for turn in turns for text in turn]]
    assert in_order(on.last().raw, words[:-1])
    assert b'"conversation"' not in on.last().raw


async def test_the_sdk_manages_conversations(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        talks = on.client.conversations
        talk = await talks.create(metadata={"a": "1"})
        changed = await talks.update(talk.id, metadata={"a": "2"})
        added = await talks.items.create(
            talk.id,
            items=[{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}],
        )
        one = await talks.items.retrieve(added.data[0].id or "", conversation_id=talk.id)
        after = await talks.items.delete(added.data[0].id or "", conversation_id=talk.id)
        left = [item.id async for item in talks.items.list(talk.id)]
        with pytest.raises(openai.NotFoundError):
            await talks.items.retrieve(added.data[0].id or "", conversation_id=talk.id)
        gone = await talks.delete(talk.id)
        with pytest.raises(openai.NotFoundError):
            await talks.retrieve(talk.id)
    assert changed.metadata == {"a": "2"} and after.id == talk.id
    assert one == added.data[0]
    assert left == [added.data[1].id]
    assert gone.deleted


async def test_a_chain_may_begin_in_a_conversation(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        talk = await on.client.conversations.create(items=[{"role": "user", "content": "Alpha"}])
        first = await on.ask(model="chat", conversation=talk.id, input="Beta")
        await on.ask(model="chat", conversation=talk.id, input="Gamma")  # after the first
        await on.ask(model="chat", previous_response_id=first.id, input="Delta")
    assert in_order(on.last().raw, ("Alpha", '"user","content":"Beta"', "Delta"))
    assert b"Gamma" not in on.last().raw


async def test_after_its_time_everything_is_gone(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        store = on.gateway.gateway.services.store
        kept = await on.ask(model="chat", input="Hi")
        fresh = await on.ask(model="chat", input="Hi")
        await store.keeper.settle()
        record = await store.responses.get(f"app/{kept.id}", since=0)
        assert record is not None
        record.created_at -= WEEK_MS + 1000
        store.keeper.put(record)
        old = record.created_at
        await store.conversations.create(
            ConversationRecord(
                key="app/conv_old", id="conv_old", owner="app", created_at=old, updated_at=old
            ),
            None,
        )
        with pytest.raises(openai.NotFoundError):
            await on.client.responses.retrieve(kept.id)
        with pytest.raises(openai.NotFoundError):
            await on.ask(model="chat", previous_response_id=kept.id, input="Go on")
        with pytest.raises(openai.NotFoundError):
            await on.client.conversations.retrieve("conv_old")
        now = int(time.time() * 1000)
        assert await clean(store, now - WEEK_MS) == (1, 1)
        assert await stored(on) == [fresh.id]


async def test_what_is_not_to_be_stored_is_not(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        for stream in (True, False):
            given = await on.ask(stream=stream, model="chat", input="Hi", store=False)
            with pytest.raises(openai.NotFoundError):
                await on.client.responses.retrieve(given.id)
            with pytest.raises(openai.NotFoundError):
                await on.ask(model="chat", previous_response_id=given.id, input="Go on")
        assert given.store is False


async def test_a_failed_answer_is_not_stored(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        frames = NATIVE["chat"].stream(["Hel", "lo"])
        provider.script(script.stream([*frames[:2], NATIVE["chat"].stream_error("broken")]))
        ended = ""
        async with on.client.responses.stream(model="chat", input="Hi") as events:
            with contextlib.suppress(openai.APIError):
                async for event in events:
                    ended = event.type
        assert ended != "response.completed"
        assert await stored(on) == []


async def test_a_client_that_hangs_up_midway_leaves_nothing(
    tmp_path: Path, provider: Provider
) -> None:
    async with stage(tmp_path, provider) as on:
        gate = asyncio.Event()
        provider.script(script.gated(NATIVE["chat"].stream(["Hel", "lo"]), gate, after=2))
        async with on.client.responses.stream(model="chat", input="Hi") as events:
            async for event in events:
                if event.type == "response.output_text.delta":
                    break
        await on.last().ended()
        gate.set()
        (row,) = await on.gateway.rows(1)
        assert row.response_status == "cancelled"
        assert await stored(on) == []


async def stored(on: Stage) -> list[str]:
    """The ids of everything that is stored for the client."""
    store = on.gateway.gateway.services.store
    await store.keeper.settle()
    found = await store.responses.page("app", Cursor(limit=100), since=0)
    return [record.id for record in found or ()]


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"background": True}, "background"),
        ({"previous_response_id": "resp_1", "conversation": "conv_1"}, "previous_response_id"),
        ({"previous_response_id": 7}, "previous_response_id"),
        ({"conversation": {"id": ""}}, "conversation.id"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, provider: Provider, asked: Any, param: str
) -> None:
    async with stage(tmp_path, provider) as on:
        with pytest.raises(openai.BadRequestError) as refused:
            await on.ask(model="chat", input="Hi", **asked)
        (row,) = await on.gateway.rows(1)
    assert refused.value.param == param
    assert row.response_status == "error"  # and not for ever pending
    assert not provider.requests


@pytest.mark.parametrize("empty", ["", None])
async def test_an_empty_reference_says_nothing(
    tmp_path: Path, provider: Provider, empty: str | None
) -> None:
    async with stage(tmp_path, provider) as on:
        await on.ask(model="responses", input="Hi", previous_response_id=empty)
    sent = on.last().body
    assert isinstance(sent, dict)
    assert not sent.get("previous_response_id", None) and sent["input"] == "Hi"
    assert '"previous_response_id":""' not in on.last().raw.decode()


async def test_two_may_go_on_from_one(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        root = await on.ask(model="chat", input="Root")
        left, right = await asyncio.gather(
            on.ask(model="chat", previous_response_id=root.id, input="Left"),
            on.ask(model="messages", previous_response_id=root.id, input="Right"),
        )
        await on.ask(model="gemini", previous_response_id=left.id, input="Leaf")
    assert left.id != right.id
    assert b"Left" in on.last().raw and b"Right" not in on.last().raw


async def test_a_provider_that_gives_every_answer_one_id_does_no_harm(
    tmp_path: Path, provider: Provider
) -> None:
    async with stage(tmp_path, provider) as on:
        provider.always(says("chat", said("Same")))
        ids = [(await on.ask(model="chat", input=f"Number {n}")).id for n in range(3)]
        assert sorted(await stored(on)) == sorted(ids)
    assert len(set(ids)) == 3


async def test_images_stay_in_the_history(tmp_path: Path, provider: Provider) -> None:
    picture = "data:image/png;base64,iVBORw0KGgo="
    shown: Any = [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look"},
                {"type": "input_image", "image_url": picture, "detail": "auto"},
            ],
        }
    ]
    async with stage(tmp_path, provider) as on:
        first = await on.ask(model="chat", input=shown)
        await on.ask(model="messages", previous_response_id=first.id, input="And now?")
    assert b"iVBORw0KGgo=" in on.last().raw


async def test_reasoning_goes_back_to_who_sealed_it(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        thought = Thought(text="It must be cold.", seal="c2VhbGVk")
        provider.script(says("messages", thought, weather("Oslo"), stream=True))
        first = await on.ask(
            stream=True, model="messages", input="Hi", tools=[TOOL], reasoning={"effort": "high"}
        )
        result = {"type": "function_call_output", "call_id": "call_oslo", "output": "cold"}
        await on.ask(
            model="messages", previous_response_id=first.id, input=[result], tools=[TOOL],
            reasoning={"effort": "high"},
        )  # fmt: skip
    assert b'"signature":"c2VhbGVk"' in on.last().raw


async def test_a_restart_forgets_nothing(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        first = await on.ask(model="chat", input="Alpha")
    async with stage(tmp_path, provider) as on:
        await on.ask(model="chat", previous_response_id=first.id, input="Beta")
    assert in_order(on.last().raw, ('"user","content":"Alpha"', '"content":"Beta"'))


async def test_only_an_administrator_is_told_who_answered(
    tmp_path: Path, provider: Provider
) -> None:
    async with stage(tmp_path, provider) as on:
        given = await on.ask(model="chat", input="Hi")
        plain = await on.client.responses.retrieve(given.id)
        shown = await on.client.responses.retrieve(
            given.id, extra_headers={"x-admin-key": "admin-secret-for-tests"}
        )
    assert "plexus" not in plain.model_dump()
    assert shown.model_dump()["plexus"] == {
        "provider": "by-chat", "model": "big", "apiType": "chat", "canonicalModel": "chat",
    }  # fmt: skip


async def test_without_a_key_there_is_nothing_to_see(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on, httpx.AsyncClient() as http:
        reply = await http.get(f"{on.gateway.url}/v1/responses")
        unknown = await http.get(
            f"{on.gateway.url}/v1/responses", headers={"authorization": "Bearer nobody"}
        )
        upgrade = await http.get(
            f"{on.gateway.url}/v1/responses",
            headers={"connection": "upgrade", "upgrade": "websocket"},
        )
    assert (reply.status_code, unknown.status_code, upgrade.status_code) == (401, 401, 426)
    assert reply.json()["error"]["type"] == "invalid_request_error"


async def test_counting_tokens_counts_the_history(tmp_path: Path, provider: Provider) -> None:
    async with stage(tmp_path, provider) as on:
        first = await on.ask(model="chat", input="word " * 500)
        short = await on.client.responses.input_tokens.count(model="chat", input="Go on")
        long = await on.client.responses.input_tokens.count(
            model="chat", input="Go on", previous_response_id=first.id
        )
    assert long.input_tokens > short.input_tokens + 400


async def test_a_chain_stays_with_the_target_that_began_it(
    tmp_path: Path, provider: Provider
) -> None:
    base = f"{provider.url}/v1"
    both = f"""\
        adminKey: admin-secret-for-tests
        keys: {{app: {{secret: sk-plexus-app}}}}
        providers:
          one: {{api_base_url: {{chat: "{base}"}}, api_key: sk-one, models: [big]}}
          two: {{api_base_url: {{chat: "{base}"}}, api_key: sk-two, models: [big]}}
        models:
          m:
            sticky_session: true
            selector: random
            targets: [{{provider: one, model: big}}, {{provider: two, model: big}}]
        """
    async with (
        running(tmp_path, both) as gateway,
        client_of(gateway, "app") as client,
    ):
        for begun in range(4):
            answer = await client.responses.create(model="m", input=f"Chain {begun}")
            for turn in range(3):
                answer = await client.responses.create(
                    model="m", previous_response_id=answer.id, input=f"Turn {turn}"
                )
        rows = await gateway.rows(16)
    served = [row.provider for row in rows]
    assert all(len(set(served[start : start + 4])) == 1 for start in range(0, 16, 4))


async def test_a_chain_goes_from_worker_to_worker_without_a_pause(
    tmp_path: Path, provider: Provider
) -> None:
    shared = {"DATABASE_URL": f"sqlite:///{tmp_path}/shared.db"}
    folders = [tmp_path / "1", tmp_path / "2"]
    for folder in folders:
        folder.mkdir()
    async with (
        running(folders[0], config(provider), shared | {VARIABLE: "1/2"}) as one,
        running(folders[1], config(provider), shared | {VARIABLE: "2/2"}) as two,
        client_of(one, "app") as first,
        client_of(two, "app") as second,
    ):
        answer = await first.responses.create(model="chat", input="Turn 0")
        for turn in range(1, 7):
            client = second if turn % 2 else first
            answer = await client.responses.create(
                model="messages", previous_response_id=answer.id, input=f"Turn {turn}"
            )
        talk = await first.conversations.create()
        await second.responses.create(model="chat", conversation=talk.id, input="Alpha")
        await first.responses.create(model="chat", conversation=talk.id, input="Beta")
    said_by_user = [f'"user","content":[{{"type":"text","text":"Turn {n}"' for n in range(7)]
    assert in_order(provider.requests[6].raw, said_by_user)
    assert in_order(provider.requests[8].raw, ('"user","content":"Alpha"', "Beta"))


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_routed_client_is_remembered_too(
    tmp_path: Path, provider: Provider, stream: bool
) -> None:
    authority = Authority()
    async with provider_of(authority) as unused:
        routed = configuration(tmp_path, authority, unused, ROUTED.format(url=provider.url))
        routed = routed.replace("mode: observe", "mode: route\n  default_key: my-app")
        async with running(tmp_path, routed) as gateway, http_client(gateway) as http:
            client = openai.AsyncOpenAI(api_key="sk-own", http_client=http, max_retries=0)
            answer: Any = await client.responses.create(model="gpt-4o", input="Alpha")
            on = Stage(gateway=gateway, provider=provider, client=client, other=client)
            answer = await on.ask(
                stream=stream, model="gpt-4o", previous_response_id=answer.id, input="Beta"
            )
            await on.ask(model="gpt-4o", previous_response_id=answer.id, input="Gamma")
    users = ('"user","content":"Alpha"', '"user","content":"Beta"', "Gamma")
    assert in_order(provider.requests[-1].raw, users)


async def test_an_observed_clients_state_is_its_providers(tmp_path: Path) -> None:
    authority = Authority()
    async with provider_of(authority) as observed:
        config_text = configuration(tmp_path, authority, observed)
        async with running(tmp_path, config_text) as gateway, http_client(gateway) as http:
            client = openai.AsyncOpenAI(api_key="sk-own", http_client=http, max_retries=0)
            await client.responses.create(
                model="gpt-4o", previous_response_id="resp_theirs", input="Go on"
            )
            store = gateway.gateway.services.store
            await store.keeper.settle()
            assert await store.responses.page("anonymous", Cursor(limit=9), since=0) == []
        assert b'"previous_response_id":"resp_theirs"' in observed.requests[0].raw
