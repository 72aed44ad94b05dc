"""Find providers in the usual environment variables: what Plexus does with no configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from plexus.config.dialects import EMBEDDED, url_problem
from plexus.config.environment import Environment
from plexus.config.known_providers import KNOWN, Known
from plexus.config.problems import ConfigError, Problem
from plexus.config.schema.aliases import AliasSection
from plexus.config.schema.providers import ProviderSection

DEMO: Final = "demo"

# Where the vendors' own SDKs look for another address. Anthropic's leaves /v1 to the client.
_BASE_URLS: Final[Mapping[str, str]] = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
}

BASE_URL_VARIABLES: Final = tuple(_BASE_URLS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A provider, and the name patterns it serves without an alias."""

    section: ProviderSection
    serves: tuple[str, ...]


def providers_from(env: Mapping[str, str], own: Environment) -> dict[str, Found]:
    """Return the providers whose keys are in `env` by name, in a fixed order.

    Raise `ConfigError` for a base URL that is none.
    """
    keys = {known: _key_in(known.variables, env) for known in KNOWN}
    return {
        known.name: _provider(known, key, _other_url(known.name, env, own))
        for known, key in keys.items()
        if key is not None
    }


def ignored_urls(env: Mapping[str, str], own: Environment) -> tuple[str, ...]:
    """Return the variables whose URL is not used, because it leads to this very gateway."""
    return tuple(
        variable for variable in BASE_URL_VARIABLES if _is_ourselves(_url_in(variable, env), own)
    )


def demo_provider() -> ProviderSection:
    """Return the provider that answers without anyone behind it, so that a first try works."""
    title = "Demo (built in, not a real model)"
    return ProviderSection.model_validate({"api_base_url": EMBEDDED, "display_name": title})


def demo_alias() -> AliasSection:
    """Return the alias that leads to the demo."""
    return AliasSection.model_validate({"targets": [{"provider": DEMO, "model": DEMO}]})


def _key_in(variables: tuple[str, ...], env: Mapping[str, str]) -> str | None:
    keys = (env.get(variable, "").strip() for variable in variables)
    return next((key for key in keys if key), None)


def _other_url(name: str, env: Mapping[str, str], own: Environment) -> str | None:
    variable = _BASE_URLS.get(name)
    if variable is None:
        return None
    url = _url_in(variable, env)
    if not url or _is_ourselves(url, own):
        return None
    if name == "anthropic" and not url.endswith("/v1"):
        return f"{url}/v1"
    return url


def _url_in(variable: str, env: Mapping[str, str]) -> str:
    url = env.get(variable, "").strip().rstrip("/")
    problem = url_problem(url) if url else None
    if problem is not None:
        raise ConfigError([Problem(at=(variable,), message=problem)], source="environment")
    return url


def _is_ourselves(url: str, own: Environment) -> bool:
    # Shells that point their clients at Plexus have these variables set to it.
    parts = urlsplit(url)
    return parts.hostname in {"localhost", "127.0.0.1", "::1", own.host} and parts.port == own.port


def _provider(known: Known, key: str, url: str | None) -> Found:
    base = known.url if url is None else url
    foreign = urlsplit(base).hostname != urlsplit(known.url).hostname
    # Somebody else's server behind this dialect: it is asked for any name, and only in the one
    # dialect that every such server speaks.
    dialects = known.dialects[:1] if foreign else known.dialects
    families = (*known.families, "*") if foreign else known.families
    section = ProviderSection.model_validate(
        {
            "api_base_url": dict.fromkeys(dialects, base),
            "api_key": key,
            "display_name": known.title,
        }
    )
    return Found(section=section, serves=(f"{known.name}/*", *families))
