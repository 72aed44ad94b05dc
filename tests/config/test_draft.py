"""Validating every part by itself."""

from __future__ import annotations

from plexus.config.draft import validate
from plexus.config.yaml_file import parse


def test_valid_parts_stand_beside_the_names_of_the_others() -> None:
    draft = validate(parse("models: {a: {targets: []}, b: 3}\nuser_quotas: {'*': {}}").value)
    assert list(draft.aliases) == ["a"]
    assert draft.written["models"] == {"a", "b"}
    assert draft.written["user_quotas"] == {"*"}
    assert draft.keys is None
    assert [problem.path for problem in draft.problems] == [
        "models.b",
        "user_quotas.*",
        "user_quotas.*.type",
        "user_quotas.*.limitType",
        "user_quotas.*.limit",
    ]


def test_a_part_is_used_without_its_wrong_keys_so_that_rules_between_parts_still_show() -> None:
    text = "adminKey: boss\nstall: 3\nkeys: {a: {secret: s, allowedIps: [x], quota: q}, b: {}}"
    draft = validate(parse(text).value)
    assert draft.settings.admin_key == "boss"
    assert draft.keys is not None
    assert {name: key.quota for name, key in draft.keys.items()} == {"a": "q"}


def test_selectors_may_be_made_known() -> None:
    tree = parse("models: {a: {targets: [], selector: mine}}").value
    assert validate(tree, ("mine",)).problems == ()
    assert validate(tree).problems != ()


def test_strangers_are_warned_of() -> None:
    assert validate({"weather": 1}).warnings == ("weather: is not a known key",)
