"""Messages are read by role; what is wrong with one is named."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.messages_decode import decode_messages
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import CacheMark, Text, ToolCall, ToolResult
from tests.transforms.dialects.openai_chat.making import assistant, call, tool, user


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        (None, "messages"),
        ([], "messages"),
        ("hi", "messages"),
        ([user("a"), 7], "messages[1]"),
        ([{"content": "a"}], "messages[0].role"),
        ([{"role": "wizard"}], "messages[0].role"),
        ([{"role": 7}], "messages[0].role"),
        ([user(7)], "messages[0].content"),
        ([user({"a": 1})], "messages[0].content"),
        ([{"role": "tool", "content": "a"}], "messages[0].tool_call_id"),
    ],
)
def test_what_is_wrong_is_named(messages: Any, where: str) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_messages(messages)

    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, where)
    assert where in caught.value.message


def test_every_prompt_keeps_its_place_and_role() -> None:
    messages = decode_messages(
        [
            {"role": "system", "content": "s"},
            user("u", name="Ann", x=1),
            {"role": "developer", "content": [{"type": "text", "text": "d"}]},
        ]
    )

    assert [(m.role, m.name, m.ext["chat"]) for m in messages] == [
        ("system", None, {}),
        ("user", "Ann", {"x": 1}),
        ("developer", None, {}),
    ]


@pytest.mark.parametrize("content", ["", None, []])
def test_empty_content_yields_no_parts_but_stays(content: Any) -> None:
    (message,) = decode_messages([user(content)])

    assert message.parts == ()
    assert message.ext["chat"] == {"content": content}


def test_a_tool_message_is_a_result_in_a_users_turn() -> None:
    _, message = decode_messages(
        [assistant(None, tool_calls=[call("a")]), tool("a", "42", name="f")]
    )

    (result,) = message.parts
    assert message.role == "user"
    assert isinstance(result, ToolResult)
    assert (result.call_id, result.parts, result.name) == ("a", (Text(text="42"),), "f")


def test_results_without_ids_answer_the_calls_without_ids_in_order() -> None:
    messages = decode_messages(
        [
            assistant(None, tool_calls=[call("", "f"), call("", "g")]),
            tool("", "1"),
            tool("", "2"),
        ]
    )
    calls = [part.id for part in messages[0].parts if isinstance(part, ToolCall)]
    results = [
        part.call_id for m in messages[1:] for part in m.parts if isinstance(part, ToolResult)
    ]

    assert results == calls
    assert len(set(calls)) == 2


def test_a_function_message_answers_the_function_call_of_its_name() -> None:
    messages = decode_messages(
        [
            assistant(None, function_call={"name": "f", "arguments": "{}"}),
            {"role": "function", "name": "f", "content": "1"},
        ]
    )
    (made,), (result,) = messages[0].parts, messages[1].parts

    assert isinstance(made, ToolCall) and isinstance(result, ToolResult)
    assert (result.call_id, result.name) == (made.id, "f")


def test_a_function_message_without_a_call_still_has_an_id() -> None:
    ((result,),) = [m.parts for m in decode_messages([{"role": "function", "content": "1"}])]

    assert isinstance(result, ToolResult) and result.call_id.startswith("call_")


def test_a_mark_on_the_message_marks_its_last_part() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]

    marked = decode_messages(
        [
            user(parts, cache_control=mark),
            assistant(None, tool_calls=[call("a")], cache_control=mark),
            tool("a", "r", cache_control=mark),
            user("", cache_control=mark),
        ]
    )

    assert [getattr(m.parts[-1], "cache", None) if m.parts else None for m in marked] == [
        CacheMark(ttl="1h"),
        CacheMark(ttl="1h"),
        CacheMark(ttl="1h"),
        None,
    ]
    assert marked[0].ext["chat"]["cache_control"] == mark


def test_strange_parts_in_a_result_are_kept_as_words_or_whole() -> None:
    content = [
        {"type": "refusal", "refusal": "no"},
        {"type": "thinking", "thinking": "hm"},
        {"type": "hologram"},
    ]

    ((result,),) = [m.parts for m in decode_messages([tool("a", content)])]

    assert isinstance(result, ToolResult)
    assert [getattr(part, "text", getattr(part, "raw", None)) for part in result.parts] == [
        "no", "hm", {"type": "hologram"},
    ]  # fmt: skip
