"""The client's names for what a model calls, and the free text inside wrapped arguments."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.catalogue import (
    Declared,
    catalogue,
    unwrap_input,
)
from plexus.transforms.ir import ChatRequest, ServerTool, ToolSpec
from tests.transforms.dialects.openai_responses.rules import read_request


def test_every_declared_tool_is_found_by_the_name_that_models_call() -> None:
    request = read_request(
        {
            "model": "m",
            "input": "hi",
            "tools": [
                {"type": "function", "name": "plain"},
                {"type": "custom", "name": "free"},
                {
                    "type": "namespace",
                    "name": "agents",
                    "tools": [
                        {"type": "function", "name": "spawn"},
                        {"type": "custom", "name": "say"},
                    ],
                },
                {"type": "web_search"},
            ],
        }
    )
    assert catalogue(request) == {
        "plain": Declared("plain", None, False),
        "free": Declared("free", None, True),
        "agents__spawn": Declared("spawn", "agents", False),
        "agents__say": Declared("say", "agents", True),
    }


def test_a_name_that_had_to_be_changed_finds_its_tool() -> None:
    request = ChatRequest(
        model="m",
        messages=(),
        tools=(ToolSpec(name="ns.tool"), ServerTool(dialect="gemini", raw={})),
    )
    found = catalogue(request)
    assert [declared.name for declared in found.values()] == ["ns.tool", "ns.tool"]


def test_without_a_request_nothing_is_declared() -> None:
    assert catalogue(None) == {}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input":"ls -l"}', "ls -l"),
        ('{"why":"x","input":"ls"}', "ls"),
        ('{"command":["bash","-lc","ls"]}', "ls"),
        ('{"n":1,"patch":"text"}', "text"),
        ('"ls"', "ls"),
        ("ls -l", "ls -l"),
        ("", ""),
        ("[1]", "[1]"),
        ('{"n":1}', '{"n":1}'),
        ("*** Begin Patch\n{}\n*** End Patch", "*** Begin Patch\n{}\n*** End Patch"),
    ],
)
def test_free_text_is_taken_out_of_its_wrapping(arguments: str, text: str) -> None:
    assert unwrap_input(arguments) == text
