"""Reading a chat-completions body for the demo model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.embedded_request import Ask, read
from plexus.addons.upstream.embedded_tools import Tool
from plexus.transforms.errors import GatewayError, Kind

USER = {"role": "user", "content": "Hello there"}
WEATHER = {"type": "function", "function": {"name": "weather"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def body(*messages: object, **fields: object) -> dict:
    return {"model": "demo", "messages": list(messages or [USER]), **fields}


def ask(**fields: object) -> Ask:
    defaults = {
        "model": "demo",
        "prompt": "Hello there",
        "attachments": 0,
        "results": (),
        "tools": (),
        "parallel": True,
        "output": "text",
        "schema": None,
        "stream": False,
        "include_usage": False,
        "limit": None,
        "stop": (),
        "prompt_tokens": 6,
    }
    return Ask(**{**defaults, **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"stream": True, "stream_options": None}, {"stream": True}),
        (
            {"stream": True, "stream_options": {"include_usage": True}},
            {"stream": True, "include_usage": True},
        ),
        ({"max_tokens": 9}, {"limit": 9}),
        ({"max_tokens": 9, "max_completion_tokens": 5}, {"limit": 5}),
        ({"stop": "x"}, {"stop": ("x",)}),
        ({"stop": ["x", "", "y"]}, {"stop": ("x", "y")}),
        ({"parallel_tool_calls": False}, {"parallel": False}),
        ({"response_format": {"type": "text"}}, {}),
        ({"response_format": {"type": "json_object"}}, {"output": "json"}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"const": 1}}}},
            {"output": "schema", "schema": {"const": 1}},
        ),
        ({"n": 1, "temperature": 0.2, "seed": 7, "a_field_of_tomorrow": {}}, {}),
    ],
)
def test_each_field_is_read(fields, expected):
    assert read(body(**fields)) == ask(**expected)


def test_the_last_user_message_is_the_prompt_and_what_is_not_text_is_counted():
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "text", "text": "and say"},
    ]

    read_ = read(body({"role": "user", "content": "First"}, {"role": "user", "content": parts}))

    assert (read_.prompt, read_.attachments) == ("Look: and say", 1)


def test_a_conversation_without_a_user_has_no_prompt():
    assert read(body({"role": "system", "content": "Be brief"})).prompt is None


def test_tools_are_for_the_turn_after_the_users():
    asked = read(body(USER, tools=[WEATHER]))
    answered = read(
        body(
            USER,
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
            tools=[WEATHER],
        )
    )

    assert asked.tools == (Tool(name="weather", kind="function", schema=None),)
    assert (answered.tools, answered.results) == ((), (("weather", "sunny"),))


def test_a_named_tool_is_called_once():
    choice = {"type": "function", "function": {"name": "weather"}}

    assert read(body(tools=[WEATHER], tool_choice=choice)).parallel is False


def test_only_the_results_at_the_end_count_and_each_finds_its_tools_name():
    read_ = read(
        body(
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "old"},
            USER,
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "new"}]},
            {"role": "function", "name": "clock", "content": "noon"},
            {"role": "tool", "tool_call_id": "unheard-of", "content": "?"},
        )
    )

    assert read_.results == (("weather", "new"), ("clock", "noon"), ("the tool", "?"))


def test_the_prompt_is_counted_in_words_turns_calls_tools_and_attachments():
    image = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "one two"}, image]},  # 4 + 2 + 85
        {"role": "assistant", "tool_calls": [CALL]},  # 4 + 10: 76 characters of JSON
        {"role": "tool", "tool_call_id": "c1", "content": "three"},  # 4 + 1
    ]

    # The tool is 49 characters of JSON: 7.
    assert read(body(*messages, tools=[WEATHER])).prompt_tokens == 91 + 14 + 5 + 7


def test_results_may_be_all_there_is():
    assert read(body({"role": "tool", "content": "18 °C"})).results == (("the tool", "18 °C"),)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [USER, "hi"]}, "messages[1]"),
        ({"messages": [{"role": "robot", "content": ""}]}, "messages[0].role"),
        ({"messages": [{"content": ""}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"tools": {}}, "tools"),
        ({"n": 2}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": True}, "max_completion_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"stop": 3}, "stop"),
        ({"stop": ["a", 3]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": True}, "stream_options"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
    ],
)
def test_what_is_wrong_is_named(wrong, where):
    with pytest.raises(GatewayError) as caught:
        read({**body(), **wrong})

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
    assert caught.value.message.startswith(f"{where} must be ")


FIELDS = st.sampled_from(
    [
        "model", "messages", "role", "content", "tools", "tool_choice", "type", "function", "name",
        "text", "user", "stop", "stream_options", "response_format", "tool_calls", "n",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | FIELDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=20,
)


def attempt(anything: dict) -> str:
    try:
        read(anything)
    except GatewayError as error:
        return error.kind
    return "read"


@given(st.dictionaries(FIELDS, JSON), st.booleans())
def test_any_body_is_read_or_refused(anything, whole):
    outcome = attempt({**body(), **anything} if whole else anything)

    assert outcome in (Kind.BAD_REQUEST, "read")
