"""What is reserved for a call before anybody knows what it will use."""

import pytest

from plexus.addons.exchange import Target
from plexus.addons.metering.quota import read
from plexus.addons.metering.quota_estimate import USUAL_OUTPUT, Expected, expected
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject
from tests.addons.factories import target

PROMPT: JsonObject = {"messages": [{"role": "user", "content": "x" * 400}]}


@pytest.mark.parametrize(
    ("more", "output"),
    [
        ({}, USUAL_OUTPUT),
        ({"max_tokens": 50}, 50),
        ({"max_tokens": 50, "max_completion_tokens": 60}, 60),
        ({"max_output_tokens": 70}, 70),
        ({"max_tokens": 0}, 0),
        ({"max_tokens": "many"}, USUAL_OUTPUT),
        ({"generationConfig": {"maxOutputTokens": 80, "candidateCount": 2}}, 160),
        ({"generation_config": {"max_output_tokens": 90}}, 90),
        ({"max_tokens": 50, "n": 3}, 150),
        ({"n": 0}, USUAL_OUTPUT),
    ],
)
def test_a_call_is_expected_to_want_what_it_says_at_most(more: JsonObject, output: int) -> None:
    found = expected({**PROMPT, **more})
    assert found.output == output
    assert 100 <= found.prompt <= 120


def test_of_a_call_without_a_body_the_usual_is_expected() -> None:
    assert expected(None) == Expected(prompt=0, output=USUAL_OUTPUT)


def test_each_unit_has_its_own_amount_and_the_dearest_target_counts() -> None:
    prices = {"cheap": 0.1, "dear": 0.7, "unknown": None}
    call = Expected(prompt=30, output=12)
    asked = []

    def rate(place: Target, usage: Usage) -> float | None:
        asked.append((usage.input, usage.output))
        return prices[place.model.name]

    def amount(unit: str, *names: str) -> float:
        section: JsonObject = {"type": "daily", "limitType": unit, "limit": 1}
        places = [target(f"acme/{name}") for name in names]
        return call.amount(read("q", section, "app"), places, rate)

    assert amount("requests", "dear") == 1.0
    assert amount("tokens", "dear") == 42.0
    assert asked == []
    assert amount("cost", "cheap", "dear", "unknown") == 0.7
    assert amount("cost", "unknown") == 0.0
    assert set(asked) == {(30, 12)}
