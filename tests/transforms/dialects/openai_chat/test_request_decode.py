"""A chat request is read field by field."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.openai_chat.request_decode import decode_request, wants_usage
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Message, Text
from tests.transforms.dialects.openai_chat.making import body, decoded, user


def test_a_plain_request_is_read() -> None:
    request = decoded(body(user("hi"), store=True))

    assert request.model == "m"
    assert request.messages == (Message(role="user", parts=(Text(text="hi"),), ext={"chat": {}}),)
    assert (request.system, request.stream, request.ext) == ((), False, {"chat": {"store": True}})


@pytest.mark.parametrize("model", [None, "", 7])
def test_a_request_without_a_model_is_refused(model: Any) -> None:
    with pytest.raises(GatewayError) as caught:
        decoded({"model": model, "messages": [user("hi")]})

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, "model")


def test_the_path_outranks_the_bodys_model() -> None:
    match = Match(operation=Operation.CHAT, model="deployment")

    assert decode_request(match, body(user("hi"))).model == "deployment"


@pytest.mark.parametrize(
    ("fields", "most", "left"),
    [
        ({"max_tokens": 5}, 5, {}),
        ({"max_completion_tokens": 6}, 6, {}),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6, {"max_tokens": 5}),
        ({"max_tokens": None}, None, {"max_tokens": None}),
        ({"max_tokens": "many"}, None, {"max_tokens": "many"}),
    ],
)
def test_the_newer_limit_outranks_the_older(fields: Any, most: Any, left: Any) -> None:
    request = decoded(body(**fields))

    assert (request.max_output, request.ext["chat"]) == (most, left)


@pytest.mark.parametrize(
    ("fields", "stream", "usage", "left"),
    [
        ({}, False, False, {}),
        ({"stream": True}, True, False, {}),
        ({"stream": False}, False, False, {}),
        ({"stream": "yes"}, False, False, {"stream": "yes"}),
        ({"stream": True, "stream_options": {"include_usage": True}}, True, True, {}),
        (
            {"stream": True, "stream_options": {"include_usage": False, "include_obfuscation": 0}},
            True,
            False,
            {"stream_options": {"include_obfuscation": 0}},
        ),
        ({"stream": True, "stream_options": None}, True, False, {"stream_options": None}),
    ],
)
def test_the_wish_for_a_stream_and_its_usage_is_read(
    fields: Any, stream: bool, usage: bool, left: Any
) -> None:
    request = decoded(body(**fields))

    assert (request.stream, request.include_usage) == (stream, usage)
    assert request.ext["chat"] == left
    assert wants_usage(fields) == usage


def test_the_rest_is_read_too() -> None:
    request = decoded(
        body(
            parallel_tool_calls=False,
            verbosity="low",
            prompt_cache_key="k",
            service_tier="flex",
            user="u",
            metadata={"a": "b"},
        )
    )

    assert (
        request.parallel_tools, request.verbosity, request.cache_key, request.tier, request.user,
        request.metadata,
    ) == (False, "low", "k", "flex", "u", {"a": "b"})  # fmt: skip


def test_the_clients_body_is_not_touched() -> None:
    raw = body(user([{"type": "text", "text": "a"}]), tools=[], stop="x")
    before = repr(raw)

    decoded(raw)

    assert repr(raw) == before
