"""Make snapshots and problems out of YAML text, for the tests of `config`."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from plexus.config.environment import read_environment
from plexus.config.load import ConfigError, Inputs, load_text
from plexus.config.problems import Problem
from plexus.config.snapshot import Provider, Snapshot

PROVIDER = "providers: {p: {api_base_url: 'https://llm.example/v1', api_key: k}}\n"


def inputs(file: Path = Path("plexus.yaml"), **env: str) -> Inputs:
    """Return what a configuration at `file` is made from under the environment `env`."""
    return Inputs(path=file, environment=read_environment(env), env=env)


def snapshot_of(text: str, **env: str) -> Snapshot:
    """Return the snapshot of a file with this content."""
    return load_text(dedent(text), inputs(**env))


def provider_of(section: str, **env: str) -> Provider:
    """Return the provider `p` whose section has this content, in YAML's flow style."""
    return snapshot_of(f"providers:\n  p: {{{section}}}\n", **env).providers["p"]


def problems_in(text: str, **env: str) -> list[Problem]:
    """Return the problems of a file with this content, none if it is usable."""
    try:
        snapshot_of(text, **env)
    except ConfigError as error:
        return list(error.problems)
    return []


def complaints(text: str, **env: str) -> list[str]:
    """Return the problems of a file as `path: message`, without place and remedy."""
    return [f"{problem.path}: {problem.message}" for problem in problems_in(text, **env)]
