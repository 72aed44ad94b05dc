"""Sampling, the answer's shape and the hints cross as far as the provider can take them."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.dialects.openai_chat.parameters import decode_output, decode_sampling
from plexus.transforms.ir import OutputFormat, Sampling
from tests.transforms.dialects.openai_chat.making import (
    OFFICIAL,
    again,
    body,
    decoded,
    encoded,
    foreign,
    noted,
)


def test_every_sampling_field_is_read() -> None:
    left: Any = {
        "temperature": 0, "top_p": 0.5, "top_k": 40, "seed": 7, "stop": "x",
        "frequency_penalty": 1, "presence_penalty": -1, "logit_bias": {"5": 1},
        "logprobs": True, "top_logprobs": 3, "n": 2,
    }  # fmt: skip

    sampling = decode_sampling(left)

    assert left == {}
    assert sampling == Sampling(
        temperature=0, top_p=0.5, top_k=40, seed=7, stop=("x",), frequency_penalty=1,
        presence_penalty=-1, logit_bias={"5": 1}, logprobs=3, n=2,
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": "hot"},
        {"stop": []},
        {"stop": ["a", 1]},
        {"stop": None},
        {"logprobs": False},
        {"top_logprobs": 2},
        {"n": "2"},
    ],
)
def test_what_is_not_understood_stays(fields: Any) -> None:
    left = dict(fields)

    assert decode_sampling(left) == Sampling()
    assert left == fields


def test_sampling_goes_back_as_it_was() -> None:
    fields: Any = {
        "temperature": 0.5, "top_p": 1, "top_k": 40, "seed": 1, "stop": ["a", "b"],
        "frequency_penalty": 0, "presence_penalty": 0, "logit_bias": {"1": 2},
        "logprobs": True, "top_logprobs": 2, "n": 1,
    }  # fmt: skip

    assert again(body(**fields)) == body(**fields)


def test_top_k_of_another_dialect_is_dropped() -> None:
    request = foreign(sampling=Sampling(top_k=40, n=1))

    assert "top_k" not in encoded(request)
    assert "n" not in encoded(request)
    assert noted(request) == ["dropped sampling.top_k"]


def test_a_model_that_takes_no_sampling_gets_none() -> None:
    request = decoded(body(temperature=0.5, top_p=1, top_k=3, seed=1))
    traits = Traits(sampling=False)

    assert encoded(request, traits) == body(seed=1)
    assert noted(request, traits) == [
        "dropped sampling.temperature", "dropped sampling.top_k", "dropped sampling.top_p",
    ]  # fmt: skip


def test_openai_takes_four_stop_sequences() -> None:
    request = foreign(sampling=Sampling(stop=("a", "b", "c", "d", "e")))

    assert encoded(request, OFFICIAL)["stop"] == ["a", "b", "c", "d"]
    assert noted(request, OFFICIAL) == ["dropped sampling.stop[4:] (OpenAI takes 4)"]
    assert len(encoded(request)["stop"]) == 5


@pytest.mark.parametrize(
    "format_",
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema",
         "json_schema": {"name": "n", "description": "d", "schema": {}, "strict": False, "x": 1}},
        {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
        {"type": "json_schema", "json_schema": {"name": "n", "schema": None}, "y": 2},
        {"type": "grammar", "grammar": "g"},
        {"type": "json_schema", "json_schema": 1},
    ],
)  # fmt: skip
def test_an_answers_shape_goes_back_as_it_was(format_: Any) -> None:
    assert again(body(response_format=format_))["response_format"] == format_


def test_a_schema_is_read() -> None:
    left: Any = {
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}}}
    }

    output = decode_output(left)

    assert output is not None
    assert (output.kind, output.name, output.schema, output.strict) == (
        "schema", "n", {"a": 1}, None,
    )  # fmt: skip


def test_a_foreign_schema_gets_a_name() -> None:
    request = foreign(output=OutputFormat(kind="schema", schema={"type": "object"}))

    assert encoded(request)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "response_schema", "schema": {"type": "object"}},
    }
    assert noted(request) == ["invented output.name ('response_schema'; this format wants a name)"]


def test_without_native_schemas_the_prompt_tells_the_schema() -> None:
    request = foreign(output=OutputFormat(kind="schema", schema={"type": "object"}))
    traits = Traits(structured_output=False)

    written = encoded(request, traits)

    assert written["response_format"] == {"type": "json_object"}
    assert written["messages"][0]["role"] == "system"
    assert '{"type":"object"}' in written["messages"][0]["content"]
    assert noted(request, traits) == [
        "invented output.prompt (the answer's format, told in the system prompt)",
        "coerced output.schema (JSON mode, with the schema in the prompt)",
    ]


def test_hints_go_back_to_any_chat_provider() -> None:
    fields: Any = {
        "verbosity": "low", "prompt_cache_key": "k", "service_tier": "flex", "user": "u",
    }  # fmt: skip

    assert again(body(**fields)) == body(**fields)


def test_openai_gets_the_hints_of_other_dialects_but_not_their_user() -> None:
    request = foreign(verbosity="low", cache_key="k", tier="standard_only", user="u")

    written = encoded(request, OFFICIAL)

    assert (written["verbosity"], written["prompt_cache_key"], written["service_tier"]) == (
        "low", "k", "default",
    )  # fmt: skip
    assert noted(request, OFFICIAL) == ["dropped user"]


def test_a_responses_clients_user_is_openais_too() -> None:
    request = foreign(user="u", ext={"responses": {}})

    assert encoded(request, OFFICIAL)["user"] == "u"


def test_other_providers_get_no_foreign_hints() -> None:
    request = foreign(verbosity="low", cache_key="k", tier="priority", user="u")

    assert encoded(request).keys() == {"model", "messages"}
    assert noted(request) == [
        "dropped verbosity", "dropped cache_key", "dropped user", "dropped tier (priority)",
    ]  # fmt: skip


def test_the_users_default_tier_is_no_loss() -> None:
    assert noted(foreign(tier="auto")) == []


def test_a_safety_identifier_names_the_user_and_goes_back_alone() -> None:
    raw = body(safety_identifier="s")

    assert decoded(raw).user == "s"
    assert again(raw) == raw
