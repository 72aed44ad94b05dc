"""The shape that the answer's text must have: flat here, nested in chat (wire-formats.md §7.6)."""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.ids import tool_name
from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.ir import OutputFormat
from plexus.transforms.wire import Json, JsonObject, bool_at, rest, text_at

_KNOWN: Final = frozenset({"type", "schema", "name", "description", "strict"})
_DEFAULT_NAME: Final = "response_schema"


def decode_format(raw: Json) -> OutputFormat | None:
    """Return a request's `text.format`; `None` for none and for an unknown one."""
    if not isinstance(raw, dict):
        return None
    match text_at(raw, "type"):
        case "text":
            return OutputFormat(kind="text", ext=_ext(raw))
        case "json_object":
            return OutputFormat(kind="json", ext=_ext(raw))
        case "json_schema":
            return OutputFormat(
                kind="schema",
                schema=raw.get("schema"),
                name=text_at(raw, "name"),
                description=text_at(raw, "description"),
                strict=bool_at(raw, "strict"),
                ext=_ext(raw),
            )
        case _:
            return None


def _ext(raw: JsonObject) -> dict[str, JsonObject]:
    kept = rest(raw, _KNOWN)
    kept.update({key: None for key in _KNOWN if key in raw and raw[key] is None})
    return {NAME: kept}


def encode_format(
    output: OutputFormat | None, receipt: Receipt, *, schemas: bool = True
) -> JsonObject | None:
    """Return the `text.format` of a request; a schema without a name gets one.

    Without `schemas` the provider knows only JSON as such.
    """
    if output is None:
        return None
    kept = own(output.ext)
    if output.kind == "schema" and not schemas:
        receipt.coerced("output", "the schema is told in words")
        return {"type": "json_object"}
    match output.kind:
        case "text":
            return {**kept, "type": "text"}
        case "json":
            return {**kept, "type": "json_object"}
        case "schema":
            return {**kept, **_schema(output, receipt)}
        case _:
            assert_never(output.kind)


def _schema(output: OutputFormat, receipt: Receipt) -> JsonObject:
    name = tool_name(output.name) if output.name else _DEFAULT_NAME
    if not output.name:
        receipt.invented("output.name", f"{name!r}; this format wants a name")
    schema: JsonObject = {"type": "json_schema", "name": name, "schema": output.schema}
    if output.schema is None:
        schema["schema"] = {"type": "object"}
        receipt.invented("output.schema", "a schema format without a schema")
    if output.description is not None:
        schema["description"] = output.description
    if output.strict is not None:
        schema["strict"] = output.strict
    return schema
