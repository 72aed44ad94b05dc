"""Make calls under a quota; run by test_quotas.py as processes of their own, several at once.

`python -m tests.store.quota_child URL UNIT CALLS HELD`: after its calls, it reserves for HELD more
and waits to be killed. Says when it has opened the store, what each call used as it is settled,
then how many it holds.
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Final

from plexus.addons.exchange import Attempt, Exchange
from plexus.addons.metering.pricing import price
from plexus.addons.metering.quota import Unit, read
from plexus.addons.metering.quota_estimate import expected
from plexus.addons.metering.quota_meter import QuotaMeter
from plexus.config.snapshot import Model, Pricing, Rates, Snapshot
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import Usage
from tests.addons.factories import exchange, key, plan, principal, snapshot, target

LIMITS: Final[dict[str, float]] = {"requests": 100, "tokens": 50_000, "cost": 1.0}
PRICING: Final = Pricing(source="simple", rates=Rates(input=10.0, output=20.0))
BODY: Final = {"messages": [{"role": "user", "content": "word " * 100}], "max_tokens": 900}
CONCURRENT: Final = 10


def configured(unit: str) -> Snapshot:
    """A key with one quota."""
    bound = key(quotas=("small",))
    section = {"type": "rolling", "duration": "30d", "limitType": unit, "limit": LIMITS[unit]}
    return snapshot(keys=(bound,), user_quotas={"small": section})


def call(number: object, found: Snapshot) -> Exchange:
    """A call that is planned."""
    assert found.keys is not None
    bound = found.keys["app"]
    place = target(model=Model(name="fast", pricing=PRICING))
    return exchange(
        id=f"call-{number}",
        snapshot=found,
        principal=principal(key=bound, name=bound.name),
        body=BODY,
        plan=plan(place),
    )


def reservation(unit: str) -> float:
    """What each call reserves."""
    (place,) = (call(0, configured(unit)).plan or plan()).targets
    quota = read("small", {"limitType": unit, "limit": 1}, "app")
    return expected(BODY).amount(quota, [place], lambda _, usage: price(usage, PRICING).total)


async def reserved(meter: QuotaMeter, one: Exchange) -> bool:
    """Whether the quota lets the call through."""
    assert one.plan is not None
    try:
        await meter.reserve(one, meter.quotas(one), one.plan)
    except GatewayError:
        return False
    return True


def settled(meter: QuotaMeter, one: Exchange, unit: Unit) -> float:
    """End a call well; return what it used."""
    assert one.plan is not None
    one.attempts.append(Attempt(target=one.plan.targets[0]))
    tokens = random.Random(one.id).randint(1, 900)
    cost = price(Usage(input=100, output=tokens), PRICING).total
    row = UsageRecord(
        request_id=one.id, start_time=0, response_status="success",
        tokens_input=100, tokens_output=tokens, cost_total=cost,
    )  # fmt: skip
    meter.settle(one, row)
    used = {"requests": 1.0, "tokens": 100.0 + tokens, "cost": cost or 0.0}
    return used[unit]


async def main(url: str, unit: Unit, calls: int, held: int) -> None:
    """Make the calls, ten at a time."""
    store = await Store.open(url)
    meter = QuotaMeter(store.quotas)
    writing = asyncio.ensure_future(meter.ledger.run())
    found = configured(unit)
    print("ready", flush=True)

    async def work(worker: int) -> None:
        for number in range(worker, calls, CONCURRENT):
            one = call(f"{store.instances.id}-{number}", found)
            if await reserved(meter, one):
                await asyncio.sleep(0.001)
                print("used", settled(meter, one, unit), flush=True)

    await asyncio.gather(*(work(worker) for worker in range(CONCURRENT)))
    await meter.ledger.close()
    if held:
        others = [call(f"held-{number}", found) for number in range(held)]
        print("holds", [await reserved(meter, one) for one in others].count(True), flush=True)
        await writing
    writing.cancel()
    await store.close()


if __name__ == "__main__":
    unit = sys.argv[2]
    assert unit in ("requests", "tokens", "cost")
    asyncio.run(main(sys.argv[1], unit, int(sys.argv[3]), int(sys.argv[4])))
