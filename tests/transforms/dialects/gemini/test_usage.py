"""Token counts, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.gemini.usage import decode_usage, encode_usage
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject


def counts(meta: JsonObject) -> tuple[int | None, ...]:
    """Input, output, cache reads and reasoning."""
    usage = decode_usage(meta)
    assert usage is not None
    return usage.input, usage.output, usage.cache_read, usage.reasoning


def test_edge_case_69_thoughts_are_part_of_the_output() -> None:
    meta: JsonObject = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": 7,
        "thoughtsTokenCount": 5,
        "toolUsePromptTokenCount": 3,
        "totalTokenCount": 115,
    }
    assert counts(meta) == (63, 12, 40, 5)
    usage = decode_usage(meta)
    assert usage is not None
    assert encode_usage(usage) == meta


def test_an_absent_candidates_count_is_zero() -> None:
    assert counts({"promptTokenCount": 8, "totalTokenCount": 8}) == (8, 0, None, None)


def test_counts_may_be_strings() -> None:
    assert counts({"promptTokenCount": "8", "candidatesTokenCount": "2"}) == (8, 2, None, None)


def test_thoughts_that_were_counted_among_the_candidates_are_not_counted_twice() -> None:
    meta: JsonObject = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 15,
        "totalTokenCount": 30,
    }
    assert counts(meta) == (10, 20, None, 15)
    usage = decode_usage(meta)
    assert usage is not None
    assert encode_usage(usage) == meta


def test_more_cached_than_prompt_tokens_leave_the_prompt_as_it_is() -> None:
    assert counts({"promptTokenCount": 5, "cachedContentTokenCount": 9})[0] == 5


@pytest.mark.parametrize(
    "meta", [{}, {"trafficType": "ON_DEMAND"}, {"promptTokenCount": None}, {"totalTokenCount": "x"}]
)
def test_metadata_without_counts_reports_nothing(meta: JsonObject) -> None:
    assert decode_usage(meta) is None


def test_what_is_not_counted_comes_back() -> None:
    details: JsonObject = {
        "promptTokenCount": 1,
        "totalTokenCount": 1,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}],
        "serviceTier": "standard",
    }
    usage = decode_usage(details)
    assert usage is not None
    assert encode_usage(usage) == {**details, "candidatesTokenCount": 0}


def test_usage_from_another_format_counts_cache_writes_as_prompt() -> None:
    usage = Usage(input=10, output=9, cache_read=5, cache_write=2, reasoning=4)
    assert encode_usage(usage) == {
        "promptTokenCount": 17,
        "cachedContentTokenCount": 5,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 4,
        "totalTokenCount": 26,
    }


def test_unknown_counts_stay_unsaid() -> None:
    assert encode_usage(Usage()) == {}
    assert encode_usage(Usage(output=3)) == {"candidatesTokenCount": 3, "totalTokenCount": 3}


def test_a_later_report_corrects_a_provisional_one_downwards() -> None:
    early = decode_usage({"promptTokenCount": 145}, provisional=True)
    late = decode_usage({"promptTokenCount": 85, "candidatesTokenCount": 15})
    assert early is not None
    assert late is not None
    assert early.merged(late) == late


@given(
    st.fixed_dictionaries(
        {
            "promptTokenCount": st.integers(0, 10**6),
            "candidatesTokenCount": st.integers(0, 10**6),
        },
        optional={
            "thoughtsTokenCount": st.integers(1, 10**6),
            "toolUsePromptTokenCount": st.integers(1, 10**6),
        },
    )
)
def test_counts_survive_the_way_there_and_back(meta: JsonObject) -> None:
    usage = decode_usage(meta)
    assert usage is not None
    assert encode_usage(usage) == meta
