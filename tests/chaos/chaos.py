"""Run the planned calls, phase by phase, and judge each of them."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from plexus.store.records import UsageRecord
from tests.chaos.calls import Call, Phase
from tests.chaos.clients import Answer, Clients, clients
from tests.chaos.judge import Evidence, Verdict, judged
from tests.chaos.providers import number_of
from tests.chaos.stage import Stage, leaks, staged

CONCURRENCY = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What all calls came to; `problems` are those of no single call."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[Verdict]:
        """The calls that did not come to what they had to."""
        return [verdict for verdict in self.verdicts if verdict.wrong]


async def run(calls: Sequence[Call], folder: Path) -> Report:
    """Make the calls, one gateway per phase, and report."""
    report = Report()
    for phase, group in groupby(calls, key=lambda call: call.phase):
        chosen = list(group)
        async with staged(phase, chosen, _made(folder / phase.name)) as stage:
            answers = await _asked(chosen, stage)
            verdicts = [judged(one) for one in await _evidence(chosen, answers, stage)]
            report.verdicts.extend(verdicts)
            found = [*leaks(stage), *_resting(phase, stage), *_asked_too_often(phase, verdicts)]
            report.problems.extend(f"{phase.name}: {problem}" for problem in found)
    return report


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


async def _asked(calls: Sequence[Call], stage: Stage) -> dict[int, Answer]:
    answers: dict[int, Answer] = {}
    waiting = iter(calls)
    async with clients(stage.gateway) as made, asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(_work(waiting, made, answers))
    return answers


async def _work(waiting: Iterator[Call], made: Clients, answers: dict[int, Answer]) -> None:
    for call in waiting:  # shared: each worker takes the next one
        answers[call.number] = await made.ask(call)


async def _evidence(
    calls: Sequence[Call], answers: dict[int, Answer], stage: Stage
) -> list[Evidence]:
    rows = await _rows(stage, len(calls))
    requests: dict[int, Counter[str]] = defaultdict(Counter)
    still_open: Counter[int] = Counter()
    for name, provider in stage.providers.items():
        for request in provider.requests:
            requests[number_of(request)][name] += 1
            still_open[number_of(request)] += not request.end.done()
    return [
        Evidence(
            call=call,
            answer=answers[call.number],
            rows=rows.get(call.id, []),
            requests=requests[call.number],
            open_requests=still_open[call.number],
        )
        for call in calls
    ]


async def _rows(stage: Stage, calls: int) -> dict[str, list[UsageRecord]]:
    services = stage.gateway.gateway.services
    await stage.gateway.settled()
    for provider in stage.providers.values():
        await asyncio.gather(*(request.ended() for request in provider.requests))
    found: dict[str, list[UsageRecord]] = defaultdict(list)
    for row in await services.store.usage.recent(2 * calls):
        found[row.client_request_id or "?"].append(row)
    return found


def _resting(phase: Phase, stage: Stage) -> Iterator[str]:
    if phase.cooldowns:
        return
    for entry in stage.gateway.gateway.services.health.cooldowns.entries():
        yield f"{entry.place} rests though disable_cooldown is set"


def _asked_too_often(phase: Phase, verdicts: Sequence[Verdict]) -> Iterator[str]:
    # Only calls that were under way at the first failure may have asked the victim as well.
    asked = sum(verdict.attempts > 1 for verdict in verdicts)
    if phase.cooldowns and asked > CONCURRENCY:
        yield f"a resting target was asked by {asked} calls"
