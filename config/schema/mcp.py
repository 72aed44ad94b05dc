"""An MCP server behind the proxy: `mcp_servers.<name>` (controlplane.md §1.8)."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from plexus.config.schema.section import Section, refusal
from plexus.config.schema.values import Name, Text, as_number, slug_problem

type _Int = Annotated[int, BeforeValidator(as_number)]

RESERVED: Final = "plexus"  # the management MCP server


class McpServerSection(Section):
    """A remote MCP server, or a local one that Plexus is to start."""

    mode: Literal["remote_http", "local_http"] = "remote_http"
    upstream_url: Text | None = Field(default=None, validate_default=True)
    enabled: bool = True
    headers: dict[str, Text] = Field(default_factory=dict)
    auth_scheme: Name | None = None
    rate_limit_cooldown_ms: Annotated[_Int, Field(ge=0)] = 60_000
    quota_cooldown_ms: Annotated[_Int, Field(ge=0)] = 86_400_000
    launcher: Literal["bunx", "uvx"] | None = Field(default=None, validate_default=True)
    package: Name | None = Field(default=None, validate_default=True)
    args: list[Text] = Field(default_factory=list)
    env: dict[str, Text] = Field(default_factory=dict)
    port: Annotated[_Int, Field(ge=1, le=65_535)] | None = None
    path: Text = "/mcp"
    startup_timeout_ms: Annotated[_Int, Field(ge=1000, le=300_000)] = 30_000

    @field_validator("upstream_url")
    @classmethod
    def _is_an_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            if info.data.get("mode") == "remote_http":
                raise refusal("is required", "write the URL of the server's /mcp endpoint")
            return None
        if not re.fullmatch(r"https?://[^\s/?#]+[^\s#]*", value):
            raise refusal("must be a URL that begins with https:// or http://")
        return value

    @field_validator("launcher", "package")
    @classmethod
    def _is_given_for_local(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("mode") == "local_http":
            raise refusal("is required with mode: local_http")
        return value


def mcp_name_problem(name: str) -> str | None:
    """Return why `name` cannot be the name of an MCP server, or `None` if it can."""
    if name == RESERVED:
        return f"the name {RESERVED} is reserved for the management server"
    return slug_problem(name)
