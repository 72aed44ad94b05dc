"""What all sections share."""

from __future__ import annotations

import pytest
from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator

from plexus.config.schema.section import (
    Context,
    FullSection,
    Section,
    context_of,
    keys_of,
    refusals,
    spellings,
)


class Small(Section):
    secret: str
    two_words: int | None = Field(default=None, alias="twoWords")
    either: int = Field(default=1, validation_alias=AliasChoices("either", "or"))
    named: str = ""

    @field_validator("named")
    @classmethod
    def _takes_the_name(cls, value: str, info: ValidationInfo) -> str:
        return value or context_of(info).name


class Full(FullSection):
    one: int | None = None


def test_a_key_with_nothing_behind_it_counts_as_not_written() -> None:
    assert Small.model_validate({"secret": "s", "either": None}).either == 1
    with pytest.raises(ValidationError, match="secret"):
        Small.model_validate(None)


def test_a_section_must_be_a_mapping() -> None:
    with pytest.raises(ValidationError, match="valid dictionary"):
        Small.model_validate("[object Object]")


def test_a_section_is_written_out_under_its_file_names_with_strangers_and_defaults() -> None:
    section = Small.model_validate({"secret": "s", "strange": {"a": 1}, "nothing": None})
    assert section.plain() == {
        "secret": "s",
        "either": 1,
        "named": "",
        "strange": {"a": 1},
        "nothing": None,
    }


def test_an_explicit_nothing_is_written_out_and_a_tacit_one_is_not() -> None:
    assert Small.model_validate({"secret": "s", "twoWords": None}).plain()["twoWords"] is None
    assert "twoWords" not in Small.model_validate({"secret": "s"}).plain()


def test_a_full_section_writes_out_every_key() -> None:
    assert Full.model_validate({}).plain() == {"one": None}


def test_a_section_never_shows_its_values() -> None:
    section = Small.model_validate({"secret": "hidden"})
    assert "hidden" not in f"{section!r} {section}"
    with pytest.raises(ValidationError) as caught:
        Small.model_validate({"secret": "hidden", "either": "hidden"})
    assert "hidden" not in str(caught.value)


def test_keys_are_known_by_every_spelling() -> None:
    assert list(keys_of(Small)) == ["secret", "twoWords", "either", "or", "named"]
    assert spellings("either", Small.model_fields["either"]) == ("either", "or")


def test_the_context_reaches_validators_and_is_blank_without_one() -> None:
    given = Small.model_validate({"secret": "s", "named": ""}, context=Context(name="n"))
    assert given.named == "n"
    assert Small.model_validate({"secret": "s", "named": ""}).named == ""


def test_several_broken_rules_make_one_error() -> None:
    error = refusals([(("a", 0), "is wrong", "mend"), ((), "is odd", "")])
    assert [(e["loc"], e["msg"]) for e in error.errors()] == [
        (("a", 0), "is wrong"),
        ((), "is odd"),
    ]
