"""The light Responses API gets the tools that it knows, once it has complained."""

from __future__ import annotations

import pytest

from plexus.transforms.repairs.lite_tools import mend
from plexus.transforms.wire import Json, JsonObject

COMPLAINT = (
    "X-OpenAI-Internal-Codex-Responses-Lite only supports function tools, custom tools, and "
    "client-executed tool search."
)
KNOWN: list[Json] = [{"type": "function"}, {"type": "custom"}, {"type": "tool_search"}]


def body() -> JsonObject:
    """A request with tools that the light form knows and others."""
    return {"input": "q", "tools": [{"type": "web_search"}, *KNOWN, "odd", {}]}


@pytest.mark.parametrize(
    "text", [COMPLAINT, "Only tools of type function, custom and tool_search are allowed"]
)
def test_only_known_types_remain(text: str) -> None:
    assert mend("responses:lite", body(), text) == {"input": "q", "tools": KNOWN}


def test_the_full_form_and_other_complaints_keep_all_tools() -> None:
    assert mend("responses", body(), COMPLAINT) is None
    assert mend("responses:lite", body(), "only function tools, please") is None
    assert mend("responses:lite", {"tools": KNOWN}, COMPLAINT) is None
    assert mend("responses:lite", {}, COMPLAINT) is None
