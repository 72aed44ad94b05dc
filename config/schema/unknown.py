"""Find keys that nobody reads: slips of known ones, and plain strangers."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeAliasType, Union, get_args, get_origin

from plexus.config.problems import At, Problem, near_miss
from plexus.config.schema.root import NAMED, TOP_LEVEL, Settings
from plexus.config.schema.section import Section, keys_of
from plexus.transforms.wire import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """What was found: slips are problems, the other unknown keys are worth a warning."""

    slips: tuple[Problem, ...]
    unknown: tuple[At, ...]


def find_strangers(tree: JsonObject) -> Strangers:
    """Return the keys of a whole configuration that no section knows."""
    slips: list[Problem] = []
    unknown: list[At] = []
    for found in _walk_root(tree):
        if isinstance(found, Problem):
            slips.append(found)
        elif (close := near_miss(str(found.at[-1]), found.known)) is not None:
            remedy = f'did you mean "{close}"?'
            slips.append(Problem(at=found.at, message="is not a known key", remedy=remedy))
        else:
            unknown.append(found.at)
    return Strangers(slips=tuple(slips), unknown=tuple(unknown))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    at: At
    known: tuple[str, ...]


type _Findings = Iterator[Problem | _Unknown]


def _walk_root(tree: JsonObject) -> _Findings:
    for key, value in tree.items():
        if key not in TOP_LEVEL:
            yield _Unknown(at=(key,), known=TOP_LEVEL)
        elif (named := NAMED.get(key)) is None:
            yield from _walk(keys_of(Settings)[key].annotation, value, (key,))
        elif isinstance(value, dict):
            for name, entry in value.items():
                yield from _walk_section(named.section, entry, (key, name))


def _walk_section(section: type[Section], value: Json, at: At) -> _Findings:
    if not isinstance(value, dict):
        return
    known = keys_of(section)
    seen: dict[int, str] = {}
    for key, item in value.items():
        if key not in known:
            yield _Unknown(at=(*at, key), known=tuple(known))
            continue
        other = seen.setdefault(id(known[key]), key)  # two spellings share one field
        if other != key:
            message = f"says the same as {other}"
            yield Problem(at=(*at, key), message=message, remedy="keep one of them")
        yield from _walk(known[key].annotation, item, (*at, key))


def _walk(annotation: object, value: Json, at: At) -> _Findings:
    if annotation is Json or annotation is JsonObject:
        return
    if isinstance(annotation, TypeAliasType):
        yield from _walk(annotation.__value__, value, at)
    elif isinstance(annotation, type) and issubclass(annotation, Section):
        yield from _walk_section(annotation, value, at)
    elif get_origin(annotation) is Annotated:
        yield from _walk(get_args(annotation)[0], value, at)
    elif get_origin(annotation) in (Union, types.UnionType):
        yield from _walk_union(get_args(annotation), value, at)
    else:
        yield from _walk_items(annotation, value, at)


def _walk_union(members: tuple[object, ...], value: Json, at: At) -> _Findings:
    # Of several sections the one that leaves the fewest keys unexplained is meant.
    fitting = [member for member in members if _is_list(member) == isinstance(value, list)]
    told = [member for member in fitting or members if member is not type(None)]
    yield from min((list(_walk(member, value, at)) for member in told), key=len, default=[])


def _is_list(annotation: object) -> bool:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) is list


def _walk_items(annotation: object, value: Json, at: At) -> _Findings:
    if get_origin(annotation) is dict and isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(get_args(annotation)[1], item, (*at, key))
    elif get_origin(annotation) is list and isinstance(value, list):
        for n, item in enumerate(value):
            yield from _walk(get_args(annotation)[0], item, (*at, n))
