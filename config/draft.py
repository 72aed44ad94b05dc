"""Validate every part of a configuration by itself, so that all problems show at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from plexus.config.legacy import move_quotas
from plexus.config.problems import At, Problem, dotted
from plexus.config.schema.aliases import AliasSection
from plexus.config.schema.keys import KeySection
from plexus.config.schema.mcp import McpServerSection
from plexus.config.schema.providers import ProviderSection
from plexus.config.schema.quotas import QuotaSection
from plexus.config.schema.reports import problems_of
from plexus.config.schema.root import NAMED, Settings
from plexus.config.schema.section import SELECTORS, Context, Section
from plexus.config.schema.unknown import find_strangers
from plexus.config.schema.values import kind_of_value
from plexus.transforms.wire import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The parts that are valid by themselves; `written` has the names of the others, too.

    Where there are problems, keys that are not valid have been left away, so that rules between
    sections can be checked all the same.
    """

    providers: Mapping[str, ProviderSection]
    aliases: Mapping[str, AliasSection]
    keys: Mapping[str, KeySection] | None = None  # None: the file has no such section
    quotas: Mapping[str, QuotaSection] = field(default_factory=dict)
    mcp_servers: Mapping[str, McpServerSection] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def validate(tree: JsonObject, selectors: tuple[str, ...] = SELECTORS) -> Draft:
    """Return what is valid in `tree`, with every problem and warning."""
    strangers = find_strangers(tree)
    tree, moved = move_quotas(tree)
    reader = _Reader(tree, selectors)
    return Draft(
        providers=reader.named("providers", ProviderSection),
        aliases=reader.named("models", AliasSection),
        keys=reader.named("keys", KeySection) if "keys" in tree else None,
        quotas=reader.named("user_quotas", QuotaSection),
        mcp_servers=reader.named("mcp_servers", McpServerSection),
        settings=reader.section(Settings, _rest(tree), (), "") or Settings(),
        written={name: frozenset(_entries(tree.get(name))) for name in NAMED},
        problems=(*strangers.slips, *reader.problems),
        warnings=(*moved, *(f"{dotted(at)}: is not a known key" for at in strangers.unknown)),
    )


class _Reader:
    """Validates parts of one tree; owns the list of problems."""

    def __init__(self, tree: JsonObject, selectors: tuple[str, ...]) -> None:
        self._tree = tree
        self._selectors = selectors
        self.problems: list[Problem] = []

    def named[S: Section](self, key: str, section: type[S]) -> dict[str, S]:
        value = self._tree.get(key)
        if value is not None and not isinstance(value, dict):
            message = f"must be a mapping of names, not {kind_of_value(value)}"
            self.problems.append(Problem(at=(key,), message=message))
        made: dict[str, S] = {}
        for name, entry in _entries(value).items():
            if (problem := NAMED[key].name_problem(name)) is not None:
                self.problems.append(Problem(at=(key, name), message=problem))
            valid = self.section(section, entry, (key, name), name)
            if valid is not None:
                made[name] = valid
        return made

    def section[S: Section](self, section: type[S], value: Json, at: At, name: str) -> S | None:
        context = Context(name=name, selectors=self._selectors)
        try:
            return section.model_validate(value, context=context)
        except ValidationError as error:
            self.problems.extend(problems_of(error, at))
            wrong = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        try:
            rest = {key: item for key, item in _entries(value).items() if key not in wrong}
            return section.model_validate(rest, context=context)
        except ValidationError:
            return None  # what is wrong with it has been noted above


def _entries(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _rest(tree: JsonObject) -> JsonObject:
    return {key: value for key, value in tree.items() if key not in NAMED}
