"""Reported costs in parts."""

from decimal import Decimal

import pytest

from plexus.addons.metering.split import ZERO, Buckets, split
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject

# Two thirds of our prompt is fresh, a third is cached.
OURS = Buckets(Decimal(2), Decimal(5), Decimal(1), ZERO)


def parts(details: JsonObject, ours: Buckets = OURS, key: str = "cost_details") -> list[float]:
    usage = Usage(input=1, output=1, ext={"chat": {key: details}})
    return [float(part) for part in split(8.0, usage, ours).parts() if part is not None]


def test_what_the_provider_states_of_each_part_counts() -> None:
    stated: JsonObject = {"input_cost": 1, "output_cost": 2, "cached_cost": 0.5}
    assert parts({**stated, "cache_write_cost": 0.5}) == [2.0, 4.0, 1.0, 1.0]
    assert parts(stated) == pytest.approx([16 / 7, 32 / 7, 8 / 7, 0.0])


def test_perplexity_puts_the_parts_into_the_cost_itself() -> None:
    told: JsonObject = {"input_tokens_cost": 1, "output_tokens_cost": 3, "total_cost": 8}
    assert parts(told, key="cost") == [2.0, 6.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "names",
    [
        ("upstream_inference_prompt_cost", "upstream_inference_completions_cost"),
        ("upstream_inference_input_cost", "upstream_inference_output_cost"),
    ],
)
def test_of_prompt_and_answer_the_prompt_is_split_as_ours(names: tuple[str, str]) -> None:
    stated: JsonObject = dict(zip(names, (3, 1), strict=True))
    assert parts(stated) == [4.0, 2.0, 2.0, 0.0]
    assert parts(stated, Buckets()) == [6.0, 2.0, 0.0, 0.0]
    assert parts(stated, Buckets(ZERO, ZERO, ZERO, ZERO)) == [6.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"upstream_inference_prompt_cost": 0, "upstream_inference_completions_cost": 0},
        {"upstream_inference_prompt_cost": 1},
        {"input_cost": "1", "output_cost": -1},
        {"input_cost": 0},
    ],
)
def test_else_the_parts_are_as_ours_would_have_been(details: JsonObject) -> None:
    assert parts(details) == [2.0, 5.0, 1.0, 0.0]


@pytest.mark.parametrize("ours", [Buckets(), Buckets(ZERO, ZERO, ZERO, ZERO)])
def test_where_nothing_is_known_of_parts_all_of_it_is_the_prompts(ours: Buckets) -> None:
    assert parts({}, ours) == [8.0, 0.0, 0.0, 0.0]


def test_the_whole_is_known_only_if_every_part_is() -> None:
    assert OURS.total() == 8
    assert Buckets(Decimal(1)).total() is None
