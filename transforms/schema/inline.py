"""Replace the references in a JSON Schema by what they point to."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from plexus.transforms.codec import Receipt
from plexus.transforms.schema.walk import MAX_DEPTH, MAX_NODES, each_subschema
from plexus.transforms.wire import Json, JsonObject

_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_KEPT_OF_A_CUT: Final = frozenset({"type", "description", "title", "nullable"})


def inline_refs(schema: Json, receipt: Receipt | None = None, path: str = "schema") -> JsonObject:
    """Return `schema` with every `$ref` replaced by what it points to and no `$defs` left.

    Keywords beside a `$ref` win over the target's. A reference that leads back into itself, out of
    the document or nowhere is cut to the target's bare type, or to an empty schema.
    """
    if not isinstance(schema, dict):
        return {}
    inliner = _Inliner(schema, receipt or Receipt())
    inlined = inliner.inline(schema, path, (), 0)
    return {key: value for key, value in inlined.items() if key not in _DEFINITIONS}


class _Inliner:
    def __init__(self, root: JsonObject, receipt: Receipt) -> None:
        self._root = root
        self._receipt = receipt
        self._nodes = 0

    def inline(
        self, schema: JsonObject, path: str, open_refs: tuple[str, ...], depth: int
    ) -> JsonObject:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self._receipt.dropped(path, "the schema is too deep or too large")
            return _stub(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._follow(schema, reference, path, open_refs, depth)
        # Definitions are inlined where they are used.
        plain = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
        return each_subschema(
            plain, path, lambda inner, where: self.inline(inner, where, open_refs, depth + 1)
        )

    def _follow(
        self,
        schema: JsonObject,
        reference: str,
        path: str,
        open_refs: tuple[str, ...],
        depth: int,
    ) -> JsonObject:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self._resolve(reference)
        if target is None:
            self._receipt.dropped(f"{path}.$ref", f"{reference} points nowhere in this schema")
            return self.inline(beside, path, open_refs, depth + 1)
        if reference in open_refs:
            self._receipt.dropped(f"{path}.$ref", f"{reference} leads back into itself")
            return {**_stub(target), **_stub(beside)}
        merged = {**target, **beside}
        return self.inline(merged, path, (*open_refs, reference), depth + 1)

    def _resolve(self, reference: str) -> JsonObject | None:
        if not reference.startswith("#"):
            return None
        value: Json = self._root
        for token in reference[1:].split("/")[1:]:
            name = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            elif isinstance(value, dict) and name in value:
                value = value[name]
            else:
                return None
        return value if isinstance(value, dict) else None


def _stub(schema: JsonObject) -> JsonObject:
    return {
        key: value
        for key, value in schema.items()
        if key in _KEPT_OF_A_CUT and not isinstance(value, dict)
    }
