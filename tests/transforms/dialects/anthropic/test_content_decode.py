"""Every block is read, and none gets lost."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.content_decode import decode_block
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import (
    CacheMark,
    Citation,
    Media,
    Opaque,
    Part,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import Json, JsonObject

NAME = "messages"
INPUT: JsonObject = {"b": 1, "a": "ü"}
CACHED: JsonObject = {"cache_control": {"type": "ephemeral", "ttl": "5m"}}
MARK = CacheMark(ttl="5m")
WEB: JsonObject = {"type": "web_search_result_location", "url": "https://x.example"}
FOREIGN = Seal(dialect="responses", kind="encrypted", data="gAAA", id="rs_1")
REFERENCE: JsonObject = {"type": "tool_reference", "tool_name": "t"}


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        ({"type": "text", "text": "a", **CACHED}, Text(text="a", cache=MARK)),
        ({"type": "text", "text": "", "citations": None}, Text(text="")),
        (
            {"type": "text", "text": "a", "citations": [WEB], "novelty": 1},
            Text(
                text="a",
                citations=(Citation(url="https://x.example", ext={NAME: WEB}),),
                ext={NAME: {"novelty": 1}},
            ),
        ),
        (
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            Thinking(text="hm", seal=Seal(dialect=NAME, kind="signature", data="c2ln")),
        ),
        ({"type": "thinking", "thinking": "hm", "signature": ""}, Thinking(text="hm")),
        (
            {"type": "thinking", "signature": "c2ln"},
            Thinking(seal=Seal(dialect=NAME, kind="signature", data="c2ln")),
        ),
        (
            {"type": "redacted_thinking", "data": "ZA=="},
            Thinking(seal=Seal(dialect=NAME, kind="redacted", data="ZA==")),
        ),
        (
            {"type": "thinking", "thinking": "hm", "signature": seal_to_envelope(FOREIGN)},
            Thinking(text="hm", seal=FOREIGN),
        ),
        (
            {"type": "redacted_thinking", "data": seal_to_envelope(FOREIGN)},
            Thinking(seal=FOREIGN),
        ),
        (
            {"type": "tool_use", "id": "1", "name": "f", "input": INPUT, **CACHED},
            ToolCall(id="1", name="f", arguments='{"b":1,"a":"ü"}', cache=MARK),
        ),
        (
            {"type": "tool_use", "id": "1", "name": "f", "input": {}, "caller": {"type": "direct"}},
            ToolCall(id="1", name="f", arguments="{}", ext={NAME: {"caller": {"type": "direct"}}}),
        ),
        (
            {"type": "tool_result", "tool_use_id": "1", "content": "done", "is_error": True},
            ToolResult(call_id="1", parts=(Text(text="done"),), is_error=True),
        ),
        (
            {"type": "tool_result", "tool_use_id": "1", **CACHED},
            ToolResult(call_id="1", cache=MARK),
        ),
        ({"type": "tool_result", "tool_use_id": "1", "content": ""}, ToolResult(call_id="1")),
        (
            {"type": "tool_result", "tool_use_id": "1", "content": {"a": 1}},
            ToolResult(call_id="1", parts=(Text(text='{"a":1}'),)),
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
            Media(kind="image", url="https://x.example/a.png"),
        ),
    ],
)
def test_a_block_is_read(raw: JsonObject, part: Part) -> None:
    assert decode_block(raw) == part


def test_a_tool_result_keeps_its_images_and_what_we_do_not_know() -> None:
    content: Json = [
        {"type": "text", "text": "seen"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        REFERENCE,
        "loose",
        {"type": "tool_use", "id": "1", "name": "nested", "input": {}},
        7,
    ]
    part = decode_block({"type": "tool_result", "tool_use_id": "1", "content": content})
    assert isinstance(part, ToolResult)
    assert part.parts == (
        Text(text="seen"),
        Media(kind="image", mime="image/png", data="AA=="),
        Opaque(dialect=NAME, raw=REFERENCE),
        Text(text="loose"),
        Opaque(dialect=NAME, raw={"type": "tool_use", "id": "1", "name": "nested", "input": {}}),
        Text(text="7"),
    )


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"q": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "mcp_tool_use", "id": "m", "name": "f", "server_name": "s", "input": {}},
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "compaction", "content": "so far"},
        {"type": "unheard_of", "depth": {"x": [1]}},
        {"type": "text"},
        {"type": "thinking"},
        {"type": "redacted_thinking"},
        {"type": "tool_use", "id": "1"},
        {"type": "tool_result", "content": "x"},
        {"type": "image", "source": {"type": "unheard_of"}},
        {"type": 3},
        {},
    ],
)
def test_what_is_unknown_or_malformed_stays_opaque(raw: JsonObject) -> None:
    assert decode_block(raw) == Opaque(dialect=NAME, raw=raw)
