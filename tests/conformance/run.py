"""Run the checks over cases, on two processes, and count."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence

from tests.conformance.answers_check import check_error, check_response
from tests.conformance.corpus import Case, Kind
from tests.conformance.outcome import Outcome
from tests.conformance.requests_check import check_request
from tests.conformance.streams_check import check_stream

_CHECKS: dict[Kind, Callable[[Case, Outcome], None]] = {
    "request": check_request,
    "response": check_response,
    "stream": check_stream,
    "error": check_error,
}
PROCESSES = min(2, os.cpu_count() or 1)


def check(case: Case) -> Outcome:
    """Run all checks of one case."""
    outcome = Outcome(name=case.name, format=case.format, kind=case.kind)
    _CHECKS[case.kind](case, outcome)
    return outcome


def check_all(cases: Iterable[Case], processes: int = PROCESSES) -> Sequence[Outcome]:
    """Run all checks of all cases, in order."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return list(pool.imap(check, cases, chunksize=16))
