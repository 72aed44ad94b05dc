"""Build plain values from YAML parser events, strictly and within limits.

Done here rather than by ruamel's constructor: this gives us the YAML 1.2 core schema, an error for
every doubled key, the place of every value, and limits that defuse alias bombs
(controlplane.md §11).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from plexus.config.problems import At, Problem
from plexus.config.yaml_scalars import PlainText, resolve
from plexus.transforms.wire import Json, JsonObject

MAX_DEPTH: Final = 40
MAX_NODES: Final = 500_000  # with every alias counted as often as it is used

_TAGS: Final = "tag:yaml.org,2002:"
_RESOLVED_TAGS: Final = frozenset(_TAGS + name for name in ("int", "float", "bool", "null"))
_TEXT_TAGS: Final = frozenset({None, "!", _TAGS + "str"})
_COLLECTION_TAGS: Final = frozenset({None, "!", _TAGS + "map", _TAGS + "seq"})


class Builder:
    """Builds the value of one document; owns its anchors and counts.

    `marks` has the line and column (from 1) of every value, `problems` what is wrong but does not
    end the reading. `document` raises `MarkedYAMLError` for the rest.
    """

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._nodes = 0
        self.marks: dict[At, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def document(self) -> Json:
        """Return the value of the only document, `None` for an empty file."""
        value: Json = None
        seen = False
        for event in self._events:
            if not isinstance(event, DocumentStartEvent):
                continue
            if seen:
                self._complain(event, (), "holds more than one YAML document", "remove the ---")
                break
            value, seen = self._node(next(self._events), ()), True
        return value

    def _node(self, event: Event, at: At) -> Json:
        self._count(event, 1)
        if isinstance(event, AliasEvent):
            return self._aliased(event, at)
        self.marks.setdefault(at, _mark(event))
        before = self._nodes
        value = self._value(event, at)
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._anchors[str(event.anchor)] = (value, self._nodes - before + 1)
        return value

    def _value(self, event: Event, at: At) -> Json:
        if isinstance(event, ScalarEvent):
            return self._scalar(event, at)
        if len(at) >= MAX_DEPTH:
            raise MarkedYAMLError(
                problem=f"is nested deeper than {MAX_DEPTH} levels", problem_mark=event.start_mark
            )
        if isinstance(event, CollectionStartEvent) and _tag(event) not in _COLLECTION_TAGS:
            self._complain(event, at, f"has the tag {_tag(event)}, which is not supported")
        return self._mapping(at) if isinstance(event, MappingStartEvent) else self._sequence(at)

    def _aliased(self, event: AliasEvent, at: At) -> Json:
        found = self._anchors.get(str(event.anchor))
        if found is None:
            self._complain(event, at, f"*{event.anchor} has no anchor &{event.anchor} before it")
            return None
        value, size = found
        self._count(event, size)
        return value

    def _scalar(self, event: ScalarEvent, at: At) -> Json:
        text = str(event.value)
        tag = _tag(event)
        if tag is None and event.implicit[0]:
            return PlainText(text) if "${" in text else resolve(text)
        if tag in _RESOLVED_TAGS:
            return resolve(text)
        if tag not in _TEXT_TAGS:
            self._complain(event, at, f"has the tag {tag}, which is not supported")
        return text

    def _sequence(self, at: At) -> list[Json]:
        items: list[Json] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            items.append(self._node(event, (*at, len(items))))
        return items

    def _mapping(self, at: At) -> JsonObject:
        made: JsonObject = {}
        merged: list[Json] = []
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, at)
            inside = (*at, key)
            if key == "<<" and isinstance(event, ScalarEvent) and event.implicit[0]:
                self.marks[inside] = _mark(event)
                merged.append(self._node(next(self._events), inside))
                continue
            if key in made:
                first = self.marks[inside][0]
                self._complain(event, inside, f"is written twice; the first is on line {first}")
            else:
                self.marks[inside] = _mark(event)
            made[key] = self._node(next(self._events), inside)
        for value in merged:
            self._merge(made, value, at)
        return made

    def _key(self, event: Event, at: At) -> str:
        if isinstance(event, ScalarEvent):
            self._count(event, 1)
            return str(event.value)
        self._complain(event, at, "has a key that is not a word", "put quotes around it")
        self._node(event, (*at, "?"))
        return "?"

    def _merge(self, into: JsonObject, value: Json, at: At) -> None:
        # YAML 1.1's merge key, which most files with anchors still use: what is written out wins,
        # then the earlier of several merged mappings.
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                line, column = self.marks[(*at, "<<")]
                message = "<< takes a mapping or a list of mappings"
                self.problems.append(Problem(at=at, message=message, line=line, column=column))
                return
            for key, item in source.items():
                into.setdefault(key, item)

    def _count(self, event: Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise MarkedYAMLError(
                problem=f"holds more than {MAX_NODES} values once its aliases are written out",
                problem_mark=event.start_mark,
            )

    def _complain(self, event: Event, at: At, message: str, remedy: str = "") -> None:
        line, column = _mark(event)
        self.problems.append(
            Problem(at=at, message=message, remedy=remedy, line=line, column=column)
        )


def _mark(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _tag(event: ScalarEvent | CollectionStartEvent) -> str | None:
    return None if event.ctag is None else str(event.ctag) or None
