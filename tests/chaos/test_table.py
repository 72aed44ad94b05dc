"""The table counts what became of the calls of each fault."""

from dataclasses import replace

from tests.chaos.calls import planned
from tests.chaos.chaos import Report
from tests.chaos.faults import FAULTS
from tests.chaos.judge import Verdict
from tests.chaos.table import failures, table

CALL = replace(planned(10, seed=1)[0], fault=FAULTS["reset"])


def test_each_fault_has_its_line() -> None:
    verdicts = [
        Verdict(call=CALL, outcome="served", attempts=2),
        Verdict(call=CALL, outcome="served", attempts=1),
        Verdict(call=CALL, outcome="wrong", attempts=1, wrong="why"),
    ]
    lines = table(Report(verdicts=verdicts)).splitlines()
    (mine,) = [line.split() for line in lines if line.split()[:1] == ["reset"]]
    assert mine == ["reset", "3", "2", "0", "0", "1", "1.33"]
    assert lines[-1].split() == ["all", "3", "2", "0", "0", "1", "1.33"]


def test_failures_are_told_with_what_it_takes_to_see_them_again() -> None:
    wrong = [Verdict(call=CALL, outcome="wrong", wrong="why") for _ in range(12)]
    told = failures(Report(verdicts=wrong, problems=["3 slots left"]))
    assert told.startswith("  3 slots left\n  call 1 (failover): reset at")
    assert told.endswith("  … and 2 more")
