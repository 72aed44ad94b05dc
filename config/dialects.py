"""Which dialects there are, what people call them, and at which URL a provider speaks each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from plexus.config.snapshot import Model, Provider

DIALECTS: Final = (
    "chat",
    "completions",
    "messages",
    "gemini",
    "responses",
    "responses:lite",
    "embeddings",
    "transcriptions",
    "speech",
    "images",
    "ollama",
)

_OTHER_NAMES: Final[Mapping[str, str]] = {
    "openai": "chat",
    "chat_completions": "chat",
    "anthropic": "messages",
    "claude": "messages",
    "google": "gemini",
    "image": "images",
}

# dataplane.md §5.11: the wire format behind each OAuth login.
OAUTH_DIALECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "anthropic": ("messages",),
    "openai-codex": ("responses",),
    "github-copilot": ("chat", "messages", "responses"),
    "google-gemini-cli": ("gemini",),
    "google-antigravity": ("gemini",),
}

# Whose URL serves where a provider names none for the dialect itself (dataplane.md §5.0).
_STAND_INS: Final[Mapping[str, tuple[str, ...]]] = {
    "completions": ("chat", "gemini"),
    "embeddings": ("chat", "gemini"),
    "transcriptions": ("chat", "gemini"),
    "speech": ("chat", "gemini"),
    "images": ("chat", "gemini"),
}

_GOOGLE: Final = "generativelanguage.googleapis.com"
_BETA_SEGMENT: Final = re.compile(r"/v\d+beta\d*$")
_VERSIONED_HOSTS: Final = ("api.openai.com", "api.anthropic.com")
EMBEDDED: Final = "embedded://demo"


def canonical(name: str) -> str | None:
    """Return the dialect that `name` means in any case (`OpenAI`, `Google`), else `None`."""
    lower = name.strip().lower()
    return lower if lower in DIALECTS else _OTHER_NAMES.get(lower)


def accepted_names() -> tuple[str, ...]:
    """Return every name that `canonical` knows."""
    return (*DIALECTS, *_OTHER_NAMES)


def infer(url: str) -> str:
    """Return the dialect of a plain URL that nobody named one for (controlplane.md §1.3)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if "anthropic.com" in host:
        return "messages"
    # Google's OpenAI-compatible endpoint lives on the same host, below /v1beta/openai.
    if _GOOGLE in host and not parts.path.rstrip("/").endswith("/openai"):
        return "gemini"
    return "chat"


def is_oauth(url: str) -> bool:
    """Whether a URL stands for a login instead of an address."""
    return url.startswith("oauth://")


def url_problem(url: str) -> str | None:
    """Return why `url` cannot be the base URL of a provider, or `None` if it can."""
    if is_oauth(url) or url == EMBEDDED:
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return "is not a URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", url):
        return "must be a URL that begins with https://, http:// or oauth://"
    if parts.query or parts.fragment:
        return "must not have a ?query or #fragment: a path is added to it"
    return None


def trim(url: str, dialect: str) -> str:
    """Return a base URL as requests need it: no end slash, and `/v1` where its host wants it.

    A `/v1beta` at the end goes where the dialect's own path begins with it (dataplane.md §5.0).
    """
    if is_oauth(url) or url == EMBEDDED:
        return url
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if dialect == "gemini" or _GOOGLE in (parts.hostname or ""):
        path = _BETA_SEGMENT.sub("", path)
    elif not path and _wants_version(parts):
        path = "/v1"
    return parts._replace(path=path).geturl()


def provider_dialects(provider: Provider, model: Model | None = None) -> tuple[str, ...]:
    """Return the dialects a model is reached by: its own `access_via`, else all the provider's."""
    if model is not None and model.access_via:
        return model.access_via
    return tuple(provider.urls)


def base_url(provider: Provider, dialect: str) -> str | None:
    """Return the URL at which `provider` speaks `dialect`, `None` if it has no URL at all.

    Exact dialect, then the one before the colon, the provider's default, a stand-in, the first.
    """
    urls = provider.urls
    base = dialect.partition(":")[0]
    for name in (dialect, base):
        if name in urls:
            return urls[name]
    if provider.default_url is not None:
        return trim(provider.default_url, base)
    for name in _STAND_INS.get(base, ()):
        if name in urls:
            return urls[name]
    return next(iter(urls.values()), None)


def _wants_version(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return any(host == known or host.endswith(f".{known}") for known in _VERSIONED_HOSTS)
