"""Prompts lead the conversation, in one message where the provider insists on it."""

from __future__ import annotations

from plexus.transforms.codec import Traits
from plexus.transforms.ir import CacheMark, OutputFormat, Text
from tests.transforms.dialects.openai_chat.making import (
    again,
    body,
    encoded,
    foreign,
    noted,
    said,
    user,
)

STRICT = Traits(inline_system=False)


def _system(text: str, cache: CacheMark | None = None) -> Text:
    return Text(text=text, cache=cache)


def test_system_blocks_become_one_leading_message() -> None:
    request = foreign(system=(_system("a"), _system("b")))

    assert encoded(request)["messages"] == [{"role": "system", "content": "a\n\nb"}, user("hi")]


def test_cache_marks_keep_the_blocks_apart_where_they_are_taken() -> None:
    request = foreign(system=(_system("a"), _system("b", CacheMark())))

    assert encoded(request, Traits(cache_marks=True))["messages"][0]["content"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}},
    ]
    assert noted(request) == ["dropped system[1].cache"]


def test_claude_codes_billing_header_is_left_out() -> None:
    billing = _system("x-anthropic-billing-header: cc_version=2; cch=abc;")

    assert encoded(foreign(system=(billing, _system("b"))))["messages"][0]["content"] == "b"
    assert encoded(foreign(system=(billing,)))["messages"] == [user("hi")]


def test_prompts_in_the_conversation_keep_their_place_and_role() -> None:
    messages = [
        {"role": "developer", "content": "d"},
        user("a"),
        {"role": "system", "content": "s", "name": "n"},
    ]

    knowing = Traits(developer_role=True, inline_system=True)
    assert again(body(*messages), knowing)["messages"] == messages
    assert again(body(*messages))["messages"][0]["role"] == "system"


def test_a_server_that_nobody_knows_gets_its_prompts_at_the_front() -> None:
    sent = again(body(user("a"), {"role": "system", "content": "s"}, user("b")), Traits())
    assert [message["role"] for message in sent["messages"]] == ["system", "user", "user"]


def test_a_strict_template_gets_one_leading_prompt() -> None:
    request = foreign(
        said("system", "b"), said("user", "x"), said("developer", "c"), system=(_system("a"),)
    )

    assert encoded(request, STRICT)["messages"] == [
        {"role": "system", "content": "a\n\nb\n\nc"},
        user("x"),
    ]
    assert noted(request, STRICT) == [
        "coerced messages[2] (moved to the front: one leading system prompt)"
    ]


def test_a_strict_template_is_content_with_one_leading_prompt_as_it_is() -> None:
    raw = body({"role": "system", "content": "a", "x": 1}, user("b"))

    assert again(raw, STRICT) == raw


def test_json_mode_speaks_of_json() -> None:
    silent = foreign(output=OutputFormat(kind="json"))
    spoken = foreign(said("user", "as JSON please"), output=OutputFormat(kind="json"))

    assert encoded(silent)["messages"][0] == {
        "role": "system",
        "content": "Answer with a JSON object.",
    }
    assert len(encoded(spoken)["messages"]) == 1


def test_a_chat_clients_own_json_mode_is_its_own_affair() -> None:
    raw = body(response_format={"type": "json_object"})

    assert again(raw) == raw
