"""Hold JSON against the vendors' own request types, with nothing that they do not name.

The SDKs' parameter types are `TypedDict`s full of `Iterable`, which pydantic reads lazily, and let
unknown keys pass. Here iterables are lists, and an unknown key is an error, at any depth.
"""

from __future__ import annotations

from collections import Counter

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

SHOWN = 3  # problems


def strict_validator(params: object) -> SchemaValidator:
    """Return a validator of JSON for one of the SDKs' parameter types."""
    return SchemaValidator(_tightened(TypeAdapter(params).core_schema))


def type_problems(validator: SchemaValidator, body: object) -> list[str]:
    """Return what is wrong with `body`, the likeliest first; nothing if all is well."""
    try:
        validator.validate_python(body, strict=True)
    except ValidationError as error:
        return told(error.errors())
    return []


def told(errors: list[ErrorDetails]) -> list[str]:
    """Print errors: of a union, the branch with the fewest is the one that was meant."""
    crowd = Counter(error["loc"][:-1] for error in errors)
    ranked = sorted(errors, key=lambda error: (crowd[error["loc"][:-1]], -len(error["loc"])))
    return [f"{_place(error['loc'])}: {error['msg']}" for error in ranked[:SHOWN]]


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in loc if "[" not in str(step))


def _tightened(schema: object) -> object:
    if isinstance(schema, list):
        return [_tightened(item) for item in schema]
    if isinstance(schema, tuple):
        return tuple(_tightened(item) for item in schema)
    if not isinstance(schema, dict):
        return schema
    tight = {key: _tightened(value) for key, value in schema.items()}
    if tight.get("type") == "generator":
        tight["type"] = "list"
    if tight.get("type") == "typed-dict":
        tight["extra_behavior"] = "forbid"
    return tight
