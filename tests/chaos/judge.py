"""What a call came to, and whether that is what it had to come to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plexus.store.records import UsageRecord
from tests.chaos.calls import Call
from tests.chaos.clients import Answer
from tests.chaos.formats import Heard, heard

type Outcome = Literal["served", "told", "left", "wrong"]

_TAKEN_OVER = "taken over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of a call: the client's side, the ledger's, the providers'."""

    call: Call
    answer: Answer
    rows: Sequence[UsageRecord]
    requests: Mapping[str, int]  # how many each provider got
    open_requests: int = 0  # of those, how many it still holds open

    @property
    def row(self) -> UsageRecord:
        """Its row; only if there is exactly one."""
        (row,) = self.rows
        return row

    @property
    def tried(self) -> list[str]:
        """Which providers the ledger says were asked, in order."""
        row = self.row
        if row.all_attempted_providers is None:
            return [row.provider] if row.provider else []
        return [str(name).partition("/")[0] for name in json.loads(row.all_attempted_providers)]

    @property
    def routing(self) -> dict[str, Any]:
        """Why each target was planned."""
        return dict(json.loads(self.row.routing or "{}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a call came to; `wrong` says why it should not have."""

    call: Call
    outcome: Outcome
    attempts: int = 0
    wrong: str | None = None


def judged(evidence: Evidence) -> Verdict:
    """Judge one call."""
    call, rows = evidence.call, evidence.rows
    outcome: Outcome = "wrong"
    try:
        if evidence.answer.left:
            outcome = "left"
            _check_left(evidence)
        else:
            assert evidence.answer.broke is None, f"the reply broke: {evidence.answer.broke}"
            assert len(rows) == 1, f"{len(rows)} rows in the ledger"
            outcome = _outcome(evidence)
            _check_attempts(evidence)
            _check_reasons(evidence)
    except (AssertionError, ValueError, LookupError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}" if not str(error) else str(error)
        return Verdict(call=call, outcome="wrong", attempts=_attempts(rows), wrong=reason)
    return Verdict(call=call, outcome=outcome, attempts=_attempts(rows))


def _attempts(rows: Sequence[UsageRecord]) -> int:
    return sum(row.attempt_count for row in rows)


def _check_left(evidence: Evidence) -> None:
    # It may have left before its call was known, or when all was said already.
    assert len(evidence.rows) <= 1, f"{len(evidence.rows)} rows in the ledger"
    assert not evidence.open_requests, "a provider was not let go"
    most = Counter(evidence.requests.values())
    assert sum(evidence.requests.values()) <= 2 + _repeats(evidence.call), f"requests: {most}"
    for row in evidence.rows:
        assert row.response_status != "pending", "its row was never closed"


def _outcome(evidence: Evidence) -> Outcome:
    call, answer, row = evidence.call, evidence.answer, evidence.row
    assert answer.status == 200, f"status {answer.status}: {answer.body[:300]!r}"
    found = heard(call, answer.body)
    if _must_be_told(evidence):
        _check_told(evidence, found)
        return "told"
    assert found.is_one_answer, f"no single whole answer: {found}"
    by = evidence.tried[-1].rpartition("-")[2] if evidence.tried else "?"
    assert found.text == call.text(by), f"said {found.text!r}, not {call.text(by)!r}"
    assert row.response_status == "success", f"row says {row.response_status}"
    return "served"


def _must_be_told(evidence: Evidence) -> bool:
    call = evidence.call
    if call.fault.early or call.fault.name == "none" or call.failing not in evidence.tried:
        return False
    return not call.phase.continues or call.fault.name == "cut-tool"


def _check_told(evidence: Evidence, found: Heard) -> None:
    call, row = evidence.call, evidence.row
    assert found.is_told_of_failure, f"the client does not know that it failed: {found}"
    begun = call.text(call.victim).startswith(found.text) or call.fault.name == "cut-tool"
    assert begun, f"said {found.text!r}, which {call.victim} did not"
    assert row.response_status == "error", f"row says {row.response_status}"
    assert row.error_message, "the row does not say what went wrong"


def _check_attempts(evidence: Evidence) -> None:
    call, tried = evidence.call, evidence.tried
    if call.fault.name == "none":
        assert len(tried) == 1, f"tried {tried}"
    elif call.failing in tried:
        expected = [call.failing] if _must_be_told(evidence) else [call.failing, call.other]
        assert tried == expected, f"tried {tried}, not {expected}"
    else:
        assert tried == [call.other], f"tried {tried}, not {[call.other]}"
    assert evidence.row.attempt_count == len(tried)
    _check_requests(evidence)
    if _is_continued(evidence):
        dropped = " ".join(map(str, evidence.routing["dropped"]))
        assert _TAKEN_OVER in dropped, f"the receipt does not tell: {dropped}"


def _is_continued(evidence: Evidence) -> bool:
    call = evidence.call
    is_late = not call.fault.early and call.fault.name not in {"none", "cut-tool"}
    return call.phase.continues and is_late


def _check_requests(evidence: Evidence) -> None:
    call = evidence.call
    asked = Counter(name.rpartition("-")[2] for name in evidence.tried if "closed" not in name)
    for name, count in evidence.requests.items():
        allowed = asked[name] + (_repeats(call) if name == call.victim else 0)
        assert asked[name] <= count <= allowed, f"{name} got {count} requests, tried {asked[name]}"


def _repeats(call: Call) -> int:
    # A connection that was idle may have been closed just then: it is tried once more on a new one.
    return 1 if call.fault.name == "reset" else 0


def _check_reasons(evidence: Evidence) -> None:
    call, row, routing = evidence.call, evidence.row, evidence.routing
    planned = {entry["target"]: entry["reason"] for entry in routing["planned"]}
    for name in evidence.tried:
        assert planned.get(f"{name}/big"), f"no reason why {name} was planned: {planned}"
    if call.failing not in evidence.tried or call.fault.name == "none":
        return
    history = json.loads(row.retry_history or "[]")
    first = next((one for one in history if one["status"] != "skipped"), None)
    assert first is not None, "no history"
    assert (first["provider"], first["status"]) == (call.failing, "failed"), f"history: {first}"
    assert first["reason"], f"the history does not say why: {first}"
    assert first["statusCode"] == call.fault.status, f"history: {first}"
