"""Turn pydantic's findings into problems a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from plexus.config.problems import At, Problem
from plexus.config.schema.section import REFUSED
from plexus.config.schema.values import kind_of_value

# By pydantic's error type; the values of its context are limits and counts, never the input.
_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "is required",
    "model_type": "must be a mapping, not {kind}",
    "dict_type": "must be a mapping, not {kind}",
    "list_type": "must be a list, not {kind}",
    "int_type": "must be a whole number, not {kind}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number, not {kind}",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, not {kind}",
    "bool_parsing": "must be true or false",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "too_short": "must not be empty",
}


def problems_of(error: ValidationError, at: At) -> list[Problem]:
    """Return one problem per finding; `at` is where the validated value stands."""
    return [_problem(details, at) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, at: At) -> Problem:
    context = details.get("ctx", {})
    # Tags of unions stand in angle brackets (schema/pricing.py); they are no keys of the file.
    inside = tuple(part for part in details["loc"] if not str(part).startswith("<"))
    if details["type"] == REFUSED:
        remedy = str(context.get("remedy", ""))
        return Problem(at=(*at, *inside), message=details["msg"], remedy=remedy)
    template = _MESSAGES.get(details["type"])
    kind = kind_of_value(details["input"])
    said = {name: _whole(value) for name, value in context.items()}
    message = details["msg"] if template is None else template.format(kind=kind, **said)
    return Problem(at=(*at, *inside), message=message)


def _whole(value: object) -> object:
    # pydantic tells the bound of a float as 1 or as 1.0, depending on the version of Python.
    return int(value) if isinstance(value, float) and value.is_integer() else value
