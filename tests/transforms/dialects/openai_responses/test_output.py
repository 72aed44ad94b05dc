"""Which items are open, which are finished."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.catalogue import Declared
from plexus.transforms.dialects.openai_responses.output import Output
from plexus.transforms.ir import (
    Citation,
    Media,
    Opaque,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
)
from plexus.transforms.names import OPENAI, legal_name
from plexus.transforms.wire import JsonObject, objects_at
from tests.transforms.dialects.openai_responses.rules import kinds

SEAL = Seal(dialect="gemini", kind="thought", data="sig")


def output(receipt: Receipt | None = None, **tools: Declared) -> Output:
    """An output with these tools declared."""
    return Output("resp_1", tools, receipt or Receipt())


def types(out: Output) -> list[object]:
    """The types of the finished items."""
    return [item["type"] for item in out.items if isinstance(item, dict)]


def test_an_item_closes_when_the_next_begins() -> None:
    out = output()
    events = [
        *out.open(0, Thinking()),
        *out.delta(0, "hm"),
        *out.open(1, Text(text="a")),
        *out.end(1, None),
        *out.open(2, Text(text="b")),
        *out.end(2, None),
        *out.open(3, ToolCall(id="c1", name="f", arguments="{}")),
        *out.end(3, None),
        *out.close("completed"),
    ]
    lives = [kind for kind in kinds(events) if kind.startswith("output_item.")]
    assert lives == ["output_item.added", "output_item.done"] * 3
    assert types(out) == ["reasoning", "message", "function_call"]
    message = out.items[1]
    assert isinstance(message, dict)
    assert [part["text"] for part in objects_at(message, "content")] == ["a", "b"]


def test_calls_may_stand_open_side_by_side() -> None:
    out = output()
    out.open(0, ToolCall(id="c1", name="f"))
    out.open(1, ToolCall(id="c2", name="g"))
    out.delta(0, '{"a"')
    out.delta(1, '{"b"')
    out.delta(0, ":0}")
    out.end(1, None)
    out.end(0, None)
    assert [item["arguments"] for item in out.items if isinstance(item, dict)] == [
        '{"a":0}', '{"b"',
    ]  # fmt: skip


def test_blocks_that_stay_empty_are_no_items() -> None:
    out = output()
    for index, block in enumerate([Text(text=""), Thinking(), Refusal(text="")]):
        assert out.open(index, block) == []
        assert out.end(index, None) == []
    assert out.close("completed") == []
    assert (out.items, out.refused) == ([], False)


def test_a_waiting_block_begins_with_its_first_word_source_or_seal() -> None:
    out = output()
    out.open(0, Text(text=""))
    assert kinds(out.cite(0, Citation(url="https://example.com")))[0] == "output_item.added"
    out.open(1, Thinking())
    assert kinds(out.seal(1, SEAL))[-1] == "output_item.added"
    out.open(2, Text(text=""))
    assert kinds(out.end(2, Text(text="a")))[-2:] == ["output_text.done", "content_part.done"]
    out.close("completed")
    assert types(out) == ["message", "reasoning", "message"]


def test_our_own_blocks_are_items_even_if_they_are_empty() -> None:
    out = output()
    out.open(0, Thinking(ext={"responses": {"item": {"id": "rs_1"}}}))
    out.end(0, None)
    out.open(1, Text(text="", ext={"responses": {"item": {"id": "msg_1"}}}))
    out.close("completed")
    assert [item["id"] for item in out.items if isinstance(item, dict)] == ["rs_1", "msg_1"]


def test_each_of_our_messages_stays_a_message() -> None:
    out = output()
    for index in range(2):
        out.open(index, Text(text="a", ext={"responses": {"item": {"id": f"msg_{index}"}}}))
        out.end(index, None)
    out.close("completed")
    assert types(out) == ["message", "message"]


def test_the_seal_of_a_call_goes_before_it_if_it_is_known_in_time() -> None:
    out = output()
    out.open(0, ToolCall(id="c1", name="f", seal=SEAL))
    out.seal(0, SEAL)
    out.end(0, ToolCall(id="c1", name="f", seal=SEAL))
    assert types(out) == ["reasoning", "function_call"]


def test_the_seal_of_a_call_goes_after_it_if_it_comes_late() -> None:
    out = output()
    out.open(0, ToolCall(id="c1", name="f"))
    out.seal(0, SEAL)
    out.end(0, None)
    out.open(1, ToolCall(id="c2", name="f"))
    out.end(1, ToolCall(id="c2", name="f", seal=SEAL))
    assert types(out) == ["function_call", "reasoning"] * 2


def test_a_call_goes_under_the_clients_own_name() -> None:
    out = output(
        agents__spawn=Declared("spawn", "agents", False), shell=Declared("shell", None, True)
    )
    out.open(0, ToolCall(id="c1", name="agents__spawn", arguments="{}"))
    out.open(1, ToolCall(id="c2", name="shell", arguments='{"input":"ls"}'))
    out.close("completed")
    spawn, shell = out.items
    assert isinstance(spawn, dict)
    assert isinstance(shell, dict)
    assert (spawn["name"], spawn["namespace"]) == ("spawn", "agents")
    assert (shell["type"], shell["input"]) == ("custom_tool_call", "ls")


def test_a_name_that_was_changed_for_a_provider_finds_its_tool() -> None:
    out = output(**{"a.b": Declared("a.b", None, False), "c": Declared("c", None, False)})
    out.open(0, ToolCall(id="c1", name=legal_name("a.b", OPENAI), arguments="{}"))
    out.close("completed")
    (item,) = out.items
    assert isinstance(item, dict)
    assert item["name"] == "a.b"


def test_hosted_items_and_images_come_whole() -> None:
    receipt = Receipt()
    out = output(receipt)
    raw: JsonObject = {"type": "web_search_call", "id": "ws_1"}
    events = [
        *out.open(0, Opaque(dialect="responses", raw=raw)),
        *out.open(1, Media(kind="image", data="aGk=")),
        *out.open(2, Opaque(dialect="messages", raw={})),
        *out.open(3, Media(kind="image", url="https://example.com/a.png")),
    ]
    out.close("completed")
    assert types(out) == ["web_search_call", "image_generation_call", "message"]
    assert kinds(events)[:4] == ["output_item.added", "output_item.done"] * 2
    assert [(note.action, note.path) for note in receipt.notes] == [
        ("dropped", "parts[2]"),
        ("coerced", "parts[3]"),
    ]


def test_an_unknown_part_of_a_message_joins_it() -> None:
    out = output()
    part: JsonObject = {"type": "output_hologram"}
    unknown = Opaque(dialect="responses", raw={"type": "content_part", "part": part})
    out.open(0, Text(text="a"))
    out.end(0, None)
    out.open(1, unknown)
    out.close("completed")
    (message,) = out.items
    assert isinstance(message, dict)
    assert objects_at(message, "content")[1] == part


def test_nothing_grows_that_is_not_open() -> None:
    out = output()
    seen = [out.delta(0, "a"), out.segment(0), out.seal(0, SEAL), out.end(0, None)]
    assert seen == [[], [], [], []]


def test_log_probabilities_need_a_text() -> None:
    receipt = Receipt()
    assert output(receipt).add_logprobs([{"token": "a"}]) == []
    assert [note.path for note in receipt.notes] == ["logprobs"]


def test_what_is_open_at_the_end_is_closed_with_it() -> None:
    out = output()
    out.open(0, Text(text="a"))
    out.open(1, ToolCall(id="c1", name="f", arguments='{"a'))
    out.close("incomplete")
    assert [item["status"] for item in out.items if isinstance(item, dict)] == [
        "completed", "incomplete",
    ]  # fmt: skip
