"""An advisor's results are left out together with the calls that they answer."""

from __future__ import annotations

from plexus.transforms.repairs.advisor import mend
from plexus.transforms.wire import Json, JsonObject

COMPLAINT = "messages.1.content.1: Advisor tool result content could not be processed."
SAID: JsonObject = {"type": "text", "text": "a"}
RESULT: JsonObject = {"type": "advisor_tool_result", "tool_use_id": "a1", "content": "x"}


def asked(*blocks: Json) -> JsonObject:
    """A conversation in which the model said these blocks."""
    return {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": list(blocks)},
            {"role": "user", "content": "q"},
        ]
    }


def test_a_result_goes_with_its_call_and_other_calls_stay() -> None:
    call: JsonObject = {"type": "server_tool_use", "id": "a1", "name": "advisor"}
    other: JsonObject = {"type": "server_tool_use", "id": "w1", "name": "web_search"}
    nameless: JsonObject = {"type": "server_tool_use"}
    before = asked(call, RESULT, other, nameless, SAID)
    assert mend("messages", before, COMPLAINT) == asked(other, nameless, SAID)


def test_a_turn_of_nothing_else_says_that_it_was_elided() -> None:
    before = asked({"type": "advisor_tool_use", "id": "a1"}, RESULT)
    assert mend("messages", before, COMPLAINT) == asked(
        {"type": "text", "text": "[advisor result elided]"}
    )


def test_other_complaints_and_other_conversations_stay() -> None:
    assert mend("messages", asked(RESULT), "Advisor is not available") is None
    assert mend("messages", asked(RESULT), "Tool result content could not be processed") is None
    assert mend("messages", asked(SAID), COMPLAINT) is None
