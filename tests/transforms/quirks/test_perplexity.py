"""Perplexity's deviations from OpenAI's format."""

from __future__ import annotations

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.perplexity import QUIRK
from plexus.transforms.wire import JsonObject


def test_prompts_stand_at_the_front_and_effort_has_four_words() -> None:
    assert QUIRK.traits("sonar", Traits()) == Traits(
        inline_system=False, efforts=("minimal", "low", "medium", "high")
    )


def test_it_runs_no_tools() -> None:
    body: JsonObject = {"tools": [], "tool_choice": "auto", "messages": []}
    assert QUIRK.mend_request(body, "sonar", Receipt()) == {"messages": []}


def test_neighbours_of_one_speaker_become_one_turn() -> None:
    receipt = Receipt()
    picture: JsonObject = {"type": "image_url", "image_url": {"url": "u"}}
    body: JsonObject = {
        "messages": [
            {"role": "system", "content": "a"},
            {"role": "system", "content": "b"},
            {"role": "user", "content": "hi"},
            {"role": "user", "content": [picture]},
            {"role": "assistant", "content": "well"},
        ]
    }
    assert QUIRK.mend_request(body, "sonar", receipt) == {
        "messages": [
            {"role": "system", "content": "a"},
            {"role": "system", "content": "b"},
            {"role": "user", "content": [{"type": "text", "text": "hi"}, picture]},
            {"role": "assistant", "content": "well"},
        ]
    }
    assert [note.path for note in receipt.notes] == ["messages"]


def test_json_is_asked_for_by_a_schema() -> None:
    body: JsonObject = {"response_format": {"type": "json_object"}}
    assert QUIRK.mend_request(body, "sonar", Receipt()) == {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"schema": {"type": "object"}},
        }
    }
