"""Requests of any format go out as Anthropic takes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.ir import (
    ChatRequest,
    Message,
    OutputFormat,
    Sampling,
    Text,
    ToolChoice,
    ToolSpec,
)
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import (
    OFFICIAL,
    ask,
    assistant,
    call,
    native,
    notes,
    result,
    user,
    write,
)

CLAUDE_CODE = '{"device_id":"7b7f","account_uuid":"","session_id":"f88d"}'


def test_a_small_request_is_small() -> None:
    encoded = DIALECT.chat.encode_request(ask(), Traits(), Receipt())
    assert encoded.path == "/messages"
    assert encoded.headers == {"anthropic-version": "2023-06-01"}
    assert encoded.body == {
        "model": "claude",
        "max_tokens": 5000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }


def test_a_foreign_request_is_written_whole() -> None:
    request = replace(
        ask(
            user("hi"),
            assistant("let me see", call(arguments='{"q": "ü"}')),
            user(result(), "and?"),
        ),
        system=(Text(text="s"),),
        tools=(ToolSpec(name="look"),),
        stream=True,
        sampling=Sampling(temperature=0.5, stop=("x",)),
        user="u-1",
        tier="auto",
    )
    assert write(request) == {
        "model": "claude",
        "max_tokens": 5000,
        "system": [{"type": "text", "text": "s"}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "let me see"},
                    {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"q": "ü"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"},
                    {"type": "text", "text": "and?"},
                ],
            },
        ],
        "tools": [{"name": "look", "input_schema": {"type": "object", "properties": {}}}],
        "stream": True,
        "temperature": 0.5,
        "stop_sequences": ["x"],
        "metadata": {"user_id": "u-1"},
        "service_tier": "auto",
    }
    assert notes(request) == []


@pytest.mark.parametrize(("most", "limit"), [(None, 4096), (64_000, 64_000)])
def test_a_limit_is_made_up_where_none_is_given(most: int | None, limit: int) -> None:
    request = replace(ask(), max_output=None)
    assert write(request, Traits(max_output=most))["max_tokens"] == limit
    assert notes(request) == ["invented max_output"]


def test_a_limit_of_zero_is_a_limit() -> None:
    assert write(replace(ask(), max_output=0))["max_tokens"] == 0


@pytest.mark.parametrize(
    ("user_id", "traits", "kept"),
    [
        ("u", Traits(), True),
        ("u" * 256, OFFICIAL, True),
        ("u" * 257, OFFICIAL, False),
        (CLAUDE_CODE, OFFICIAL, True),
        (CLAUDE_CODE, Traits(), False),
    ],
)
def test_a_user_is_told_if_the_provider_takes_the_id(
    user_id: str, traits: Traits, kept: bool
) -> None:
    request = replace(ask(), user=user_id)
    assert write(request, traits).get("metadata") == ({"user_id": user_id} if kept else None)
    assert notes(request, traits) == ([] if kept else ["dropped user"])


@pytest.mark.parametrize(
    ("tier", "written"),
    [("auto", "auto"), ("default", "standard_only"), ("flex", None), (None, None)],
)
def test_a_service_tier_is_mapped(tier: str | None, written: str | None) -> None:
    request = replace(ask(), tier=tier)
    assert write(request).get("service_tier") == written
    assert notes(request) == (["dropped tier"] if tier == "flex" else [])


def test_a_schema_for_the_answer_is_closed_if_it_is_foreign() -> None:
    schema: JsonObject = {"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}}
    request = replace(ask(), output=OutputFormat(kind="schema", schema=schema, name="x"))
    assert write(request)["output_config"] == {
        "format": {
            "type": "json_schema",
            "schema": {
                "type": "object",
                "properties": {"a": {"type": "string", "description": "minLength: 1"}},
                "additionalProperties": False,
            },
        }
    }
    own: JsonObject = {"format": {"type": "json_schema", "schema": schema, "novelty": 1}}
    assert write(native(output_config=own))["output_config"] == own


def test_what_only_this_format_says_comes_back() -> None:
    fields: JsonObject = {
        "container": "c",
        "mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}],
        "context_management": {"edits": []},
        "output_config": {"effort": "low", "task_budget": {"total": 1}},
        "metadata": {"user_id": "u", "novelty": 1},
    }
    body = write(native(**fields))
    assert {key: body[key] for key in fields} == fields


def test_what_was_decided_since_outranks_what_the_client_said_oddly() -> None:
    assert write(replace(native(stream="yes"), stream=True))["stream"] is True


def test_what_only_other_formats_say_is_noted() -> None:
    request = replace(
        ask(),
        verbosity="low",
        metadata={"a": "b"},
        ext={"responses": {"store": False, "truncation": "auto", "include": []}, "chat": {"n": 0}},
    )
    assert notes(request) == [
        "dropped verbosity",
        "dropped metadata",
        "dropped truncation",
        "dropped n",
    ]


def test_log_probabilities_are_noted_once() -> None:
    asked = {"responses": {"top_logprobs": 3}}
    request = replace(ask(), sampling=Sampling(logprobs=3), ext=asked)
    assert notes(request) == ["dropped sampling.logprobs"]


def test_a_speakers_name_is_noted() -> None:
    request = ask(Message(role="user", parts=(Text(text="hi"),), name="Ann"))
    assert notes(request) == ["dropped messages[0].name"]


def test_encoding_leaves_the_request_as_it_was() -> None:
    request = native(
        messages=[
            {"role": "user", "content": "hi", "x": {"y": 1}},
            {"role": "user", "content": [{"type": "container_upload", "file_id": "a.b"}]},
            {"role": "assistant", "content": [{"type": "server_tool_use", "id": "a.b"}]},
        ],
        tools=[{"type": "web_search_20250305", "name": "s", "cache_control": {"type": "ephemeral"}}]
        * 6,
    )
    before = repr(request)
    write(request)
    assert repr(request) == before


def test_writing_twice_gives_the_same_bytes() -> None:
    request: ChatRequest = replace(
        ask(user("hi"), assistant(call("functions.x:0")), user(result("functions.x:0"))),
        tools=(ToolSpec(name="look"),),
    )
    first = DIALECT.chat.encode_request(request, OFFICIAL, Receipt())
    assert DIALECT.chat.encode_request(request, OFFICIAL, Receipt()) == first


@pytest.mark.parametrize(
    "choice", [ToolChoice(mode="required"), ToolChoice(mode="named", names=("look",))]
)
def test_a_model_that_cannot_be_made_to_call_a_tool_is_left_free(choice: ToolChoice) -> None:
    free = replace(OFFICIAL, forced_tools="never")
    request = replace(
        ask(), tools=(ToolSpec(name="look"),), tool_choice=choice, parallel_tools=False
    )
    assert write(request, free)["tool_choice"] == {
        "type": "auto", "disable_parallel_tool_use": True,
    }  # fmt: skip
    assert "coerced tool_choice" in notes(request, free)
    assert "coerced tool_choice" not in notes(request)


def test_a_model_that_takes_no_prefill_gets_a_turn_behind_it() -> None:
    request = ask(user("hi"), assistant("well"))
    body = write(request, replace(OFFICIAL, prefill=False))
    assert body["messages"][-1] == {
        "role": "user", "content": [{"type": "text", "text": "Continue."}],
    }  # fmt: skip
    assert write(request)["messages"][-1]["role"] == "assistant"
