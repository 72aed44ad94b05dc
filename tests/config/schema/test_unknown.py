"""Keys that nobody reads."""

from __future__ import annotations

from plexus.config.problems import Problem
from plexus.config.schema.unknown import find_strangers
from plexus.config.yaml_file import parse


def strangers_in(text: str) -> tuple[list[str], list[str]]:
    """Return the slips (as path and remedy) and the other unknown keys of a file."""
    found = find_strangers(parse(text).value)
    slips = [f"{slip.path}: {slip.remedy}" for slip in found.slips]
    return slips, [Problem(at=at, message="").path for at in found.unknown]


def test_a_slip_at_the_top_level_is_told_from_a_stranger() -> None:
    assert strangers_in("providrs: {}\nweather: sunny") == (
        ['providrs: did you mean "providers"?'],
        ["weather"],
    )


def test_slips_are_found_at_every_depth() -> None:
    text = """
providers:
  p:
    api_kye: x
    models: {m: {pricing: {source: simple, inputt: 1, tier: 2}, wat: 1}}
    quota_checker: {intervalMinute: 1}
    adapter: [{optoins: {}}, bare]
models:
  a:
    targets: [{provider: p, modle: m}]
    target_groups: [{name: g, targets: [{enabld: true}]}]
    metadata: {sourc: auto, overrides: {anything: 1}}
keys: {k: {secert: s}}
stall: {ttfbSecond: 1}
intercept: {hosts: {a.b: {dialekt: x}}}
compaction: {native: {maxArrayItem: 1}}
"""
    slips, unknown = strangers_in(text)
    assert slips == [
        'providers.p.api_kye: did you mean "api_key"?',
        'providers.p.models.m.pricing.inputt: did you mean "input"?',
        'providers.p.quota_checker.intervalMinute: did you mean "intervalMinutes"?',
        'providers.p.adapter.0.optoins: did you mean "options"?',
        'models.a.targets.0.modle: did you mean "model"?',
        'models.a.target_groups.0.targets.0.enabld: did you mean "enabled"?',
        'models.a.metadata.sourc: did you mean "source"?',
        'keys.k.secert: did you mean "secret"?',
        'stall.ttfbSecond: did you mean "ttfbSeconds"?',
        'intercept.hosts."a.b".dialekt: did you mean "dialect"?',
        'compaction.native.maxArrayItem: did you mean "maxArrayItems"?',
    ]
    assert unknown == ["providers.p.models.m.pricing.tier", "providers.p.models.m.wat"]


def test_open_mappings_and_wrong_shapes_hold_no_strangers() -> None:
    text = "providers: {p: {extraBody: {modle: 1}, headers: {A: b}, models: [a]}, q: x}\nmodels: 3"
    assert strangers_in(text) == ([], [])


def test_two_spellings_of_one_key_are_a_slip() -> None:
    assert strangers_in("providers: {p: {adapter: a, quirks: b}}") == (
        ["providers.p.quirks: keep one of them"],
        [],
    )
