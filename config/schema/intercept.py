"""The `intercept` section: which hosts' TLS is opened, and what becomes of their calls."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from plexus.config.problems import At, did_you_mean
from plexus.config.schema.section import Section, refusal, refusals
from plexus.config.schema.values import Name, Text, as_text

type Mode = Literal["observe", "route"]

_DIALECTS: Final = {
    "openai": "openai",
    "chat": "chat",
    "responses": "responses",
    "messages": "messages",
    "anthropic": "messages",
    "gemini": "gemini",
    "google": "gemini",
}
_HOST: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
)
_ENDPOINT: Final = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<host>[^\s:/]+)):(?P<port>\d{1,5})"
)


def parse_endpoint(text: str) -> tuple[str, int] | None:
    """Return host and port of `host:port` or `[::1]:port`, `None` if it is neither."""
    found = _ENDPOINT.fullmatch(text)
    if found is None or not 1 <= int(found["port"]) <= 65_535:
        return None
    return found["six"] or found["host"], int(found["port"])


def _read_dialect(value: object) -> str:
    name = str(as_text(value)).strip().lower()
    if name not in _DIALECTS:
        raise refusal("is no dialect", did_you_mean(name, tuple(_DIALECTS)))
    return _DIALECTS[name]


class InterceptHostSection(Section):
    """One host; for a known one, whatever is not written is as built in."""

    mode: Mode | None = None
    dialect: Annotated[str, BeforeValidator(_read_dialect)] | None = None
    connect_to: Text | None = None

    @field_validator("connect_to")
    @classmethod
    def _is_an_endpoint(cls, value: str | None) -> str | None:
        if value is not None and parse_endpoint(value) is None:
            raise refusal("must be host:port", 'write e.g. "127.0.0.1:18443"')
        return value


class InterceptSection(Section):
    """The intercepting door."""

    mode: Mode = "observe"
    default_key: Name | None = None
    upstream_ca: Name | None = None
    hosts: dict[str, InterceptHostSection] = Field(default_factory=dict)

    @field_validator("hosts", mode="before")
    @classmethod
    def _are_host_names(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        wrong: list[tuple[At, str, str]] = [
            ((str(name),), "must be a host name alone", "leave https://, port and path away")
            for name in value
            if not _HOST.fullmatch(normal_host(str(name)))
        ]
        if wrong:
            raise refusals(wrong)
        return value


def normal_host(name: str) -> str:
    """Return a host name as it is compared: lower case, no end dot."""
    return name.strip().lower().rstrip(".")
