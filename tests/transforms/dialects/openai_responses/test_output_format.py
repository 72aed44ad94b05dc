"""The shape of an answer's text."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.output_format import (
    decode_format,
    encode_format,
)
from plexus.transforms.ir import OutputFormat
from plexus.transforms.wire import Json, JsonObject


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "name": "n", "schema": {"type": "object"}},
        {"type": "json_schema", "name": "n", "schema": {}, "strict": False, "description": "d"},
        {"type": "json_schema", "name": "n", "schema": {}, "strict": None, "new": 1},
    ],
)
def test_it_is_written_as_it_was_read(raw: JsonObject) -> None:
    receipt = Receipt()
    assert encode_format(decode_format(raw), receipt) == raw
    assert receipt.notes == ()


@pytest.mark.parametrize("raw", [None, "text", {"type": "grammar"}, {}])
def test_what_is_unknown_is_not_read(raw: Json) -> None:
    assert decode_format(raw) is None


def test_a_schema_without_a_name_gets_one() -> None:
    receipt = Receipt()
    written = encode_format(OutputFormat(kind="schema", schema={"type": "object"}), receipt)
    assert written == {
        "type": "json_schema",
        "name": "response_schema",
        "schema": {"type": "object"},
    }
    assert [(note.action, note.path) for note in receipt.notes] == [("invented", "output.name")]


def test_a_schema_that_is_missing_becomes_any_object() -> None:
    receipt = Receipt()
    written = encode_format(OutputFormat(kind="schema", name="n"), receipt)
    assert written == {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    assert [note.path for note in receipt.notes] == ["output.schema"]


def test_a_provider_without_schemas_gets_plain_json() -> None:
    receipt = Receipt()
    output = OutputFormat(kind="schema", schema={}, name="n")
    assert encode_format(output, receipt, schemas=False) == {"type": "json_object"}
    assert [note.action for note in receipt.notes] == ["coerced"]
