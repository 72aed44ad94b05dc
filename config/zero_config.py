"""Make a configuration out of the environment alone, so that Plexus is of use without a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from plexus.config.build import Origin, build, digest
from plexus.config.checks.keys import NO_ADMIN, OPEN
from plexus.config.draft import Draft
from plexus.config.environment import Environment
from plexus.config.environment_providers import (
    DEMO,
    demo_alias,
    demo_provider,
    ignored_urls,
    providers_from,
)
from plexus.config.snapshot import Snapshot


def from_environment(own: Environment, env: Mapping[str, str], folder: Path) -> Snapshot:
    """Return providers found by their keys in `env`, the demo, and every default.

    Raise `ConfigError` for a base URL in `env` that is none.
    """
    found = providers_from(env, own)
    draft = Draft(
        providers={name: entry.section for name, entry in found.items()} | {DEMO: demo_provider()},
        aliases={DEMO: demo_alias()},
    )
    described = [f"{name} {entry.section.plain()}" for name, entry in found.items()]
    origin = Origin(
        version=digest("\n".join(described)),
        source=f"environment ({', '.join(found) or 'no provider'})",
        folder=folder,
        admin_key=own.admin_key,
        warnings=tuple(_warnings(own, env, has_providers=bool(found))),
        serves={name: entry.serves for name, entry in found.items()},
    )
    return build(draft, origin)


def _warnings(own: Environment, env: Mapping[str, str], *, has_providers: bool) -> Iterator[str]:
    for variable in ignored_urls(env, own):
        yield f"{variable}: leads to this gateway itself and is not used"
    if not has_providers:
        yield "there is no configuration file and no provider's key in the environment: demo only"
    yield OPEN
    if own.admin_key is None:
        yield NO_ADMIN
