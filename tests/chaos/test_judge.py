"""The judge finds what is wrong with a call; one that finds nothing would prove nothing."""

from dataclasses import replace
from typing import Any

import pytest

from plexus.store.records import UsageRecord
from tests.chaos.calls import Call, planned
from tests.chaos.clients import Answer
from tests.chaos.faults import FAULTS
from tests.chaos.judge import Evidence, judged
from tests.fakes.native import chat
from tests.fakes.native.shapes import compact

CALL = replace(
    planned(10, seed=1)[0], fault=FAULTS["status-500"], victim="a", format="chat", stream=False
)
BROKEN = replace(CALL, fault=FAULTS["cut"], stream=True)
FAILED = {"provider": "a", "status": "failed", "reason": "500", "statusCode": 500}
SERVED = {"provider": "b", "status": "success", "reason": "2 of 2", "statusCode": 200}
PLANNED = [{"target": f"{name}/big", "reason": "random"} for name in "ab"]


def saying(text: str, call: Call = CALL) -> Answer:
    reply = b"".join(chat.stream([text])) if call.stream else compact(chat.text(text)).encode()
    return Answer(status=200, body=reply)


def row(**other: Any) -> UsageRecord:
    made = {
        "request_id": "x", "start_time": 0, "response_status": "success", "attempt_count": 2,
        "provider": "b", "all_attempted_providers": '["a/big","b/big"]',
        "retry_history": compact([FAILED, SERVED]),
        "routing": compact({"planned": PLANNED, "dropped": []}),
    }  # fmt: skip
    return UsageRecord(**{**made, **other})


def evidence(call: Call = CALL, **other: Any) -> Evidence:
    made: dict[str, Any] = {
        "call": call,
        "answer": saying(call.text("b"), call),
        "rows": [row()],
        "requests": {"a": 1, "b": 1},
    }
    return Evidence(**{**made, **other})


def test_a_call_that_the_other_target_served_is_served() -> None:
    verdict = judged(evidence())
    assert (verdict.outcome, verdict.attempts, verdict.wrong) == ("served", 2, None)


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        ({"answer": Answer(broke="ReadError")}, "the reply broke"),
        ({"answer": Answer(status=500, body=b"no")}, "status 500"),
        ({"answer": saying("something else")}, "said 'something else'"),
        ({"answer": Answer(status=200, body=b"<html>")}, "Expecting value"),
        ({"rows": []}, "0 rows"),
        ({"rows": [row(), row()]}, "2 rows"),
        ({"rows": [row(response_status="error")]}, "row says error"),
        ({"rows": [row(retry_history=None)]}, "no history"),
        ({"rows": [row(retry_history=compact([SERVED, SERVED]))]}, "history:"),
        ({"rows": [row(retry_history=compact([{**FAILED, "reason": ""}]))]}, "does not say why"),
        ({"rows": [row(routing=compact({"planned": [], "dropped": []}))]}, "no reason why a"),
        ({"rows": [row(all_attempted_providers='["b/big","a/big"]')]}, "said"),
        ({"requests": {"a": 2, "b": 1}}, "a got 2 requests"),
        ({"requests": {"a": 0, "b": 1}}, "a got 0 requests"),
    ],
)
def test_what_is_wrong_is_said(other: dict[str, Any], wrong: str) -> None:
    verdict = judged(evidence(**other))
    assert verdict.outcome == "wrong"
    assert wrong in (verdict.wrong or "")


def broken_off(*frames: bytes) -> Evidence:
    history = compact([{**FAILED, "reason": "it broke", "statusCode": 200}])
    alone = row(
        response_status="error", error_message="it broke", attempt_count=1, provider="a",
        all_attempted_providers='["a/big"]', retry_history=history,
    )  # fmt: skip
    reply = Answer(status=200, body=b"".join(frames))
    return evidence(BROKEN, answer=reply, rows=[alone], requests={"a": 1})


def test_a_stream_that_breaks_must_be_told_as_broken() -> None:
    begun = chat.stream([BROKEN.text("a")[:9]])[:2]
    whole = chat.stream([BROKEN.text("a")[:9]])
    assert judged(broken_off(*begun, chat.stream_error("it broke"))).outcome == "told"
    assert "does not know" in (judged(broken_off(*whole)).wrong or "")
    assert "does not know" in (judged(broken_off(*begun)).wrong or "")
    other = chat.stream(["Something else"])[:2]
    assert "which a did not" in (judged(broken_off(*other, chat.stream_error("x"))).wrong or "")


def test_of_a_client_that_left_nothing_may_stay() -> None:
    gone = evidence(answer=Answer(left=True))
    assert judged(gone).outcome == "left"
    assert judged(replace(gone, rows=[])).outcome == "left"
    assert "not let go" in (judged(replace(gone, open_requests=1)).wrong or "")
    pending = replace(gone, rows=[row(response_status="pending")])
    assert "never closed" in (judged(pending).wrong or "")
