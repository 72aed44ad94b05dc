"""A client's key: `keys.<name>` (controlplane.md §1.6)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from plexus.config.schema.section import Section, refusal
from plexus.config.schema.values import IpRules, Name, Names, Positive, Stored, Text, as_number

type _Moment = Annotated[int, BeforeValidator(as_number), Field(ge=0)]


class KeySection(Section):
    """Who may call, what, from where, how much and until when."""

    secret: Name
    comment: Text | None = None
    quota: Name | None = None
    quotas: Names | None = None
    allowed_models: Names = Field(default_factory=list, alias="allowedModels")
    excluded_models: Names = Field(default_factory=list, alias="excludedModels")
    allowed_providers: Names = Field(default_factory=list, alias="allowedProviders")
    excluded_providers: Names = Field(default_factory=list, alias="excludedProviders")
    allowed_ips: IpRules = Field(default_factory=list, alias="allowedIps")
    allow_raw_passthrough: bool = Field(default=False, alias="allowRawPassthrough")
    expires_in_minutes: Positive | None = Field(default=None, alias="expiresInMinutes")
    expires_at: _Moment | None = Field(default=None, alias="expiresAt")
    disabled_at: _Moment | None = Field(default=None, alias="disabledAt")
    beta: Stored = None
    generation: Stored = None

    @field_validator("secret")
    @classmethod
    def _can_be_presented(cls, value: str) -> str:
        if ":" in value:
            # Clients write "secret:label"; what follows the first colon is the label. This also
            # keeps out what would be taken for an encrypted value, enc:v1:… (controlplane.md §7).
            raise refusal("must not contain a colon", "a colon begins the attribution label")
        if value != value.strip() or not value.isprintable():
            raise refusal("must not have spaces around it or control characters in it")
        return value

    @field_validator("expires_in_minutes")
    @classmethod
    def _has_a_beginning(cls, value: int | None) -> int | None:
        if value is not None:
            remedy = "write expiresAt, in milliseconds since 1970"
            raise refusal("can only be given when a key is created over the API", remedy)
        return value


def key_name_problem(name: str) -> str | None:
    """Return why `name` cannot be the name of a key, or `None` if it can."""
    if not name.strip():
        return "the name must not be empty"
    if "*" in name:
        return "the name must not contain *, which stands for all keys of a shared quota"
    return None
