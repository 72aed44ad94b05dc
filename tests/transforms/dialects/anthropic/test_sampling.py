"""Sampling parameters are kept, clamped or dropped as Anthropic's models demand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import ChatRequest, Reasoning, Sampling
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import OFFICIAL, ask, native, notes, write

FIELDS = ("temperature", "top_p", "top_k", "stop_sequences")


@pytest.mark.parametrize(
    ("sampling", "written", "noted"),
    [
        (Sampling(), {}, []),
        (Sampling(temperature=0.0, top_k=5), {"temperature": 0.0, "top_k": 5}, []),
        (Sampling(temperature=1.7), {"temperature": 1.0}, ["coerced sampling.temperature"]),
        (
            Sampling(temperature=0.5, top_p=0.9),
            {"temperature": 0.5},
            ["dropped sampling.top_p"],
        ),
        (Sampling(top_p=0.9), {"top_p": 0.9}, []),
        (
            Sampling(stop=("a", " \n", "b")),
            {"stop_sequences": ["a", "b"]},
            ["dropped sampling.stop"],
        ),
        (Sampling(n=1), {}, []),
        (
            Sampling(
                seed=0,
                frequency_penalty=0.0,
                presence_penalty=1.0,
                logit_bias={},
                logprobs=0,
                n=2,
            ),
            {},
            [
                "dropped sampling.seed",
                "dropped sampling.frequency_penalty",
                "dropped sampling.presence_penalty",
                "dropped sampling.logit_bias",
                "dropped sampling.logprobs",
                "dropped sampling.n",
            ],
        ),
    ],
)
def test_sampling_is_adapted(sampling: Sampling, written: JsonObject, noted: list[str]) -> None:
    request = replace(ask(), sampling=sampling)
    assert sampled(request) == written
    assert notes(request) == noted


@pytest.mark.parametrize(
    ("sampling", "written"),
    [
        (Sampling(temperature=0.5, top_k=5), {}),
        (Sampling(temperature=1.0), {"temperature": 1.0}),
        (Sampling(temperature=2.0), {"temperature": 1.0}),
        (Sampling(top_p=0.5), {}),
        (Sampling(top_p=0.97), {"top_p": 0.97}),
    ],
)
def test_thinking_allows_little(sampling: Sampling, written: JsonObject) -> None:
    request = replace(ask(), sampling=sampling, reasoning=Reasoning(effort="low"))
    assert sampled(request) == written
    off = replace(ask(), sampling=Sampling(temperature=0.5), reasoning=Reasoning(mode="off"))
    assert sampled(off) == {"temperature": 0.5}


def test_a_native_request_keeps_its_own() -> None:
    fields: JsonObject = {
        "temperature": 1.5,
        "top_p": 0.5,
        "top_k": 3,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    assert sampled(native(**fields)) == {"temperature": 1.5, "top_p": 0.5, "top_k": 3}


def test_a_model_that_takes_no_sampling_gets_none() -> None:
    request = replace(ask(), sampling=Sampling(temperature=0.5, top_k=3, stop=("x",)))
    unable = replace(OFFICIAL, sampling=False)
    assert sampled(request, unable) == {"stop_sequences": ["x"]}
    assert notes(request, unable) == ["dropped sampling.temperature", "dropped sampling.top_k"]


def sampled(request: ChatRequest, traits: Traits = OFFICIAL) -> JsonObject:
    """The sampling fields of a written request."""
    body = write(request, traits)
    return {key: body[key] for key in FIELDS if key in body}
