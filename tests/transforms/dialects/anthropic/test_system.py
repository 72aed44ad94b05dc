"""System prompts lead, or stand where they stood."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.ir import CacheMark, Media, Opaque, OutputFormat, Text
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import (
    ask,
    assistant,
    native,
    notes,
    turn,
    user,
    write,
)

FOLDING = Traits(official=True)  # what is not known to take them, does not
ADDITION: JsonObject = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "t"}}


def text(words: str) -> JsonObject:
    """A text block."""
    return {"type": "text", "text": words}


def test_leading_prompts_are_gathered_in_their_order() -> None:
    request = replace(
        ask(turn("system", "b"), turn("developer", "c", ""), user("hi")),
        system=(Text(text="a", cache=CacheMark()),),
    )
    body = write(request)
    assert body["system"] == [
        {**text("a"), "cache_control": {"type": "ephemeral"}},
        text("b"),
        text("c"),
    ]
    assert body["messages"] == [{"role": "user", "content": [text("hi")]}]


def test_a_prompt_between_turns_keeps_its_place() -> None:
    request = ask(user("hi"), turn("developer", "be brief"), assistant("ok"), user("go"))
    body = write(request)
    assert "system" not in body
    assert body["messages"] == [
        {"role": "user", "content": [text("hi")]},
        {"role": "system", "content": [text("be brief")]},
        {"role": "assistant", "content": [text("ok")]},
        {"role": "user", "content": [text("go")]},
    ]
    assert notes(request) == []


def test_where_prompts_must_lead_a_later_one_is_told_as_a_reminder() -> None:
    request = ask(user("hi"), turn("system", "be brief"), user("go"))
    assert write(request, FOLDING)["messages"] == [
        {
            "role": "user",
            "content": [
                text("hi"),
                text("<system-reminder>\nbe brief\n</system-reminder>"),
                text("go"),
            ],
        }
    ]
    assert notes(request, FOLDING) == ["coerced messages[1]"]


def test_a_request_of_prompts_only_gets_a_turn() -> None:
    body = write(ask(turn("system", "a")))
    assert body["system"] == [text("a")]
    assert body["messages"] == [{"role": "user", "content": [text(".")]}]


def test_a_change_of_tools_stays_where_it_is() -> None:
    request = ask(user("hi"), turn("system", Opaque(dialect="messages", raw=ADDITION)))
    body = write(request)
    assert body["messages"] == [
        {"role": "user", "content": [text("hi")]},
        {"role": "system", "content": [ADDITION]},
    ]
    assert write(request, FOLDING)["messages"] == [{"role": "user", "content": [text("hi")]}]
    assert notes(request, FOLDING) == ["dropped messages[1]", "coerced messages[1]"]


def test_what_is_no_text_has_no_place_in_a_prompt() -> None:
    picture = Media(kind="image", url="https://x.example/a.png")
    assert notes(ask(turn("system", "a", picture), user("hi"))) == ["dropped messages[0].parts[1]"]


def test_claude_codes_billing_line_is_for_anthropic_only() -> None:
    line = "x-anthropic-billing-header: cc_version=2.1; cch=8ab5b;"
    request = native(system=[text(line), text("You are an agent.")])
    assert write(request)["system"] == [text(line), text("You are an agent.")]
    assert write(request, Traits())["system"] == [text("You are an agent.")]
    assert notes(request, Traits()) == ["coerced system[0]"]


def test_a_form_that_the_provider_cannot_hold_is_asked_for_in_words() -> None:
    schema: JsonObject = {"type": "object", "properties": {"ü": {"type": "string"}}}
    output = OutputFormat(kind="schema", schema=schema, description="a person")
    request = replace(ask(), output=output)
    body = write(request, Traits(structured_output=False))
    assert "output_config" not in body
    assert isinstance(body["system"], list)
    told = str(body["system"][-1])
    assert "a person" in told
    assert '{"type":"object","properties":{"ü":{"type":"string"}}}' in told
    assert notes(request, Traits(structured_output=False)) == ["coerced output"]


def test_json_of_any_form_is_asked_for_in_words() -> None:
    request = replace(ask(turn("system", "a"), user("hi")), output=OutputFormat(kind="json"))
    body = write(request)
    assert isinstance(body["system"], list)
    assert len(body["system"]) == 2
    assert "JSON" in str(body["system"][1])
    assert notes(request) == ["coerced output"]
    assert "system" not in write(replace(ask(), output=OutputFormat(kind="text")))
