"""Costs in comments of streams."""

import pytest

from plexus.transforms.stream_comments import cost_in


@pytest.mark.parametrize(
    ("comments", "cost"),
    [
        ((b'cost {"request_cost_usd": 0.0125}',), 0.0125),
        ((b'cost {"request_cost_usd":0.5}', b"keep-alive"), 0.5),
        ((b'cost {"request_cost_usd":0.5}', b'cost {"request_cost_usd":1}'), 1.0),
        ((b'cost {"request_cost_usd":0.5}', b'cost {"request_cost_usd":-1}'), 0.5),
        ((b'cost {"request_cost_usd": "0.1"}',), None),
        ((b'cost {"request_cost_usd": 1e13}',), None),
        ((b'costs {"request_cost_usd": 1}',), None),
        ((b"cost nonsense", b"cost []"), None),
        ((b"OPENROUTER PROCESSING",), None),
        ((), None),
    ],
)
def test_the_last_cost_that_is_one_counts(comments: tuple[bytes, ...], cost: float | None) -> None:
    assert cost_in(comments) == cost
