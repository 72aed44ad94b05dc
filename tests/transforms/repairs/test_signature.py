"""Thoughts that another provider signed are left out when this one complains."""

from __future__ import annotations

import pytest

from plexus.transforms.repairs.signature import mend
from plexus.transforms.wire import JsonObject

SAID: JsonObject = {"type": "text", "text": "a"}


def body() -> JsonObject:
    """A conversation with thoughts, one of them alone between two users' turns."""
    return {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "thinking", "signature": "s"}, SAID]},
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]},
            {"role": "user", "content": "q"},
        ]
    }


@pytest.mark.parametrize(
    "text",
    [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.1.content.0.thinking.signature: Field required",
        "each thinking block must contain a signature",
        "INVALID SIGNATURE IN THINKING BLOCK. The block is bound to a different conversation.",
    ],
)
def test_all_thoughts_go_when_a_signature_is_refused(text: str) -> None:
    elided = {"type": "text", "text": "[reasoning elided]"}
    assert mend("messages", body(), text) == {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [SAID]},
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [elided]},
            {"role": "user", "content": "q"},
        ]
    }


@pytest.mark.parametrize(
    "text", ["", "Invalid signature", "thinking is invalid", "a signature of thinking"]
)
def test_other_complaints_leave_the_thoughts(text: str) -> None:
    assert mend("messages", body(), text) is None


def test_without_thoughts_there_is_nothing_to_mend() -> None:
    text = "Invalid `signature` in `thinking` block"
    assert mend("messages", {"messages": [{"role": "user", "content": [SAID]}]}, text) is None
    assert mend("responses", {"input": [{"type": "thinking"}]}, text) is None
