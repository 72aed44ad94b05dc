"""A provider: `providers.<name>` (controlplane.md §1.3)."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AliasChoices, BeforeValidator, Field, ValidationInfo, field_validator

from plexus.config.dialects import EMBEDDED, OAUTH_DIALECTS
from plexus.config.problems import did_you_mean
from plexus.config.schema.models import AdapterList, DialectList, Models
from plexus.config.schema.provider_parts import (
    ModelAutosyncSection,
    QuotaCheckerSection,
    RawPassthroughSection,
)
from plexus.config.schema.section import Section, context_of, refusal, refusals
from plexus.config.schema.urls import Urls, has_oauth
from plexus.config.schema.values import (
    Fraction,
    Name,
    Open,
    Positive,
    Stored,
    Text,
    as_number,
)

OAUTH_IDS: Final = tuple(OAUTH_DIALECTS)
LEGACY_ACCOUNT: Final = "legacy"

# controlplane.md §1.3: these logins can be asked by one checker only.
_ONLY_CHECKER: Final = {"openai-codex": "openai-codex", "anthropic": "claude-code"}
_RAW_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

type _Int = Annotated[int, BeforeValidator(as_number)]


class ProviderSection(Section):
    """Whom calls are sent to."""

    # First, because the checks of later fields depend on it.
    api_base_url: Urls
    type: DialectList = Field(default_factory=list)
    display_name: Text | None = None
    oauth_provider: Text | None = Field(default=None, validate_default=True)
    oauth_account: Text | None = Field(default=None, validate_default=True)
    api_keys: list[Name] = Field(default_factory=list)
    api_key: Text | None = Field(default=None, validate_default=True)
    enabled: bool = True
    models: Models = Field(default_factory=dict)
    headers: dict[str, Text] = Field(default_factory=dict)
    extra_body: Open = Field(default_factory=dict, alias="extraBody")
    discount: Fraction | None = None
    estimate_tokens: bool = Field(default=False, alias="estimateTokens")
    disable_cooldown: bool = False
    stall_cooldown: bool = False
    allow_100_percent_utilization: bool = False
    use_claude_masking: bool = Field(default=False, alias="useClaudeMasking")
    gemini_thinking_enabled: bool = Field(
        default=False,
        validation_alias=AliasChoices("geminiThinkingEnabled", "gemini_thinking_enabled"),
        serialization_alias="geminiThinkingEnabled",
    )
    quota_checker: QuotaCheckerSection | None = None
    disable_quota_check: bool = False
    model_autosync: ModelAutosyncSection = Field(default_factory=ModelAutosyncSection)
    timeout_ms: Positive | None = Field(default=None, alias="timeoutMs")
    max_concurrency: Positive | None = Field(default=None, alias="maxConcurrency")
    stall_ttfb_ms: Annotated[_Int, Field(ge=5000, le=120_000)] | None = Field(
        default=None, alias="stallTtfbMs"
    )
    stall_ttfb_bytes: Annotated[_Int, Field(ge=50, le=10_000)] | None = Field(
        default=None, alias="stallTtfbBytes"
    )
    stall_min_bps: Annotated[_Int, Field(ge=50, le=5000)] | None = Field(
        default=None, alias="stallMinBps"
    )
    stall_window_ms: Annotated[_Int, Field(ge=3000, le=30_000)] | None = Field(
        default=None, alias="stallWindowMs"
    )
    stall_grace_period_ms: Annotated[_Int, Field(ge=0, le=120_000)] | None = Field(
        default=None, alias="stallGracePeriodMs"
    )
    adapter: AdapterList = Field(
        default_factory=list,
        validation_alias=AliasChoices("adapter", "quirks"),
        serialization_alias="adapter",
    )
    raw_passthrough: RawPassthroughSection = Field(default_factory=RawPassthroughSection)
    auto_compat: Stored = None
    compaction: Stored = None
    pi_ai_provider: Stored = None
    gpu_profile: Stored = None
    gpu_ram_gb: Stored = None
    gpu_bandwidth_tb_s: Stored = None
    gpu_flops_tflop: Stored = None
    gpu_power_draw_watts: Stored = None

    @field_validator("oauth_provider")
    @classmethod
    def _is_a_known_login(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value not in OAUTH_IDS:
            raise refusal("is no OAuth provider", did_you_mean(value, OAUTH_IDS))
        if value is not None or not _uses_oauth(info):
            return value
        name = context_of(info).name
        if name in OAUTH_IDS:
            return name
        remedy = f"write one of {', '.join(OAUTH_IDS)}"
        raise refusal("is required with an oauth:// URL", remedy)

    @field_validator("oauth_account")
    @classmethod
    def _is_not_blank(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not value.strip():
            raise refusal("must not be blank", "name the account, or leave the key away")
        if value is None and _uses_oauth(info):
            return LEGACY_ACCOUNT
        return value

    @field_validator("api_key")
    @classmethod
    def _is_given(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and not _needs_no_key(info):
            remedy = 'write e.g. ${MY_PROVIDER_KEY}, or "none" for a server that wants no key'
            raise refusal("is required", remedy)
        return value

    @field_validator("headers", mode="before")
    @classmethod
    def _can_be_sent(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        wrong = [
            ((str(name),), "holds a line break or is not a header's name", "")
            for name, text in value.items()
            if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", str(name))
            or (isinstance(text, str) and re.search(r"[\r\n\0]", text))
        ]
        if wrong:
            raise refusals(wrong)
        return value

    @field_validator("quota_checker")
    @classmethod
    def _suits_the_login(
        cls, value: QuotaCheckerSection | None, info: ValidationInfo
    ) -> QuotaCheckerSection | None:
        login = info.data.get("oauth_provider")
        only = _ONLY_CHECKER.get(login) if isinstance(login, str) else None
        if value is not None and only is not None and value.type != only:
            message = f"cannot check a login of {login}"
            raise refusals([(("type",), message, f"write {only}")])
        return value

    @field_validator("raw_passthrough")
    @classmethod
    def _is_possible(
        cls, value: RawPassthroughSection, info: ValidationInfo
    ) -> RawPassthroughSection:
        if not value.enabled:
            return value
        if _uses_oauth(info):
            raise refusal("is not possible with an oauth:// URL")
        if value.base_url is None:
            raise refusals([(("base_url",), "is required", "")])
        if not _RAW_NAME.fullmatch(context_of(info).name):
            message = "needs a provider name of a-z, 0-9, ., _ and - (63 at most)"
            raise refusal(message, "rename the provider")
        return value


def _uses_oauth(info: ValidationInfo) -> bool:
    urls = info.data.get("api_base_url")
    return isinstance(urls, str | dict) and has_oauth(urls)


def _needs_no_key(info: ValidationInfo) -> bool:
    return bool(info.data.get("api_keys")) or (
        _uses_oauth(info) or info.data.get("api_base_url") == EMBEDDED
    )
