"""The top level of the file, and whether the documentation knows all of it."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAliasType, get_args

from plexus.config.schema.root import NAMED, TOP_LEVEL, Settings, any_name
from plexus.config.schema.section import Section, keys_of
from tests.config.making import complaints, snapshot_of

ROOT = Path(__file__).parents[3]


def sections_in(annotation: object) -> Iterator[type[Section]]:
    """Yield every section that stands somewhere in a type."""
    if isinstance(annotation, TypeAliasType):
        if annotation.__name__ not in {"Json", "JsonObject"}:
            yield from sections_in(annotation.__value__)
    elif isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        for info in annotation.model_fields.values():
            yield from sections_in(info.annotation)
    elif not isinstance(annotation, types.GenericAlias) or get_args(annotation):
        for part in get_args(annotation):
            yield from sections_in(part)


def all_sections() -> list[type[Section]]:
    """Return every section that a file may hold."""
    roots = [Settings, *(named.section for named in NAMED.values())]
    return sorted({s for root in roots for s in sections_in(root)}, key=lambda s: s.__name__)


def all_keys() -> set[str]:
    """Return every key that a file may hold, in every spelling."""
    return {key for section in all_sections() for key in keys_of(section)} | set(TOP_LEVEL)


def test_every_key_of_every_section_is_documented() -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    code = " ".join(re.findall(r"`+[^`]+`+", text))
    assert sorted(all_keys() - set(re.findall(r"[\w-]+", code))) == []


def test_every_key_of_every_section_is_in_the_example() -> None:
    text = (ROOT / "config/example.yaml").read_text()
    # One spelling of each key is enough, and forms that it warns against are not shown.
    left_out = {"expiresInMinutes", "gemini_thinking_enabled"}
    assert sorted(all_keys() - set(re.findall(r"([\w-]+):", text))) == sorted(left_out)


def test_the_first_example_of_the_documentation_is_valid() -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    example = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    names = re.findall(r"\$\{(\w+)\}", example)
    assert snapshot_of(example, **{name: f"secret-{name}" for name in names}).warnings == ()


def test_the_sections_reach_to_the_bottom() -> None:
    names = {section.__name__ for section in all_sections()}
    assert {"RangeStep", "TargetSection", "InterceptHostSection", "HeadroomSection"} <= names


def test_a_blank_admin_key_is_none() -> None:
    assert snapshot_of("adminKey: ''").admin_key is None
    assert snapshot_of("adminKey: '  '").admin_key is None
    assert snapshot_of("adminKey: 007").admin_key == "007"


def test_a_name_must_not_be_blank() -> None:
    assert any_name("a/b") is None
    assert any_name(" ") is not None
    assert complaints("providers: {'': {api_base_url: 'https://x', api_key: k}}") == [
        'providers."": the name must not be empty'
    ]


def test_sections_of_names_must_be_mappings_and_may_be_empty() -> None:
    assert complaints("providers: [a]\nmodels: x") == [
        "providers: must be a mapping of names, not a list",
        "models: must be a mapping of names, not text",
    ]
    assert complaints("providers:\nmodels:\nuser_quotas:\nmcp_servers:\n") == []
