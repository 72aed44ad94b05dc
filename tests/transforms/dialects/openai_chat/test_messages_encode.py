"""Messages are written in the shape and order that a provider takes."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Media, Opaque, Text, ToolCall, ToolResult
from tests.transforms.dialects.openai_chat.making import (
    OFFICIAL,
    again,
    assistant,
    body,
    call,
    encoded,
    foreign,
    noted,
    said,
    tool,
    user,
)

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}


@pytest.mark.parametrize(
    "messages",
    [
        [user("a")],
        [user("")],
        [user([])],
        [user(None)],
        [user([{"type": "text", "text": "a"}, IMAGE], name="Ann", x=1)],
        [user("a"), assistant(None, tool_calls=[call("a")]), tool("a", "r", name="f", x=1)],
        [assistant(None, tool_calls=[call("a")]), tool("a", "")],
        [assistant(None, tool_calls=[call("a")]), tool("a", None)],
        [assistant(None, tool_calls=[call("a")]), tool("a", [{"type": "text", "text": "x"},
                                                             {"type": "text", "text": "y"}])],
        [assistant(None, tool_calls=[call("a")]), tool("a", [IMAGE, {"type": "x"}])],
    ],
)  # fmt: skip
def test_a_chat_clients_messages_go_back_as_they_were(messages: Any) -> None:
    assert again(body(*messages))["messages"] == messages


def test_marks_on_whole_messages_go_where_they_are_taken() -> None:
    mark = {"type": "ephemeral"}
    messages = [
        user("a", cache_control=mark),
        assistant(None, tool_calls=[call("a")]),
        tool("a", "r", cache_control=mark),
    ]

    assert again(body(*messages), Traits(cache_marks=True))["messages"] == messages
    assert again(body(*messages))["messages"] == [
        user("a"),
        assistant(None, tool_calls=[call("a")]),
        tool("a", "r"),
    ]


def test_ids_of_call_and_result_are_mapped_alike() -> None:
    raw = body(assistant(None, tool_calls=[call("functions.f:0")]), tool("functions.f:0", "r"))

    made, answered = again(raw, Traits(tool_id="nine"))["messages"]

    assert made["tool_calls"][0]["id"] == answered["tool_call_id"]
    assert len(answered["tool_call_id"]) == 9


def test_openai_gets_pictures_from_tools_in_a_users_message() -> None:
    raw = body(
        assistant(None, tool_calls=[call("a"), call("b")]),
        tool("a", [{"type": "text", "text": "x"}, IMAGE]),
        tool("b", "y"),
    )

    assert again(raw, OFFICIAL)["messages"][1:] == [
        tool("a", "x"),
        tool("b", "y"),
        user([{"type": "text", "text": "[shown by tool call a]"}, IMAGE]),
    ]


def _result(*parts: Any, **fields: Any) -> tuple[Any, list[str]]:
    request = foreign(
        said("assistant", ToolCall(id="a", name="f")),
        said("user", ToolResult(call_id="a", parts=parts, **fields)),
    )
    return encoded(request)["messages"][1:], noted(request)


def test_a_foreign_result_is_one_string() -> None:
    assert _result(Text(text="x"), Text(text="y")) == ([tool("a", "x\ny")], [])
    assert _result() == ([tool("a", "")], [])


def test_a_foreign_error_says_so_in_words() -> None:
    assert _result(Text(text="boom"), is_error=True) == (
        [tool("a", "Error: boom")],
        ["coerced messages[1].parts[0].is_error (as the words before the result)"],
    )
    assert _result(Text(text="ERROR: boom"), is_error=True)[0] == [tool("a", "ERROR: boom")]


def test_a_foreign_picture_follows_behind_and_unknown_blocks_are_noted() -> None:
    image = Media(kind="image", mime="image/png", data="AA")
    opaque = Opaque(dialect="messages", raw={"type": "search_result"})

    messages, notes = _result(Text(text="x"), image, opaque)

    assert messages == [
        tool("a", "x"),
        user([{"type": "text", "text": "[shown by tool call a]"}, IMAGE]),
    ]
    assert notes[-1] == "dropped messages[1].parts[0].parts[1] (only messages understands it)"


def test_a_foreign_turn_without_anything_is_left_out() -> None:
    assert encoded(foreign(said("user"), said("user", "a")))["messages"] == [user("a")]


def test_foreign_user_parts_stay_parts() -> None:
    assert encoded(foreign(said("user", "a", "b")))["messages"] == [
        user([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    ]


@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_a_foreign_message_of_which_nothing_is_left_is_left_out_and_noted(role: Any) -> None:
    opaque = Opaque(dialect="messages", raw={"type": "container_upload"})
    request = foreign(said("user", "a"), said(role, opaque), said("user", "b"))
    inline = Traits(inline_system=True)

    assert [message["content"] for message in encoded(request, inline)["messages"]] == ["a", "b"]
    assert noted(request, inline) == [
        "dropped messages[1].parts[0] (a block that only messages understands)"
    ]


@pytest.mark.parametrize("role", ["user", "system"])
def test_an_empty_foreign_message_is_left_out_but_a_chat_clients_own_stays(role: Any) -> None:
    raw = body({"role": role, "content": ""}, user("a"))

    assert encoded(foreign(said(role, ""), said("user", "a")))["messages"] == [user("a")]
    assert again(raw) == raw


def test_an_empty_foreign_prompt_is_no_message() -> None:
    assert encoded(foreign(system=(Text(text=""),)))["messages"] == [user("hi")]
