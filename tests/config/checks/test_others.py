"""Rules among providers, and between the settings and the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from plexus.config.load import ConfigError, load_text
from tests.config.making import PROVIDER, complaints, inputs, snapshot_of


def test_two_checkers_must_not_share_an_id() -> None:
    provider = "api_base_url: 'https://x.example', api_key: k"
    text = (
        f"providers: {{a: {{{provider}, quota_checker: {{type: t}}}}, "
        f"b: {{{provider}, quota_checker: {{type: t, id: a}}}}}}"
    )
    assert complaints(text) == [
        'providers.b.quota_checker.id: the checker of providers.a is called "a", too'
    ]


def test_a_type_beside_urls_by_dialect_is_warned_of() -> None:
    text = "providers: {a: {type: OpenAI, api_base_url: {chat: 'https://x.example'}, api_key: k}}"
    assert snapshot_of(text).warnings[0].startswith("providers.a.type: has no effect")


def test_two_names_for_one_retention_must_agree() -> None:
    assert complaints(
        "retention: {response_days: 3, debug_log_days: 9}\n"
        "responses: {ttl_days: 4}\ndebug: {retention_days: 9}"
    ) == ["retention.response_days: says something else than responses.ttl_days"]


def test_the_default_key_must_exist_where_there_are_keys() -> None:
    keys = "adminKey: boss\nkeys: {my-app: {secret: s}}\n"
    assert complaints(keys + "intercept: {default_key: my-ap}") == [
        'intercept.default_key: there is no key "my-ap"'
    ]
    assert complaints(keys + "intercept: {default_key: my-app}") == []
    assert snapshot_of("intercept: {default_key: who}").intercept.default_key == "who"


def test_extra_roots_are_looked_for_beside_the_file(tmp_path: Path) -> None:
    text, where = "intercept: {upstream_ca: ca.pem}", inputs(tmp_path / "plexus.yaml")
    with pytest.raises(ConfigError) as caught:
        load_text(text, where)
    assert [problem.path for problem in caught.value.problems] == ["intercept.upstream_ca"]
    (tmp_path / "ca.pem").write_text("pem")
    assert load_text(text, where).intercept.upstream_ca == str(tmp_path / "ca.pem")


def test_a_host_that_is_not_built_in_needs_a_dialect() -> None:
    assert complaints(
        "intercept: {hosts: {llm.example: {mode: route}, API.x.ai.: {mode: route}}}"
    ) == ['intercept.hosts."llm.example".dialect: is required for a host that is not built in']


def test_one_host_in_two_spellings_is_refused() -> None:
    assert complaints("intercept: {hosts: {api.x.ai: {}, API.X.AI: {}}}") == [
        'intercept.hosts."API.X.AI": is listed twice'
    ]


def test_a_describing_model_that_is_not_there_is_warned_of() -> None:
    def warnings(section: str) -> tuple[str, ...]:
        models = "models: {eyes: {targets: [{provider: p, model: m}], additional_aliases: [see]}}\n"
        return snapshot_of(f"{PROVIDER}{models}vision_fallthrough: {section}").warnings[:-2]

    at = "vision_fallthrough.descriptor_model"
    assert warnings("{descriptor_model: nose}") == (
        f'{at}: there is no alias "nose", so images are not described',
    )
    assert warnings("{}") == (f"{at}: is not set, so images are not described",)
    for model in ("eyes", "see", "direct/p/m"):
        assert warnings(f"{{descriptor_model: {model}}}") == ()
