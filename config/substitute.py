"""Fill `${NAME}` and `${NAME:-default}` in from the environment, so that secrets stay out of files.

Only values are filled in, never keys. `$${` stands for a literal `${`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from plexus.config.problems import At, Problem
from plexus.config.yaml_scalars import PlainText, resolve
from plexus.transforms.wire import Json, JsonObject

_REFERENCE: Final = re.compile(
    r"\$(?P<escaped>\$)\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}"
    r"|\$\{(?P<broken>)"
)
_OTHER_SPELLING: Final = re.compile(r"os\.environ/(\w+)")


def substitute(tree: JsonObject, env: Mapping[str, str]) -> tuple[JsonObject, tuple[Problem, ...]]:
    """Return `tree` with every reference filled in, and a problem for each that could not be."""
    problems: list[Problem] = []
    filled = {key: _fill(value, (key,), env, problems) for key, value in tree.items()}
    return filled, tuple(problems)


def _fill(value: Json, at: At, env: Mapping[str, str], problems: list[Problem]) -> Json:
    match value:
        case str():
            return _fill_text(value, at, env, problems)
        case list():
            return [_fill(item, (*at, n), env, problems) for n, item in enumerate(value)]
        case dict():
            return {key: _fill(item, (*at, key), env, problems) for key, item in value.items()}
        case _:
            return value


def _fill_text(text: str, at: At, env: Mapping[str, str], problems: list[Problem]) -> Json:
    if other := _OTHER_SPELLING.fullmatch(text):
        problems.append(
            Problem(at=at, message="is no reference here", remedy=f"write ${{{other[1]}}}")
        )
    if "${" not in text:
        return text

    def value_of(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "${"
        if found["name"] is None:
            remedy = "write ${NAME} or ${NAME:-default}; $${ stands for a literal ${"
            problems.append(Problem(at=at, message="holds a ${ without a name", remedy=remedy))
            return found[0]
        return _value(found["name"], found["default"], at, env, problems)

    filled = _REFERENCE.sub(value_of, text)
    if not isinstance(text, PlainText):
        return filled
    meant = resolve(filled)
    return filled if meant is None else meant


def _value(
    name: str, default: str | None, at: At, env: Mapping[str, str], problems: list[Problem]
) -> str:
    value = env.get(name)
    if default is not None:  # as in a shell, :- also stands in for an empty value
        return value or default
    if value is None:
        message = f"the environment variable {name} is not set"
        remedy = f"set it, or write ${{{name}:-default}}"
        problems.append(Problem(at=at, message=message, remedy=remedy))
        return ""
    return value
