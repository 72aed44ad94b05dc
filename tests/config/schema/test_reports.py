"""From pydantic's findings to problems."""

from __future__ import annotations

from pydantic import ValidationError, field_validator

from plexus.config.problems import Problem
from plexus.config.schema.reports import problems_of
from plexus.config.schema.section import Section, refusal


class Odd(Section):
    number: int
    word: str
    ruled: int = 0

    @field_validator("ruled")
    @classmethod
    def _is_refused(cls, value: int) -> int:
        raise refusal("is {not} right", "mend it")


def test_findings_become_problems_with_path_and_remedy() -> None:
    try:
        Odd.model_validate({"number": [], "word": b"\xff", "ruled": 3})
    except ValidationError as error:
        found = problems_of(error, ("a", "b"))
    assert found == [
        Problem(at=("a", "b", "number"), message="must be a whole number, not a list"),
        Problem(
            at=("a", "b", "word"),
            message="Input should be a valid string, unable to parse raw data as a unicode string",
        ),
        Problem(at=("a", "b", "ruled"), message="is {not} right", remedy="mend it"),
    ]
