"""Fragments of tool calls find their call, however a server names it."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.events import BlockDelta, BlockEnded, BlockStarted, Failed, Sealed
from plexus.transforms.ir import Seal, ToolCall
from tests.transforms.dialects.openai_chat.making import (
    chunk,
    events_of,
    failure,
    stream,
    streamed,
)


def _piece(index: Any = None, id_: Any = None, name: Any = None, arguments: Any = None,
           **fields: Any) -> Any:  # fmt: skip
    function = {"name": name, "arguments": arguments}
    raw = {"index": index, "id": id_, "function": function, **fields}
    return {key: value for key, value in raw.items() if value is not None}


def _calls(*pieces: Any) -> list[tuple[str, str, str]]:
    chunks = [chunk({"tool_calls": [piece]}) for piece in pieces]
    response = streamed(*chunks, chunk({}, "tool_calls"))
    return [(p.id, p.name, p.arguments) for p in response.parts if isinstance(p, ToolCall)]


def test_openais_fragments_are_joined_by_index() -> None:
    assert _calls(
        _piece(0, "a", "f", "", type="function"),
        _piece(0, arguments='{"x":'),
        _piece(0, arguments="1}"),
        _piece(1, "b", "g", ""),
        _piece(1, arguments="{}"),
    ) == [("a", "f", '{"x":1}'), ("b", "g", "{}")]


def test_interleaved_fragments_of_parallel_calls_stay_apart() -> None:
    assert _calls(
        _piece(0, "a", "f", ""),
        _piece(1, "b", "g", ""),
        _piece(0, arguments='{"x"'),
        _piece(1, arguments='{"y"'),
        _piece(0, arguments=":1}"),
        _piece(1, arguments=":2}"),
    ) == [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')]


def test_an_index_that_is_always_zero_is_outranked_by_a_new_id() -> None:
    assert _calls(_piece(0, "a", "f", '{"x":1}'), _piece(0, "b", "f", '{"x":2}')) == [
        ("a", "f", '{"x":1}'),
        ("b", "f", '{"x":2}'),
    ]


def test_whole_calls_without_index_stand_apart_by_id() -> None:
    assert _calls(_piece(None, "a", "f", "{}"), _piece(None, "b", "g", "{}")) == [
        ("a", "f", "{}"),
        ("b", "g", "{}"),
    ]


def test_an_index_may_begin_at_one() -> None:
    assert _calls(_piece(1, "a", "f", ""), _piece(1, arguments="{}")) == [("a", "f", "{}")]


def test_fragments_without_an_index_belong_to_the_last_call() -> None:
    assert _calls(
        _piece(None, "a", "f", ""), _piece(arguments='{"x"'), _piece(arguments=":1}")
    ) == [("a", "f", '{"x":1}')]


def test_id_and_name_told_again_are_no_new_call() -> None:
    assert _calls(
        _piece(0, "a", "f", '{"x"'), _piece(0, "a", "f", ":1}"), _piece(0, "", "", "")
    ) == [("a", "f", '{"x":1}')]


def test_a_name_told_again_without_an_id_is_no_new_call_while_the_arguments_go_on() -> None:
    calls = _calls(_piece(0, None, "f", '{"x"'), _piece(0, None, "f", ":1}"))

    assert [(name, arguments) for _, name, arguments in calls] == [("f", '{"x":1}')]


def test_calls_without_ids_are_told_apart_by_name_and_whole_arguments() -> None:
    calls = _calls(
        _piece(0, "", "f", '{"x":1}'), _piece(0, "", "f", '{"x":2}'), _piece(0, "", "g", "{}")
    )

    assert [(name, arguments) for _, name, arguments in calls] == [
        ("f", '{"x":1}'),
        ("f", '{"x":2}'),
        ("g", "{}"),
    ]
    assert len({id_ for id_, _, _ in calls}) == 3


def test_a_name_that_comes_late_holds_the_arguments_back() -> None:
    data = stream(
        chunk({"tool_calls": [_piece(0, "a", None, '{"x"')]}),
        chunk({"tool_calls": [_piece(0, None, "f", ":1}")]}),
        chunk({}, "tool_calls"),
    )

    started, delta, *_ = events_of(data)[1:]

    assert isinstance(started, BlockStarted) and isinstance(started.block, ToolCall)
    assert (started.block.id, started.block.name) == ("a", "f")
    assert delta == BlockDelta(0, "arguments", '{"x":1}')


def test_an_id_that_comes_late_is_only_used_if_nothing_was_told_yet() -> None:
    assert _calls(_piece(0, None, None, '{"x"'), _piece(0, "a", "f", ":1}")) == [
        ("a", "f", '{"x":1}')
    ]


def test_a_call_that_is_never_named_is_told_at_the_end() -> None:
    assert _calls(_piece(0, "a", None, "{}")) == [("a", "", "{}")]


def test_arguments_may_be_an_object() -> None:
    assert _calls(_piece(0, "a", "f", {"x": [1, "é"]})) == [("a", "f", '{"x":[1,"é"]}')]


def test_a_call_without_arguments_has_none() -> None:
    assert _calls(_piece(0, "a", "f")) == [("a", "f", "")]


def test_a_custom_calls_input_is_joined() -> None:
    response = streamed(
        chunk({"tool_calls": [
            {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sh", "input": "l"}}]}),
        chunk({"tool_calls": [{"index": 0, "custom": {"input": "s"}}]}),
        chunk({}, "tool_calls"),
    )  # fmt: skip

    (call,) = response.parts
    assert isinstance(call, ToolCall)
    assert (call.kind, call.name, call.arguments) == ("custom", "sh", "ls")


def test_the_function_call_of_old_is_a_call() -> None:
    response = streamed(
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"function_call": {"arguments": "{}"}}),
        chunk({}, "function_call"),
    )

    (call,) = response.parts
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments, call.ext["chat"]["legacy"]) == ("f", "{}", True)


@pytest.mark.parametrize("first", [True, False])
def test_a_google_signature_seals_its_call_whenever_it_comes(first: bool) -> None:
    extra = {"google": {"thought_signature": "s"}}
    begin = _piece(0, "a", "f", "{}", **({"extra_content": extra} if first else {}))
    later = _piece(0, None, None, "", extra_content=extra)

    events = events_of(stream(chunk({"tool_calls": [begin]}), chunk({"tool_calls": [later]}),
                              chunk({}, "stop")))  # fmt: skip

    seal = Seal(dialect="gemini", kind="thought", data="s")
    assert Sealed(0, seal) in events


def test_a_detail_may_seal_a_call_that_has_yet_to_come() -> None:
    detail = {"type": "reasoning.encrypted", "data": "s", "format": "google-gemini-v1", "id": "a"}

    response = streamed(
        chunk({"reasoning_details": [detail]}),
        chunk({"tool_calls": [_piece(0, "a", "f", "{}")]}),
        chunk({}, "tool_calls"),
    )

    (call,) = response.parts
    assert isinstance(call, ToolCall)
    assert call.seal == Seal(dialect="gemini", kind="thought", data="s")


def test_calls_end_when_text_goes_on() -> None:
    events = events_of(
        stream(
            chunk({"tool_calls": [_piece(0, "a", "f", "{}")]}),
            chunk({"content": "so"}),
            chunk({"tool_calls": [_piece(1, "b", "f", "{}")]}),
            chunk({}, "tool_calls"),
        )
    )

    order = [(type(e).__name__, getattr(e, "index", None)) for e in events[1:-1]]
    assert order == [
        ("BlockStarted", 0), ("BlockDelta", 0), ("BlockEnded", 0),
        ("BlockStarted", 1), ("BlockDelta", 1), ("BlockEnded", 1),
        ("BlockStarted", 2), ("BlockDelta", 2), ("BlockEnded", 2),
    ]  # fmt: skip


def test_arguments_after_a_calls_end_break_the_stream_instead_of_the_call() -> None:
    events = events_of(
        stream(
            chunk({"tool_calls": [_piece(0, "a", "f", '{"x"')]}),
            chunk({"content": "so"}),
            chunk({"content": "more", "tool_calls": [_piece(0, None, None, ":1}")]}),
        )
    )

    assert "came after its end" in failure(events).error.message
    assert isinstance(events[-2], BlockEnded)
    assert sum(isinstance(event, Failed) for event in events) == 1


def test_a_harmless_late_fragment_is_ignored() -> None:
    assert _calls_and_text(_piece(0, None, None, "")) == [("a", "{}"), "so"]


def _calls_and_text(late: Any) -> list[Any]:
    response = streamed(
        chunk({"tool_calls": [_piece(0, "a", "f", "{}")]}),
        chunk({"content": "so"}),
        chunk({"tool_calls": [late]}),
        chunk({}, "tool_calls"),
    )
    return [
        (part.id, part.arguments) if isinstance(part, ToolCall) else getattr(part, "text", None)
        for part in response.parts
    ]
