"""Load the configuration: from a file, or from the environment when there is no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from plexus.certs.sealer import Sealer
from plexus.config.build import Origin, build, digest
from plexus.config.checks.adapters import adapter_problems, adapter_warnings
from plexus.config.checks.aliases import alias_problems, alias_warnings
from plexus.config.checks.keys import key_problems, key_warnings
from plexus.config.checks.others import (
    provider_problems,
    provider_warnings,
    settings_problems,
    settings_warnings,
)
from plexus.config.draft import Draft, validate
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError, Problem
from plexus.config.schema.root import Settings
from plexus.config.schema.section import SELECTORS
from plexus.config.snapshot import Snapshot
from plexus.config.substitute import substitute
from plexus.config.unseal import unseal
from plexus.config.yaml_file import Document, parse, read_text
from plexus.config.zero_config import from_environment

__all__ = ["DEFAULT_PATH", "ConfigError", "Inputs", "check", "file_exists", "load", "load_text"]

DEFAULT_PATH: Final = Path("config/plexus.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a configuration is made from besides its text.

    `path` is what the command line named, `env` what `${NAME}` and the search for providers see,
    `selectors` the names that exist.
    """

    path: Path | None
    environment: Environment
    env: Mapping[str, str] = field(repr=False)
    selectors: tuple[str, ...] = SELECTORS

    @property
    def file(self) -> Path:
        """The file to read: the command line's, else `CONFIG_FILE`, else the default."""
        named = self.path if self.path is not None else self.environment.config_file
        return named if named is not None else DEFAULT_PATH

    @property
    def is_named(self) -> bool:
        """Whether somebody named the file, so that it must exist."""
        return self.path is not None or self.environment.config_file is not None


def load(
    path: Path | None,
    environment: Environment,
    env: Mapping[str, str],
    *,
    selectors: tuple[str, ...] = SELECTORS,
) -> Snapshot:
    """Return the configuration in force; raise `ConfigError` with every problem in it.

    Without a file at the default place, providers are found in the environment.
    """
    inputs = Inputs(path=path, environment=environment, env=env, selectors=selectors)
    if not inputs.is_named and not file_exists(inputs.file):
        return from_environment(environment, env, inputs.file.parent)
    return load_text(read_text(inputs.file), inputs)


def load_text(text: str, inputs: Inputs) -> Snapshot:
    """Return the configuration that `text` would be at the place of the file.

    Raise `ConfigError`; its problems know their line and column.
    """
    source = str(inputs.file)
    try:
        document = parse(text)
    except ConfigError as error:
        raise ConfigError(error.problems, source=source) from error
    filled, unfilled = substitute(document.value, inputs.env)
    tree, unopened = unseal(filled, lambda: Sealer.of(inputs.environment.encryption_key))
    draft = validate(tree, inputs.selectors)
    admin_key = _admin_key(draft.settings, inputs.environment)
    folder = inputs.file.parent
    found = (
        *draft.problems,
        *provider_problems(draft),
        *adapter_problems(draft),
        *alias_problems(draft),
        *key_problems(draft, admin_key),
        *settings_problems(draft, folder),
    )
    problems = _in_order((*unfilled, *unopened), found, document)
    if problems:
        raise ConfigError(problems, source=source)
    origin = Origin(
        version=digest(text),
        source=source,
        folder=folder,
        admin_key=admin_key,
        warnings=tuple(_warnings(draft, admin_key)),
    )
    return build(draft, origin)


def check(path: Path | None, env: Mapping[str, str]) -> list[Problem]:
    """Return everything that would keep Plexus from starting, without starting it."""
    try:
        load(path, read_environment(env), env)
    except ConfigError as error:
        return list(error.problems)
    return []


def file_exists(path: Path) -> bool:
    """Whether a file is meant to be there: a dangling link counts."""
    return path.exists() or path.is_symlink()


def _admin_key(settings: Settings, environment: Environment) -> str | None:
    if environment.admin_key is not None:
        return environment.admin_key
    return settings.admin_key


def _in_order(
    unfilled: Iterable[Problem], found: Iterable[Problem], document: Document
) -> tuple[Problem, ...]:
    # A value that could not be filled in is wrong in no other way worth telling.
    first = tuple(unfilled)
    places = {problem.at for problem in first}
    all_of_them = (*first, *(problem for problem in found if problem.at not in places))
    placed = [_placed(problem, document) for problem in all_of_them]
    return tuple(sorted(placed, key=lambda problem: (problem.line or 0, problem.column or 0)))


def _placed(problem: Problem, document: Document) -> Problem:
    mark = document.mark(problem.at)
    return problem if mark is None else replace(problem, line=mark[0], column=mark[1])


def _warnings(draft: Draft, admin_key: str | None) -> Iterable[str]:
    yield from draft.warnings
    if not draft.providers:
        yield "providers: there are none, so no call can be answered"
    yield from provider_warnings(draft)
    yield from adapter_warnings(draft)
    yield from alias_warnings(draft)
    yield from settings_warnings(draft)
    yield from key_warnings(draft, admin_key)
