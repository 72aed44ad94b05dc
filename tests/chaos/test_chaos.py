"""A small run of it: no call comes to harm, whatever its first target does."""

from pathlib import Path

import pytest

from tests.chaos.calls import PHASES, planned
from tests.chaos.chaos import run
from tests.chaos.table import failures


@pytest.mark.parametrize("phase", PHASES, ids=[phase.name for phase in PHASES])
async def test_no_call_that_could_be_served_is_lost(tmp_path: Path, phase: object) -> None:
    calls = [call for call in planned(240, seed=7) if call.phase is phase]
    quick = [call for call in calls if call.fault.entry != "strict"]  # a stall takes 5 s
    report = await run(quick, tmp_path)
    assert not report.wrong and not report.problems, "\n" + failures(report)
    assert len(report.verdicts) == len(quick) > 20
