"""The configuration as the gateway uses it: frozen, indexed, swapped whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from plexus.config.names import NameIndex
from plexus.config.resilience import Failover, Stall
from plexus.transforms.wire import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """USD per million tokens."""

    input: float
    output: float
    cached: float = 0.0
    cache_write: float = 0.0
    cache_write_1h: float | None = None  # None: as cache_write


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """Rates for prompts of `lower` to `upper` tokens, both inclusive; no `upper`: no bound."""

    lower: int
    upper: int | None
    rates: Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What a model costs (controlplane.md §1.4). `discount` is the fraction off, 0 to 1."""

    source: Literal["simple", "defined", "openrouter", "per_request", "catalogue"]
    rates: Rates | None = None  # simple, catalogue
    steps: tuple[PriceStep, ...] = ()  # defined, catalogue
    slug: str | None = None  # openrouter
    amount: float | None = None  # per_request, USD
    discount: float = 0.0
    since: int | None = None  # valid from then on, ms since 1970; None: always was


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One use of a quirk; one that is not enabled takes earlier uses of the same name away."""

    name: str
    options: JsonObject = field(default_factory=dict)
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model at a provider."""

    name: str
    type: str = "text"
    pricing: Pricing | None = None  # None: no price is configured
    repriced: tuple[Pricing, ...] = ()  # what `pricing` was replaced by, each since when
    access_via: tuple[str, ...] = ()  # dialects; empty: all of the provider's
    extra_body: JsonObject = field(default_factory=dict)
    quirks: tuple[str, ...] = ()  # the names of the enabled adapters
    adapters: tuple[Adapter, ...] = ()
    max_concurrency: int | None = None

    def pricing_at(self, moment: int) -> Pricing | None:
        """Return the price that holds for a call that starts at `moment`, ms since 1970."""
        if not self.repriced:
            return self.pricing
        due = [price for price in self.repriced if price.since is None or price.since <= moment]
        return max(due, key=lambda price: price.since or 0, default=self.pricing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whom calls are sent to; `urls` maps each dialect it speaks to a base URL.

    Base URLs have no end slash. Behind an OAuth login they are `oauth://…` and `oauth_provider`
    says which; the built-in demo is at `embedded://demo`. `config.dialects.base_url` chooses.
    """

    name: str
    urls: Mapping[str, str]
    default_url: str | None = None  # for dialects that `urls` does not name
    api_key: str | None = field(default=None, repr=False)  # None: none is sent
    api_keys: tuple[str, ...] = field(default=(), repr=False)  # all of them, `api_key` first
    display_name: str | None = None
    enabled: bool = True
    models: Mapping[str, Model] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold secrets
    extra_body: JsonObject = field(default_factory=dict)
    discount: float | None = None
    quirks: tuple[str, ...] = ()  # the names of the enabled adapters
    adapters: tuple[Adapter, ...] = ()
    disable_cooldown: bool = False
    estimate_tokens: bool = False
    timeout_s: float | None = None
    stall: Stall = field(default_factory=Stall)
    max_concurrency: int | None = None
    serves: tuple[str, ...] = ()  # name patterns that reach this provider with no alias: "gpt-*"
    oauth_provider: str | None = None
    oauth_account: str | None = None
    # The section as it was written, defaults filled in: with its secrets.
    raw: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """One place an alias may lead to: a provider's model, or another alias."""

    provider: str | None = None
    model: str | None = None
    alias: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """Targets among which one selector chooses."""

    name: str
    selector: str
    targets: tuple[TargetRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A model name that clients use."""

    name: str
    groups: tuple[TargetGroup, ...]
    additional: tuple[str, ...] = ()
    type: str = "text"
    api_match: bool = False
    lossless: bool = False
    continue_stream: bool = False
    sticky_session: bool = False
    enforce_limits: bool = False
    use_image_fallthrough: bool = False
    preferred_api: tuple[str, ...] = ()
    extra_body: JsonObject = field(default_factory=dict)
    advanced: tuple[JsonObject, ...] = ()
    metadata: JsonObject | None = None
    raw: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A client's key; `secret` appears nowhere but here and is never printed."""

    name: str
    secret: str = field(repr=False)
    comment: str | None = None
    quotas: tuple[str, ...] = ()
    allowed_models: frozenset[str] = frozenset()
    excluded_models: frozenset[str] = frozenset()
    allowed_providers: frozenset[str] = frozenset()
    excluded_providers: frozenset[str] = frozenset()
    allowed_ips: tuple[str, ...] = ()
    expires_at: int | None = None  # ms since 1970
    disabled_at: int | None = None  # ms since 1970
    allow_raw_passthrough: bool = False
    raw: JsonObject = field(default_factory=dict, repr=False)  # the section, with its secret


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptHost:
    """A provider host whose TLS we open; `connect_to` is where to connect instead."""

    host: str
    mode: Literal["observe", "route"]
    dialect: str  # chat, messages, gemini, responses; "openai" is written for chat + responses
    provider: str  # what the ledger calls it
    connect_to: tuple[str, int] | None = None  # host and port


@dataclass(frozen=True, slots=True, kw_only=True)
class Intercept:
    """The intercepting door."""

    mode: Literal["observe", "route"] = "observe"
    default_key: str | None = None
    upstream_ca: str | None = None  # path of a PEM file
    hosts: Mapping[str, InterceptHost] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One whole configuration. A call keeps the snapshot it began with."""

    version: str  # changes with the content
    source: str  # where it came from, for people
    providers: Mapping[str, Provider] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    keys: Mapping[str, Key] | None = None  # None: no `keys` section, calls need no key
    intercept: Intercept = Intercept()
    admin_key: str | None = field(default=None, repr=False)
    timeout_s: float = 300.0
    failover: Failover = field(default_factory=Failover)
    user_quotas: Mapping[str, JsonObject] = field(default_factory=dict)
    default_quotas: tuple[str, ...] = ()
    mcp_servers: Mapping[str, JsonObject] = field(default_factory=dict, repr=False)
    # The other sections, validated, defaults filled in, under their names in the file.
    sections: JsonObject = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    _alias_names: Mapping[str, str] = field(default_factory=dict, repr=False)
    _key_hashes: Mapping[bytes, Key] = field(default_factory=dict, repr=False)
    _names: NameIndex = field(default=NameIndex(), repr=False)

    def alias(self, name: str) -> Alias | None:
        """Return the alias called `name`, by its own name first, then by an additional one."""
        found = self.aliases.get(name)
        if found is None and (canonical := self._alias_names.get(name)) is not None:
            found = self.aliases[canonical]
        return found

    def key(self, secret: str) -> Key | None:
        """Return the key with this secret: a look-up by hash, so its time tells nothing."""
        return self._key_hashes.get(hash_secret(secret))

    def by_name(self, model: str) -> tuple[Provider, str] | None:
        """Return who serves `model` without an alias, and what it is called there.

        Only providers found in the environment do: `groq/llama-3.3-70b` goes to groq without the
        prefix, `gpt-5` to whoever serves `gpt-*`.
        """
        found = self._names.find(model)
        return None if found is None else (self.providers[found[0]], found[1])


class _Index(TypedDict):
    _alias_names: Mapping[str, str]
    _key_hashes: Mapping[bytes, Key]
    _names: NameIndex


def hash_secret(secret: str) -> bytes:
    """Return the digest under which a key is indexed."""
    return hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def index(
    aliases: Mapping[str, Alias],
    keys: Mapping[str, Key] | None,
    providers: Mapping[str, Provider] | None = None,
) -> _Index:
    """Return the private look-up tables of a `Snapshot`, as keyword arguments for it."""
    return {
        "_alias_names": {
            other: alias.name for alias in aliases.values() for other in alias.additional
        },
        "_key_hashes": {hash_secret(key.secret): key for key in (keys or {}).values()},
        "_names": NameIndex.of(
            {p.name: p.serves for p in (providers or {}).values() if p.enabled and p.serves}
        ),
    }
