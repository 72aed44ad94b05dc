"""Differences between an invoice and the ledger, and their reasons."""

from datetime import date
from decimal import Decimal

import pytest

from plexus.addons.metering.invoice import Billed, Invoice
from plexus.addons.metering.reconciliation import Verdict, reconcile
from plexus.store.usage_sums import UsageSum

PLACE = (date(2026, 1, 15), "gpt-5")
BILLED = Billed(requests=10, input=1000, cached=100, output=500, cost=Decimal("1.00"))
BOOKED = UsageSum(
    requests=10, tokens_input=1000, tokens_cached=100, tokens_output=500, cost_total=1.0
)


def verdict(billed: Billed | None, booked: UsageSum | None) -> Verdict:
    (found,) = reconcile(
        Invoice(billed={} if billed is None else {PLACE: billed}),
        {} if booked is None else {PLACE: booked},
    )
    return found


def changed(one: Billed | UsageSum, **other: object):  # type: ignore[no-untyped-def]  # of its type
    from dataclasses import replace

    return replace(one, **other)


def test_what_is_the_same_agrees() -> None:
    found = verdict(BILLED, BOOKED)
    assert found.agrees and found.reasons == ()


@pytest.mark.parametrize(
    "booked",
    [
        changed(BOOKED, cost_total=1.004),  # consoles round
        changed(BOOKED, requests=12, failed=2),  # failed calls are on no invoice
    ],
)
def test_what_is_no_difference(booked: UsageSum) -> None:
    assert verdict(BILLED, booked).agrees


def test_what_the_invoice_does_not_say_is_not_compared() -> None:
    assert verdict(Billed(cost=Decimal("1.00")), BOOKED).agrees
    assert verdict(Billed(input=1000), BOOKED).agrees


@pytest.mark.parametrize(
    ("billed", "booked", "differing", "reason"),
    [
        (BILLED, None, ["requests", "input", "cached", "output", "cost"], "missing in the ledger"),
        (None, BOOKED, ["requests", "input", "cached", "output", "cost"], "not on the invoice"),
        (changed(BILLED, requests=13), BOOKED, ["requests"], "3 calls are missing in the ledger"),
        (
            changed(BILLED, requests=13, keys=frozenset("ab")),
            BOOKED,
            ["requests"],
            "the invoice is for 2 of the provider's keys",
        ),
        (
            changed(BILLED, output=480),
            changed(BOOKED, estimated=2),
            ["output"],
            "the tokens of 2 calls in the ledger are estimates",
        ),
        (
            BILLED,
            changed(BOOKED, unpriced=3, cost_total=0.7),
            ["cost"],
            "3 calls in the ledger have no price",
        ),
        (BILLED, changed(BOOKED, cost_total=0.5), ["cost"], "2.0000 times ours"),
        (BILLED, changed(BOOKED, cost_total=0.0), ["cost"], "nothing with us"),
        (BILLED, changed(BOOKED, cost_total=0.993), ["cost"], "rounding: less than a cent"),
        (changed(BILLED, input=1500), BOOKED, ["input"], "the invoice has more"),
        (changed(BILLED, input=500), BOOKED, ["input"], "the ledger has more"),
    ],
)
def test_each_difference_is_explained(
    billed: Billed | None, booked: UsageSum | None, differing: list[str], reason: str
) -> None:
    found = verdict(billed, booked)
    assert [one.what for one in found.differences] == differing
    assert any(reason in said for said in found.reasons), found.reasons


def test_calls_that_failed_alone_are_on_no_invoice() -> None:
    assert verdict(None, UsageSum(requests=2, failed=2)).agrees


def test_verdicts_come_in_the_order_of_days() -> None:
    late, early = (date(2026, 1, 16), "a"), (date(2026, 1, 14), "b")
    found = reconcile(Invoice(billed={late: BILLED, PLACE: BILLED}), {early: BOOKED})
    assert [(one.day.day, one.model) for one in found] == [(14, "b"), (15, "gpt-5"), (16, "a")]
