"""What all sections share: how keys are read, errors raised, sections written out again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, override

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from plexus.config.problems import At
from plexus.config.yaml_scalars import plain
from plexus.transforms.wire import JsonObject

REFUSED: Final = "plexus"  # the error type of every rule of our own

SELECTORS: Final = (
    "random",
    "in_order",
    "cost",
    "performance",
    "latency",
    "usage",
    "quota",
    "e2e_performance",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a section's own keys do not tell: its name, and which selectors exist."""

    name: str = ""
    selectors: tuple[str, ...] = SELECTORS


class Section(BaseModel):
    """A mapping in the file.

    A key with nothing behind it counts as not written. Unknown keys are kept and written out again;
    `schema/unknown.py` reports them. A section never shows its values when printed: they may be
    secret.
    """

    writes_nothings: ClassVar[bool] = False  # whether "no value" is written out as a default, too

    model_config = ConfigDict(
        extra="allow", frozen=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    @model_validator(mode="before")
    @classmethod
    def _forget_empty_keys(cls, data: object) -> object:
        if data is None:
            return {}
        if not isinstance(data, dict):
            return data
        known = keys_of(cls)
        return {
            key: value
            for key, value in data.items()
            if value is not None or key not in known or known[key].default is None
        }

    @model_serializer(mode="wrap")
    def _omit_what_was_not_said(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        written: dict[str, object] = handler(self)
        if self.writes_nothings:
            return written
        said = self.model_fields_set | set(self.model_extra or ())
        unsaid = {
            name
            for field, info in type(self).model_fields.items()
            if field not in said
            for name in (spelling_of(field, info), field)
        }
        return {
            key: value for key, value in written.items() if value is not None or key not in unsaid
        }

    @override
    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def plain(self) -> JsonObject:
        """Return the section as JSON values under the names of the file, defaults filled in."""
        written: JsonObject = self.model_dump(mode="json", by_alias=True)
        return {key: plain(value) for key, value in written.items()}


class FullSection(Section):
    """A section of settings, written out with all its keys so that nobody need know them."""

    writes_nothings: ClassVar[bool] = True


def spellings(field: str, info: FieldInfo) -> tuple[str, ...]:
    """Return every name that a field may have in a file, the main one first."""
    if isinstance(info.validation_alias, AliasChoices):
        return tuple(str(choice) for choice in info.validation_alias.choices)
    return (info.alias if info.alias is not None else field,)


def spelling_of(field: str, info: FieldInfo) -> str:
    """Return the main name of a field in a file."""
    return spellings(field, info)[0]


@functools.cache
def keys_of(section: type[Section]) -> Mapping[str, FieldInfo]:
    """Return the fields of a section by every name they may have in a file."""
    return {
        name: info
        for field, info in section.model_fields.items()
        for name in spellings(field, info)
    }


def context_of(info: ValidationInfo) -> Context:
    """Return the context a section is validated in, a blank one when none was given."""
    return info.context if isinstance(info.context, Context) else Context()


def refusal(message: str, remedy: str = "") -> PydanticCustomError:
    """Return the error for a broken rule, to be raised inside a validator."""
    return PydanticCustomError(REFUSED, "{message}", {"message": message, "remedy": remedy})


def refusals(found: Iterable[tuple[At, str, str]]) -> ValidationError:
    """Return one error for several broken rules: where below this value, message, remedy."""
    return ValidationError.from_exception_data(
        "section",
        [
            InitErrorDetails(type=refusal(message, remedy), loc=at, input=None)
            for at, message, remedy in found
        ],
    )
