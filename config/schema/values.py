"""The kinds of values a section is made of: text, numbers, lists, open mappings, addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from plexus.config import yaml_scalars
from plexus.config.schema.section import refusal, refusals
from plexus.transforms.wire import Json, JsonObject, kind_of

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-_]{1,62}")
_LAST_OCTETS: Final = re.compile(r"((?:\d{1,3}\.){3}\d{1,3})-(\d{1,3})")


def as_text(value: object) -> object:
    """Return a scalar as it was spelled: a model may be called `4.10`, a secret `007`."""
    if isinstance(value, bool | int | float | str):
        return yaml_scalars.spelling(value)
    raise refusal(f"must be text, not {kind_of_value(value)}")


def as_number(value: object) -> object:
    """Refuse what pydantic would take for a number although nobody means it."""
    if isinstance(value, bool):
        raise refusal("must be a number, not true or false")
    return value


def as_json_object(value: object) -> JsonObject:
    """Return an open mapping, with ordinary numbers; `extraBody` and the like."""
    if not isinstance(value, dict):
        raise refusal(f"must be a mapping, not {kind_of_value(value)}")
    return {str(key): yaml_scalars.plain(item) for key, item in value.items()}


def as_json(value: object) -> Json:
    """Return any value, with ordinary numbers: for keys that are stored and not looked into."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return yaml_scalars.plain(value)
    raise refusal("must be a value that JSON can hold")


def kind_of_value(value: object) -> str:
    """Name a value's kind for a message, never the value itself."""
    names = {"a string": "text", "an array": "a list", "an object": "a mapping", "null": "nothing"}
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        kind = kind_of(value)
        return names.get(kind, kind)
    return type(value).__name__


def parse_ip_rule(text: str) -> bool:
    """Whether `text` is an address, a CIDR, `a.b.c.d-N` or `address-address`."""
    if last := _LAST_OCTETS.fullmatch(text):
        return _is_network(last[1]) and int(last[1].rpartition(".")[2]) <= int(last[2]) <= 255
    first, dash, second = text.partition("-")
    if not dash:
        return _is_network(text)
    try:
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(second.strip())
    except ValueError:
        return False
    return low.version == high.version and int(low) <= int(high)


def slug_problem(name: str) -> str | None:
    """Return why `name` cannot be the name of a quota or MCP server, or `None` if it can."""
    if _SLUG.fullmatch(name):
        return None
    return "the name must be 2 to 63 of a-z, 0-9, - and _, and begin with a letter or digit"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _not_blank(text: str) -> str:
    if not text.strip():
        raise refusal("must not be empty")
    return text


def _trimmed(values: list[str]) -> list[str]:
    return [value.strip() for value in values if value.strip()]


def _rules(test: Callable[[str], bool], message: str) -> Callable[[list[str]], list[str]]:
    def check(values: list[str]) -> list[str]:
        wrong = [((n,), message, "") for n, value in enumerate(values) if not test(value)]
        if wrong:
            raise refusals(wrong)
        return values

    return check


Text = Annotated[str, BeforeValidator(as_text)]
Name = Annotated[str, BeforeValidator(as_text), AfterValidator(_not_blank)]
Names = Annotated[list[Text], AfterValidator(_trimmed)]
Whole = Annotated[int, BeforeValidator(as_number)]
Positive = Annotated[int, BeforeValidator(as_number), Field(ge=1)]
Number = Annotated[float, BeforeValidator(as_number)]
Price = Annotated[float, BeforeValidator(as_number), Field(ge=0)]
Fraction = Annotated[float, BeforeValidator(as_number), Field(ge=0, le=1)]
Open = Annotated[JsonObject, PlainValidator(as_json_object)]
Stored = Annotated[Json, PlainValidator(as_json)]
IpRules = Annotated[
    list[Text],
    AfterValidator(
        _rules(
            parse_ip_rule,
            "must be an address, a CIDR such as 10.0.0.0/8, or a range such as 10.0.0.1-20",
        )
    ),
]
Networks = Annotated[
    list[Text],
    AfterValidator(_rules(_is_network, "must be an address or a CIDR such as 10.0.0.0/8")),
]
