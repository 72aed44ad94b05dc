"""The long conversation says the same in both formats."""

from __future__ import annotations

from tests.bench.bodies import as_messages, asking, conversation, printed


def test_a_conversation_is_as_long_as_asked_and_holds_calls_with_results() -> None:
    body = conversation(50_000)
    assert 50_000 <= len(printed(body)) < 60_000
    roles = [turn["role"] for turn in body["messages"]]  # type: ignore[attr-defined]  # a list
    assert roles[:5] == ["system", "user", "assistant", "tool", "assistant"]


def test_as_messages_it_has_the_same_turns_and_tools() -> None:
    body = conversation(50_000)
    same = as_messages(body)
    assert len(same["messages"]) == len(body["messages"]) - 1  # type: ignore[arg-type]  # lists
    assert len(same["tools"]) == len(body["tools"])  # type: ignore[arg-type]  # lists
    text = printed(same)
    assert b'"type":"tool_use","id":"call_0"' in text
    assert b'"type":"tool_result","tool_use_id":"call_0"' in text


def test_a_short_question_is_compact_json() -> None:
    assert printed(asking("é")) == (
        '{"model":"bench","messages":[{"role":"user","content":"é"}]}'.encode()
    )
