"""Cache marks survive, and there are never more than four."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.cache import (
    decode_mark,
    encode_mark,
    has_marks,
    leftovers,
    limit_marks,
    mark_and_ext,
)
from plexus.transforms.ir import CacheMark, Text, ToolSpec
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import (
    OFFICIAL,
    ask,
    assistant,
    call,
    native,
    notes,
    result,
    user,
    write,
)
from tests.transforms.dialects.anthropic.rules import marks

EPHEMERAL: JsonObject = {"type": "ephemeral"}


def test_a_mark_keeps_its_lifetime() -> None:
    assert decode_mark({"cache_control": {"type": "ephemeral", "ttl": "1h"}}) == CacheMark(ttl="1h")
    assert decode_mark({"cache_control": None}) is None
    assert encode_mark(CacheMark(ttl="1h")) == {"type": "ephemeral", "ttl": "1h"}


def test_a_lifetime_that_anthropic_has_not_becomes_the_default() -> None:
    assert encode_mark(CacheMark(ttl="24h")) == EPHEMERAL


def test_what_a_mark_cannot_hold_stays_beside_it() -> None:
    control: JsonObject = {"type": "ephemeral", "scope": "global"}
    known = frozenset({"cache_control", "text"})
    assert leftovers({"text": "x", "cache_control": control}, known) == {"cache_control": control}
    assert leftovers({"text": "x", "cache_control": EPHEMERAL}, known) == {}
    assert mark_and_ext({"text": "x"}, known) == (None, {})
    assert mark_and_ext({"text": "x", "y": 1}, known) == (None, {"messages": {"y": 1}})
    assert mark_and_ext({"text": "x", "cache_control": EPHEMERAL}, known) == (CacheMark(), {})
    assert mark_and_ext({"text": "x", "cache_control": control}, known) == (
        CacheMark(),
        {"messages": {"cache_control": control}},
    )
    assert write(native(system=[{"type": "text", "text": "s", "cache_control": control}]))[
        "system"
    ] == [{"type": "text", "text": "s", "cache_control": control}]


def test_the_earliest_of_too_many_marks_go() -> None:
    blocks: list[JsonObject] = [
        {"type": "text", "text": str(n), "cache_control": EPHEMERAL} for n in range(6)
    ]
    body: JsonObject = {
        "tools": [{"name": "t", "cache_control": EPHEMERAL}],
        "system": [blocks[0]],
        "messages": [{"role": "user", "content": [*blocks[1:]]}],
    }
    receipt = Receipt()
    limit_marks(body, receipt)
    assert [block["text"] for block in blocks if "cache_control" in block] == ["2", "3", "4", "5"]
    assert body["tools"] == [{"name": "t"}]
    assert [str(note) for note in receipt.notes] == [
        "coerced cache (the earliest 3 of 7 cache marks left out)"
    ]


def test_the_mark_of_the_whole_request_takes_a_place() -> None:
    inner: JsonObject = {"type": "text", "text": "r", "cache_control": EPHEMERAL}
    results: list[JsonObject] = [
        {"type": "tool_result", "tool_use_id": str(n), "content": [dict(inner)]} for n in range(4)
    ]
    body: JsonObject = {
        "cache_control": EPHEMERAL,
        "messages": [{"role": "user", "content": [*results]}],
    }
    limit_marks(body, Receipt())
    assert len(list(marks(body))) == 4
    assert has_marks(body)


def test_marks_of_other_formats_arrive_on_every_kind_of_block() -> None:
    mark = CacheMark()
    request = replace(
        ask(
            user(Text(text="hi", cache=mark)),
            assistant(replace(call(), cache=mark)),
            user(replace(result(), cache=mark)),
        ),
        system=(Text(text="sys"),),
        tools=(ToolSpec(name="look", cache=mark),),
    )
    assert len(list(marks(write(request)))) == 4


def test_who_names_a_cache_gets_one() -> None:
    request = replace(ask(), cache_key="session")
    assert write(request)["cache_control"] == EPHEMERAL
    assert notes(request) == ["coerced cache_key"]
    assert "cache_control" not in write(request, Traits())
    marked = replace(ask(user(Text(text="hi", cache=CacheMark()))), cache_key="session")
    assert "cache_control" not in write(marked, OFFICIAL)
