"""Tools as providers get them."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.tools_encode import encode_tools
from plexus.transforms.ir import ChatRequest, ServerTool, ToolSpec
from plexus.transforms.wire import Json, JsonObject
from tests.transforms.dialects.openai_responses.rules import read_request

GROUP: JsonObject = {
    "type": "namespace",
    "name": "agents",
    "description": "d",
    "tools": [{"type": "function", "name": "a"}, {"type": "function", "name": "b"}],
}


CLOSED: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}


def written(*tools: ToolSpec | ServerTool) -> tuple[list[JsonObject], list[str]]:
    """The tools and the notes."""
    receipt = Receipt()
    found = encode_tools(ChatRequest(model="m", messages=(), tools=tools), receipt)
    return found, [str(note) for note in receipt.notes]


def test_tools_are_written_as_they_were_read() -> None:
    tools: list[Json] = [
        {"type": "function", "name": "f"},
        {"type": "function", "name": "g", "parameters": None, "strict": None},
        {"type": "function", "name": "h", "strict": False, "parameters": {}, "description": "d"},
        GROUP,
        {"type": "custom", "name": "x", "format": {"type": "text"}, "defer_loading": True},
        {"type": "mcp", "server_label": "s"},
        {**GROUP, "name": "f"},
    ]
    request = read_request({"model": "m", "input": "hi", "tools": tools})
    receipt = Receipt()
    assert encode_tools(request, receipt) == tools
    assert receipt.notes == ()


def test_tools_that_stand_in_the_input_are_not_written_twice() -> None:
    brought: JsonObject = {
        "type": "additional_tools",
        "role": "developer",
        "tools": [GROUP, {"type": "function", "name": "f"}, {"type": "web_search"}],
    }
    body: JsonObject = {"model": "m", "input": [brought, {"role": "user", "content": "hi"}]}
    request = read_request(body)
    assert [tool.name for tool in request.tools if isinstance(tool, ToolSpec)] == [
        "agents__a", "agents__b", "f",
    ]  # fmt: skip
    assert encode_tools(request, Receipt()) == []


def test_a_found_tool_that_is_declared_stays_declared() -> None:
    tool: JsonObject = {"type": "function", "name": "f", "defer_loading": True}
    found: JsonObject = {"type": "tool_search_output", "call_id": "c", "tools": [tool]}
    request = read_request({"model": "m", "input": [found], "tools": [tool]})
    assert encode_tools(request, Receipt()) == [tool]


def test_another_formats_tool_says_strict_and_has_parameters() -> None:
    assert written(ToolSpec(name="f"), ToolSpec(name="g", schema=CLOSED, strict=True)) == (
        [
            {
                "type": "function",
                "name": "f",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            },
            {"type": "function", "name": "g", "parameters": CLOSED, "strict": True},
        ],
        [],
    )


def test_strictness_over_an_open_schema_which_openai_refuses_is_given_up() -> None:
    tools, notes = written(ToolSpec(name="g", schema={"type": "object"}, strict=True))
    assert tools[0]["strict"] is False
    assert notes == ["coerced tools[0].strict (off: OpenAI's strict schemas leave nothing open)"]


def test_another_formats_custom_tool_stays_custom() -> None:
    tool = ToolSpec(name="x", description="d", kind="custom", format={"type": "text"})
    assert written(tool)[0] == [
        {"type": "custom", "name": "x", "description": "d", "format": {"type": "text"}}
    ]


def test_a_name_that_openai_refuses_is_changed_and_noted() -> None:
    (tool,), notes = written(ToolSpec(name="ns.tool:x"))
    assert str(tool["name"]).startswith("ns_tool_x_")
    assert notes == ["coerced tools[0] (OpenAI does not take the name 'ns.tool:x')"]


def test_of_two_tools_with_one_name_the_last_counts() -> None:
    tools, notes = written(
        ToolSpec(name="f", description="old"), ToolSpec(name="g"), ToolSpec(name="f")
    )
    assert [(tool["name"], "description" in tool) for tool in tools] == [("f", False), ("g", False)]
    assert notes == ["dropped tools[0] (another tool is named 'f')"]


@pytest.mark.parametrize(
    ("raw", "expected", "lost"),
    [
        ({"googleSearch": {}}, {"type": "web_search"}, []),
        (
            {
                "type": "web_search_20250305",
                "name": "web_search",
                "max_uses": 3,
                "allowed_domains": ["example.com"],
                "user_location": {"type": "approximate", "city": "Rome", "planet": "Earth"},
            },
            {
                "type": "web_search",
                "filters": {"allowed_domains": ["example.com"]},
                "user_location": {"type": "approximate", "city": "Rome"},
            },
            ["tools[0].max_uses"],
        ),
        (
            {
                "search_context_size": "low",
                "user_location": {"type": "approximate", "approximate": {"country": "IT"}},
            },
            {
                "type": "web_search",
                "search_context_size": "low",
                "user_location": {"type": "approximate", "country": "IT"},
            },
            [],
        ),
    ],
)
def test_web_search_has_its_equivalent(
    raw: JsonObject, expected: JsonObject, lost: list[str]
) -> None:
    receipt = Receipt()
    tool = ServerTool(dialect="messages", raw=raw, purpose="web_search")
    request = ChatRequest(model="m", messages=(), tools=(tool,))
    assert encode_tools(request, receipt) == [expected]
    assert [note.path for note in receipt.notes] == lost


def test_code_is_run_by_the_interpreter_and_other_tools_are_dropped() -> None:
    code = ServerTool(dialect="gemini", raw={"codeExecution": {}}, purpose="code_execution")
    other = ServerTool(dialect="messages", raw={"type": "memory_20250818"})
    assert written(code, other) == (
        [{"type": "code_interpreter", "container": {"type": "auto"}}],
        [
            "coerced tools[0] (run by OpenAI's code interpreter)",
            "dropped tools[1] (a tool that only messages runs)",
        ],
    )
