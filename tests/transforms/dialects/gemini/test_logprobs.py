"""Token probabilities."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.logprobs import decode_logprobs, encode_logprobs
from plexus.transforms.wire import Json, JsonObject

RESULT: JsonObject = {
    "chosenCandidates": [{"token": "ü", "logProbability": -0.5, "tokenId": 7}],
    "topCandidates": [
        {
            "candidates": [
                {"token": "ü", "logProbability": -0.5},
                {"token": "u", "logProbability": -2},
            ]
        }
    ],
}


def test_parallel_lists_become_one() -> None:
    assert decode_logprobs(RESULT) == [
        {
            "token": "ü",
            "logprob": -0.5,
            "bytes": [195, 188],
            "top_logprobs": [
                {"token": "ü", "logprob": -0.5, "bytes": [195, 188]},
                {"token": "u", "logprob": -2, "bytes": [117]},
            ],
        }
    ]


def test_missing_alternatives_are_none() -> None:
    chosen: JsonObject = {"chosenCandidates": [{"token": "a", "logProbability": 0}]}
    assert decode_logprobs(chosen) == [
        {"token": "a", "logprob": 0, "bytes": [97], "top_logprobs": []}
    ]


def test_one_list_becomes_two() -> None:
    again = encode_logprobs(decode_logprobs(RESULT))
    assert again is not None
    assert again["topCandidates"] == RESULT["topCandidates"]
    assert again["chosenCandidates"] == [{"token": "ü", "logProbability": -0.5}]


@pytest.mark.parametrize("items", [None, [], "x", [1]])
def test_without_entries_there_is_nothing_to_report(items: Json) -> None:
    assert encode_logprobs(items) is None
