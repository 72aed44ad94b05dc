"""Rules among providers, and between the settings and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from plexus.config.checks.aliases import canonical_names
from plexus.config.draft import Draft
from plexus.config.hosts import HOSTS
from plexus.config.problems import At, Problem, did_you_mean, dotted
from plexus.config.schema.intercept import InterceptSection, normal_host
from plexus.config.schema.root import Settings


def provider_problems(draft: Draft) -> Iterator[Problem]:
    """Yield checkers that claim one id (controlplane.md §3.1)."""
    holders: dict[str, str] = {}
    for name, provider in draft.providers.items():
        checker = provider.quota_checker
        if checker is None:
            continue
        checker_id = checker.id if checker.id is not None else name
        first = holders.setdefault(checker_id, name)
        if first != name:
            message = f'the checker of {dotted(("providers", first))} is called "{checker_id}", too'
            at: At = ("providers", name, "quota_checker", "id")
            yield Problem(at=at, message=message, remedy="give each checker its own id")


def provider_warnings(draft: Draft) -> Iterator[str]:
    """Yield keys of providers that have no effect as they stand."""
    for name, provider in draft.providers.items():
        if provider.type and not isinstance(provider.api_base_url, str):
            at = dotted(("providers", name, "type"))
            yield f"{at}: has no effect, because api_base_url says which dialect is where"


def settings_problems(draft: Draft, folder: Path) -> Iterator[Problem]:
    """Yield settings that contradict each other or name what is not there."""
    yield from _contradictions(draft.settings)
    yield from _intercept_problems(draft.settings.intercept, draft, folder)


def settings_warnings(draft: Draft) -> Iterator[str]:
    """Yield settings that name an alias that is not there."""
    vision = draft.settings.vision_fallthrough
    if vision is None:
        return
    at = dotted(("vision_fallthrough", "descriptor_model"))
    model = vision.descriptor_model
    if model is None:
        yield f"{at}: is not set, so images are not described"
    elif not model.startswith("direct/") and model not in canonical_names(draft.aliases):
        yield f'{at}: there is no alias "{model}", so images are not described'


def _contradictions(settings: Settings) -> Iterator[Problem]:
    pairs = (
        ("response_days", settings.retention.response_days, "responses", "ttl_days"),
        ("debug_log_days", settings.retention.debug_log_days, "debug", "retention_days"),
    )
    for name, value, section, other in pairs:
        if value is None:
            continue
        rival = settings.responses if section == "responses" else settings.debug
        if other in rival.model_fields_set and getattr(rival, other) != value:
            message = f"says something else than {section}.{other}"
            at: At = ("retention", name)
            yield Problem(at=at, message=message, remedy="keep one of them")


def _intercept_problems(section: InterceptSection, draft: Draft, folder: Path) -> Iterator[Problem]:
    key, known = section.default_key, draft.written["keys"]
    if key is not None and draft.keys is not None and key not in known:
        remedy = did_you_mean(key, sorted(known))
        message = f'there is no key "{key}"'
        yield Problem(at=("intercept", "default_key"), message=message, remedy=remedy)
    if section.upstream_ca is not None and not (folder / section.upstream_ca).is_file():
        remedy = f"the path is relative to {folder}"
        at: At = ("intercept", "upstream_ca")
        yield Problem(at=at, message="there is no such file", remedy=remedy)
    yield from _host_problems(section)


def _host_problems(section: InterceptSection) -> Iterator[Problem]:
    built_in = {host for host, _, _ in HOSTS}
    seen: set[str] = set()
    for name, host in section.hosts.items():
        normal = normal_host(name)
        if host.dialect is None and normal not in built_in:
            remedy = "write openai, messages or gemini"
            at: At = ("intercept", "hosts", name, "dialect")
            message = "is required for a host that is not built in"
            yield Problem(at=at, message=message, remedy=remedy)
        if normal in seen:
            yield Problem(at=("intercept", "hosts", name), message="is listed twice")
        seen.add(normal)
