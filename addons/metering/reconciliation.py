"""Compare a provider's invoice with the ledger, day by day and model by model, and say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from plexus.addons.metering.invoice import Billed, Invoice
from plexus.store.usage_sums import UsageSum

CENT: Final = Decimal("0.01")
_ROUNDING: Final = Decimal("0.005")  # consoles show cents, or round each line

type Place = tuple[date, str]  # a day, and a model as `invoice.canonical` has it

_COUNTS: Final = (
    ("requests", "requests"),
    ("input", "tokens_input"),
    ("cached", "tokens_cached"),
    ("written", "tokens_cache_write"),
    ("output", "tokens_output"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one number differs: `theirs` is the invoice's."""

    what: str
    theirs: Decimal
    ours: Decimal

    @property
    def more(self) -> Decimal:
        """By how much the invoice has more."""
        return self.theirs - self.ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One day of one model: what differs, and what explains it. Nothing differs: they agree."""

    day: date
    model: str
    billed: Billed | None
    booked: UsageSum | None
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to explain."""
        return not self.differences


def reconcile(invoice: Invoice, ledger: Mapping[Place, UsageSum]) -> list[Verdict]:
    """Return a verdict for each day and model that either side has, in the order of days."""
    places = sorted({*invoice.billed, *ledger})
    return [_verdict(place, invoice.billed.get(place), ledger.get(place)) for place in places]


def _verdict(place: Place, billed: Billed | None, booked: UsageSum | None) -> Verdict:
    differences = tuple(_differences(billed, booked))
    return Verdict(
        day=place[0],
        model=place[1],
        billed=billed,
        booked=booked,
        differences=differences,
        reasons=tuple(_reasons(billed, booked, differences)) if differences else (),
    )


def _differences(billed: Billed | None, booked: UsageSum | None) -> list[Difference]:
    theirs = billed if billed is not None else _nothing_like(booked)
    ours = booked if booked is not None else UsageSum()
    found: list[Difference] = []
    for name, column in _COUNTS:
        said = getattr(theirs, name)
        # Failed calls are in our count and on no invoice.
        counted = getattr(ours, column) - (ours.failed if column == "requests" else 0)
        if said is not None and said != counted:
            found.append(Difference(what=name, theirs=Decimal(said), ours=Decimal(counted)))
    if theirs.cost is not None:
        cost = Decimal(repr(ours.cost_total))
        if abs(theirs.cost - cost) > _ROUNDING:
            found.append(Difference(what="cost", theirs=theirs.cost, ours=cost))
    if [one.what for one in found] == ["requests"] and ours.failed:
        return []  # calls that failed after the provider had begun are on its invoice
    return found


def _nothing_like(booked: UsageSum | None) -> Billed:
    # What is not on the invoice was billed with nothing, if anything was booked at all.
    if booked is None or not (booked.cost_total or booked.tokens_output or booked.tokens_input):
        return Billed()
    return Billed(requests=0, input=0, cached=0, written=0, output=0, cost=Decimal(0))


def _reasons(
    billed: Billed | None, booked: UsageSum | None, differences: Sequence[Difference]
) -> list[str]:
    if booked is None:
        return [
            "missing in the ledger: these calls did not go through Plexus, or its database was "
            "another one" + _keys(billed)
        ]
    if billed is None:
        return [
            "not on the invoice: another account or key was billed, or the provider has not "
            "closed this day yet" + _estimated(booked)
        ]
    by_name = {one.what: one for one in differences}
    return _reasons_of_both(billed, booked, by_name)


def _reasons_of_both(
    billed: Billed, booked: UsageSum, by_name: Mapping[str, Difference]
) -> list[str]:
    found: list[str] = []
    tokens = [one for what, one in by_name.items() if what not in ("requests", "cost")]
    requests = by_name.get("requests")
    if requests is not None and requests.more > 0:
        found.append(
            f"{requests.more} calls are missing in the ledger: made without Plexus" + _keys(billed)
        )
    if booked.estimated and tokens:
        found.append(f"the tokens of {booked.estimated} calls in the ledger are estimates")
    if booked.unpriced:
        found.append(
            f"{booked.unpriced} calls in the ledger have no price: give the model `pricing` and "
            "run plexus reprice"
        )
    if "cost" in by_name and not tokens and not booked.unpriced and requests is None:
        found.append(_about_rates(by_name["cost"]))
    if not found:
        more = sum(one.more for one in by_name.values())
        found.append(
            "the invoice has more: calls of other keys or clients" + _keys(billed)
            if more > 0
            else "the ledger has more: another account was billed, or the day is not closed yet"
        )
    return found


def _about_rates(cost: Difference) -> str:
    if abs(cost.more) <= CENT:
        return "rounding: less than a cent"
    factor = f"{cost.theirs / cost.ours:.4f} times ours" if cost.ours else "nothing with us"
    return (
        f"the invoice is {factor}: prices, a discount or a tier differ; correct `pricing` and run "
        "plexus reprice"
    )


def _keys(billed: Billed | None) -> str:
    if billed is None or len(billed.keys) < 2:
        return ""
    return f" (the invoice is for {len(billed.keys)} of the provider's keys)"


def _estimated(booked: UsageSum) -> str:
    return f"; {booked.estimated} of the calls are estimates" if booked.estimated else ""
