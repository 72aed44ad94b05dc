"""generationConfig: sampling, limits and the answer's shape."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.gemini.generation import (
    decode_output,
    decode_sampling,
    encode_generation,
    leftovers,
)
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.ir import OutputFormat, Sampling
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.gemini.rules import notes, request

FULL: JsonObject = {
    "temperature": 0.5,
    "topP": 0.9,
    "topK": 3,
    "seed": 7,
    "stopSequences": ["a", "b"],
    "frequencyPenalty": 0.1,
    "presencePenalty": 0.2,
    "responseLogprobs": True,
    "logprobs": 2,
    "candidateCount": 2,
}
SAMPLING = Sampling(
    temperature=0.5,
    top_p=0.9,
    top_k=3,
    seed=7,
    stop=("a", "b"),
    frequency_penalty=0.1,
    presence_penalty=0.2,
    logprobs=2,
    n=2,
)
SCHEMA: JsonObject = {"type": "object", "properties": {"a": {"type": "string"}}}


def written(**fields: object) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    traits = fields.pop("traits", Traits())
    assert isinstance(traits, Traits)
    return encode_generation(request(**fields), traits, receipt), notes(receipt)


def test_sampling_is_read_and_written() -> None:
    assert decode_sampling(FULL) == SAMPLING
    assert written(sampling=SAMPLING) == (FULL, [])


def test_what_is_not_said_is_not_sent() -> None:
    assert decode_sampling({}) == Sampling()
    assert written() == ({}, [])


def test_probabilities_of_the_chosen_tokens_only_are_zero_alternatives() -> None:
    assert decode_sampling({"responseLogprobs": True}) == Sampling(logprobs=0)
    assert written(sampling=Sampling(logprobs=0)) == ({"responseLogprobs": True}, [])


def test_what_is_not_understood_is_left_over() -> None:
    config: JsonObject = {
        **FULL,
        "temperature": "0.5",
        "responseLogprobs": False,
        "imageConfig": {"a": 1},
        "topP": None,
    }
    assert leftovers(config) == {
        "temperature": "0.5",
        "responseLogprobs": False,
        "logprobs": 2,
        "imageConfig": {"a": 1},
    }


def test_more_stops_than_gemini_takes_are_cut() -> None:
    stops = tuple("abcdef")
    assert written(sampling=Sampling(stop=stops)) == (
        {"stopSequences": ["a", "b", "c", "d", "e"]},
        ["dropped sampling.stop"],
    )
    assert written(sampling=Sampling(stop=("",))) == ({}, [])


def test_a_seed_beyond_32_bits_is_folded() -> None:
    assert written(sampling=Sampling(seed=2**31 + 5)) == ({"seed": 5}, ["coerced sampling.seed"])
    assert written(sampling=Sampling(seed=-5)) == ({"seed": -5}, [])


def test_what_gemini_lacks_is_noted() -> None:
    assert written(sampling=Sampling(logit_bias={"1": 2})) == ({}, ["dropped sampling.logit_bias"])


def test_a_model_that_draws_as_it_likes_is_not_told_how() -> None:
    sampling = Sampling(temperature=1, top_p=0.5, seed=1)
    traits = Traits(sampling=False)
    assert written(sampling=sampling, traits=traits) == ({"seed": 1}, ["dropped sampling"])
    assert written(traits=traits) == ({}, [])


def test_the_limit_of_the_answer() -> None:
    assert written(max_output=0) == ({"maxOutputTokens": 0}, [])


@pytest.mark.parametrize(
    ("config", "kind", "schema"),
    [
        ({"responseMimeType": "application/json"}, "json", None),
        ({"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}, "schema", SCHEMA),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "STRING"}},
            "schema",
            {"type": "string"},
        ),
        ({"responseSchema": {"type": 1}}, "schema", {"type": "string"}),
        ({"responseMimeType": "text/plain"}, "text", None),
        (
            {
                "responseMimeType": "text/x.enum",
                "responseSchema": {"type": "STRING", "enum": ["a"]},
            },
            "text",
            None,
        ),
    ],
)
def test_a_shape_is_read_and_comes_back(
    config: JsonObject, kind: str, schema: JsonObject | None
) -> None:
    output = decode_output(config)
    assert output is not None
    assert (output.kind, output.schema) == (kind, schema)
    assert output.ext == mark(config)
    assert written(output=output) == (config, [])


def test_no_shape_is_none() -> None:
    assert decode_output({"temperature": 1}) is None


@pytest.mark.parametrize(
    ("output", "traits", "config", "said"),
    [
        (OutputFormat(kind="text"), Traits(), {}, []),
        (OutputFormat(kind="json"), Traits(), {"responseMimeType": "application/json"}, []),
        (
            OutputFormat(kind="schema", schema=SCHEMA, name="n"),
            Traits(),
            {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
            ["coerced output.name"],
        ),
        (
            OutputFormat(kind="schema", schema=SCHEMA, description="d"),
            Traits(),
            {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
            ["coerced output.description"],
        ),
        (
            OutputFormat(kind="schema", schema=SCHEMA),
            Traits(json_schema=False),
            {
                "responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
            },
            [],
        ),
        (
            OutputFormat(kind="schema", schema=SCHEMA),
            Traits(structured_output=False),
            {"responseMimeType": "application/json"},
            ["dropped output.schema"],
        ),
    ],
)
def test_a_shape_from_another_format_is_written(
    output: OutputFormat, traits: Traits, config: JsonObject, said: list[str]
) -> None:
    assert written(output=output, traits=traits) == (config, said)


def test_geminis_own_json_schema_is_reduced_for_a_model_that_knows_none() -> None:
    config: JsonObject = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    found, _ = written(output=decode_output(config), traits=Traits(json_schema=False))
    assert set(found) == {"responseMimeType", "responseSchema"}
