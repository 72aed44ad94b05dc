"""Which schemas OpenAI takes as strict."""

from __future__ import annotations

import pytest

from plexus.transforms.schema.strict import is_closed
from plexus.transforms.wire import Json, JsonObject

WORD: JsonObject = {"type": "string"}


def thing(**fields: Json) -> JsonObject:
    """An object with one property, closed unless told otherwise."""
    closed: JsonObject = {
        "type": "object",
        "properties": {"a": WORD},
        "required": ["a"],
        "additionalProperties": False,
    }
    return {**closed, **fields}


@pytest.mark.parametrize(
    "schema",
    [
        None,
        WORD,
        thing(),
        thing(properties={}, required=[]),
        {"anyOf": [thing(), {"type": "null"}]},
        {"type": "array", "items": thing()},
        thing(properties={"a": thing()}, **{"$defs": {"b": thing()}}),
    ],
)
def test_a_closed_schema_is_taken(schema: Json) -> None:
    assert is_closed(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        thing(required=[]),
        thing(additionalProperties=True),
        thing(properties={"a": thing(required=[])}),
        {"anyOf": [thing(required=[]), {"type": "null"}]},
        {"type": "array", "items": thing(required=[])},
        thing(**{"$defs": {"b": thing(required=[])}}),
    ],
)
def test_an_open_one_is_not(schema: Json) -> None:
    assert not is_closed(schema)
