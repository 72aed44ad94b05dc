"""What GPT-5 models refuse is left out."""

from __future__ import annotations

import pytest

from plexus.transforms.adapter import Place
from plexus.transforms.adapters.suppress_unsupported_gpt5_options import ADAPTER
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject

SAMPLING: JsonObject = {
    "temperature": 1,
    "top_p": 0.9,
    "logprobs": True,
    "top_logprobs": 3,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {"1": 1},
}
OTHERS: JsonObject = {
    "truncation": "auto",
    "max_output_tokens": 10,
    "max_completion_tokens": 10,
    "safety_identifier": "u",
}
KEPT: JsonObject = {"model": "m", "input": "hi", "max_tokens": 9, "prompt_cache_key": "k"}


def changed(body: JsonObject, model: str = "gpt-5.2", *, official: bool = False) -> JsonObject:
    place = Place(model=model, dialect="responses", official=official)
    return ADAPTER.bind({})(body, place, Receipt())


@pytest.mark.parametrize(
    ("model", "implied"),
    [
        ("gpt-5", True),
        ("gpt-5-mini", True),
        ("GPT-5.2", True),
        ("openai/gpt-5.4-nano", True),
        ("gpt-55", False),
        ("gpt-5-chat-latest", False),
        ("gpt-5.3-chat-latest", False),
        ("gpt-4o", False),
        ("my-gpt-5", False),
    ],
)
def test_it_applies_to_gpt_5_unasked(model: str, implied: bool) -> None:
    assert ADAPTER.implied(Place(model=model, dialect="chat")) is implied


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.2", "vendor/gpt-5.5"])
def test_what_is_refused_goes_and_the_rest_stays(model: str) -> None:
    assert changed({**KEPT, **SAMPLING, **OTHERS}, model) == KEPT


def test_its_owner_takes_limits_and_identifiers() -> None:
    body: JsonObject = {**KEPT, **SAMPLING, **OTHERS}
    assert changed(body, "gpt-5", official=True) == {**KEPT, **OTHERS}


def test_sampling_stays_where_there_is_to_be_no_thinking() -> None:
    chat: JsonObject = {**SAMPLING, "reasoning_effort": "none"}
    responses: JsonObject = {**SAMPLING, "reasoning": {"effort": "none"}}
    assert changed(chat) == chat
    assert changed(responses) == responses
    assert changed({**SAMPLING, "reasoning_effort": "low"}) == {"reasoning_effort": "low"}


def test_the_owners_models_that_rest_unasked_take_sampling() -> None:
    assert changed(SAMPLING, "gpt-5.4", official=True) is SAMPLING
    assert changed(SAMPLING, "gpt-5.4") == {}
    assert changed(SAMPLING, "gpt-5", official=True) == {}


def test_every_loss_is_noted_and_an_innocent_body_left_alone() -> None:
    receipt = Receipt()
    place = Place(model="gpt-5", dialect="chat")
    ADAPTER.bind({})({"top_p": 1, "temperature": 0}, place, receipt)
    assert [str(note) for note in receipt.notes] == [
        "dropped temperature (gpt-5 refuses it)",
        "dropped top_p (gpt-5 refuses it)",
    ]
    assert changed(KEPT) is KEPT
