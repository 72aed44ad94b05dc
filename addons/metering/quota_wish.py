"""What a call asks of its quotas, and what is left of its plan when some of them say no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from plexus.addons.exchange import Plan, Target
from plexus.addons.metering.quota import Quota
from plexus.addons.metering.quota_estimate import Rate, expected
from plexus.store.quotas import Ask
from plexus.transforms.wire import Json


@dataclass(frozen=True, slots=True)
class Wish:
    """A quota, and what is to be reserved of it."""

    quota: Quota
    ask: Ask


def wishes(
    quotas: Sequence[Quota], plan: Plan, body: Mapping[str, Json] | None, rate: Rate, now: int
) -> list[Wish]:
    """Return what to reserve for a call, of the quotas that may be about it; `now` in ms.

    A quota is required if it is about all targets of the plan: without it the call goes nowhere.
    """
    is_counted = all(quota.unit == "requests" for quota in quotas)
    call = expected(None if is_counted else body)
    found = []
    for quota in quotas:
        about = [target for target in plan.targets if covers(quota, target)]
        if about:
            ask = Ask(
                bucket=quota.bucket(now),
                limit=quota.limit,
                amount=call.amount(quota, about, rate),
                whole=quota.unit == "requests",
                blocks=not quota.shadow,
                required=not quota.shadow and len(about) == len(plan.targets),
            )
            found.append(Wish(quota, ask))
    return found


def narrowed(plan: Plan, closed: Sequence[Quota]) -> Plan:
    """Return the plan without the targets of quotas that are used up; perhaps none is left."""
    kept: list[Target] = []
    skipped: list[str] = []
    for target in plan.targets:
        name = next((quota.name for quota in closed if covers(quota, target)), None)
        if name is None:
            kept.append(target)
        else:
            skipped.append(f"{target.name}: quota_exceeded:{name}")
    # A provider with several keys has several targets of one name.
    told = (*plan.skipped, *dict.fromkeys(skipped))
    return replace(plan, targets=tuple(kept), skipped=told)


def covers(quota: Quota, target: Target) -> bool:
    """Whether calls that this target answers count."""
    return quota.covers(target.provider.name, target.model.name)
