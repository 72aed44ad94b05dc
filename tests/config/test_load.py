"""Loading: where a configuration comes from, the promised forms, and the validation checklist."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.config.environment import read_environment
from plexus.config.load import DEFAULT_PATH, ConfigError, check, load
from plexus.config.snapshot import Snapshot
from plexus.config.yaml_file import parse
from plexus.transforms.wire import dump_text
from tests.config.making import complaints, problems_in, provider_of, snapshot_of

ROOT = Path(__file__).parents[2]
URL = "api_base_url: 'https://llm.example/v1', api_key: k"


def loaded(path: Path | None = None, **env: str) -> Snapshot:
    """Return the configuration in force under the environment `env`."""
    return load(path, read_environment(env), env)


def failure(path: Path | None = None, **env: str) -> str:
    """Return what is said when Plexus refuses to start."""
    with pytest.raises(ConfigError) as caught:
        loaded(path, **env)
    return str(caught.value)


# controlplane.md §1.12, in its order


def test_01_the_oldest_form_loads_with_types_and_without_keys() -> None:
    snapshot = snapshot_of(
        """
        providers:
          openai-direct:
            type: OpenAI
            api_base_url: https://api.openai.com/v1
            api_key: sk-one
            models: [gpt-4o, gpt-4o-mini]
          claude-direct:
            type: Anthropic
            api_base_url: https://api.anthropic.com/v1
            api_key: sk-two
            models: [claude-sonnet-4-5]
        models:
          fast:
            targets:
              - provider: openai-direct
                model: gpt-4o-mini
        """
    )
    assert {name: dict(p.urls) for name, p in snapshot.providers.items()} == {
        "openai-direct": {"chat": "https://api.openai.com/v1"},
        "claude-direct": {"messages": "https://api.anthropic.com/v1"},
    }
    assert snapshot.keys is None
    assert snapshot.admin_key is None
    assert snapshot.alias("fast") is not None


def test_02_the_form_with_keys_and_quotas_loads_unchanged() -> None:
    snapshot = snapshot_of(
        """
        adminKey: "change-me"
        providers:
          my-openai:
            api_base_url: https://api.openai.com/v1
            api_key: sk-one
            models:
              - gpt-4o
          my-claude:
            api_base_url: oauth://
            api_key: oauth
            oauth_provider: anthropic
            oauth_account: work
            models: [claude-sonnet-4-5]
        models:
          smart:
            selector: in_order
            priority: api_match
            targets:
              - provider: my-openai
                model: gpt-4o
              - provider: my-claude
                model: claude-sonnet-4-5
        keys:
          app:
            secret: "sk-plexus"
            comment: an app
            quota: per_hour
        user_quotas:
          per_hour: {type: rolling, limitType: tokens, limit: 100000, duration: 1h}
        mcp_servers:
          tavily:
            upstream_url: https://mcp.example/mcp/?key=1
            enabled: true
        cooldown: {initialMinutes: 2, maxMinutes: 300}
        """
    )
    assert snapshot.warnings == ()
    assert snapshot.key("sk-plexus") is not None


def test_03_a_provider_without_a_key_that_is_no_login_is_an_error() -> None:
    assert complaints("providers: {x: {api_base_url: 'https://a.example'}}") == [
        "providers.x.api_key: is required"
    ]


@pytest.mark.parametrize("url", ['""', "not a url", '{chat: "", messages: ""}'])
def test_04_a_base_url_that_is_none_is_an_error(url: str) -> None:
    (said,) = complaints(f"providers: {{x: {{api_base_url: {url}, api_key: k}}}}")
    assert said.startswith("providers.x.api_base_url: ")


def test_05_a_login_without_an_account_uses_the_legacy_one_and_a_blank_one_is_an_error() -> None:
    login = "api_base_url: 'oauth://', oauth_provider: anthropic"
    provider = provider_of(login)
    assert provider.oauth_account == "legacy"
    assert provider.raw["oauth_account"] == "legacy"
    assert complaints(f"providers: {{p: {{{login}, oauth_account: ' '}}}}") == [
        "providers.p.oauth_account: must not be blank"
    ]


def test_06_an_unknown_login_is_an_error_that_lists_all_five(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("providers: {p: {api_base_url: 'oauth://', oauth_provider: acme}}")
    said = failure(file)
    assert "providers.p.oauth_provider: is no OAuth provider" in said
    for name in ("anthropic", "openai-codex", "github-copilot"):
        assert name in said
    assert "google-gemini-cli, google-antigravity" in said


def test_07_the_wrong_checker_for_a_login_is_an_error() -> None:
    assert complaints(
        "providers: {openai-codex: {api_base_url: 'oauth://', quota_checker: {type: naga}}}"
    ) == ["providers.openai-codex.quota_checker.type: cannot check a login of openai-codex"]


def test_08_discounts_prices_and_ranges_have_their_limits() -> None:
    models = (
        "models: {a: {pricing: {source: simple, input: -1, output: 0}}, "
        "b: {pricing: {source: defined, range: []}}}"
    )
    assert complaints(f"providers: {{p: {{{URL}, discount: 1.5, {models}}}}}") == [
        "providers.p.discount: must be at most 1",
        "providers.p.models.a.pricing.input: must be at least 0",
        "providers.p.models.b.pricing.range: must not be empty",
    ]


def test_09_an_infinite_upper_bound_survives_the_way_to_json_and_back() -> None:
    text = """
providers:
  p:
    api_base_url: https://llm.example/v1
    api_key: k
    models:
      m:
        pricing:
          source: defined
          range: [{upper_bound: .inf, input_per_m: 1, output_per_m: 2}]
"""
    first = snapshot_of(text).providers["p"]
    again = snapshot_of(dump_text({"providers": {"p": first.raw}})).providers["p"]
    pricing = first.models["m"].pricing
    assert pricing is not None
    assert pricing.steps[0].upper is None
    assert again == first


def test_10_doubled_targets_doubled_names_and_circles_are_errors() -> None:
    assert complaints(
        f"providers: {{p: {{{URL}}}}}\n"
        "models: {a: {targets: [{alias: b}]}, b: {targets: [{alias: a}], additional_aliases: [a]}, "
        "c: {targets: [{provider: p, model: m}, {provider: p, model: m}]}}"
    ) == [
        "models.a: the aliases lead in a circle: a -> b -> a",
        'models.b.additional_aliases.0: "a" is already a name of models.a',
        "models.c.targets.1: leads where models.c.targets.0 leads",
    ]


def test_11_quotas_without_duration_with_nonsense_or_without_a_limit_are_errors() -> None:
    assert complaints(
        "user_quotas:\n  q1: {type: rolling, limitType: cost, limit: 1}\n"
        "  q2: {type: rolling, limitType: cost, limit: 1, duration: banana}\n"
        "  q3: {type: daily, limitType: requests, limit: 0}\n"
    ) == [
        "user_quotas.q1.duration: is required with type: rolling",
        "user_quotas.q2.duration: is no duration",
        "user_quotas.q3.limit: must be at least 1",
    ]


def test_12_a_key_with_an_unknown_quota_is_an_error() -> None:
    assert complaints("adminKey: b\nkeys: {a: {secret: s, quota: q}}") == [
        'keys.a.quota: there is no user quota "q"'
    ]


def test_13_two_keys_with_one_secret_are_an_error_that_names_both(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("adminKey: boss\nkeys: {a: {secret: hush}, b: {secret: hush}}")
    said = failure(file)
    assert "keys.b.secret: is the same as that of keys.a" in said
    assert "hush" not in said


def test_14_the_old_list_of_quotas_never_stops_the_start() -> None:
    assert complaints("quotas: [{id: a, type: naga, provider: p}, 3, {}]") == []


def test_17_names_and_secrets_are_text_however_they_look() -> None:
    snapshot = snapshot_of(
        f"""
adminKey: 0001
providers: {{1: {{{URL}, models: [4.10, 1e5, no, on, true]}}}}
models: {{5: {{targets: [{{provider: 1, model: 4.10}}]}}, no: {{targets: [{{alias: 5}}]}}}}
keys: {{0x10: {{secret: 007}}}}
"""
    )
    assert list(snapshot.providers["1"].models) == ["4.10", "1e5", "no", "on", "true"]
    assert snapshot.aliases["5"].groups[0].targets[0].model == "4.10"
    assert snapshot.alias("no") is not None
    assert snapshot.admin_key == "0001"
    key = snapshot.key("007")
    assert key is not None
    assert key.name == "0x10"


def test_18_mappings_that_a_user_interface_turned_into_text_are_errors() -> None:
    broken = "headers: '[object Object]', extraBody: '[object Object]'"
    assert complaints(f"providers: {{p: {{{URL}, {broken}}}}}") == [
        "providers.p.headers: must be a mapping, not text",
        "providers.p.extraBody: must be a mapping, not text",
    ]


# where it comes from (§1.1) and what else may happen to a file (§11.1)


def test_the_command_line_beats_the_environment_which_beats_the_default_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    for name in ("config/plexus.yaml", "env.yaml", "cli.yaml"):
        (tmp_path / name).write_text(f"adminKey: {name}")
    assert loaded().admin_key == str(DEFAULT_PATH)
    assert loaded(CONFIG_FILE="env.yaml").admin_key == "env.yaml"
    assert loaded(Path("cli.yaml"), CONFIG_FILE="env.yaml").admin_key == "cli.yaml"
    assert loaded(Path("cli.yaml")).source == "cli.yaml"


def test_a_named_file_that_is_missing_keeps_plexus_from_starting(tmp_path: Path) -> None:
    assert "does not exist" in failure(tmp_path / "no.yaml")
    assert "does not exist" in failure(CONFIG_FILE=str(tmp_path / "no.yaml"))


def test_a_dangling_link_at_the_default_place_is_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    os.symlink("nowhere", tmp_path / DEFAULT_PATH)
    assert "does not exist" in failure()


def test_a_directory_in_the_file_s_place_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / DEFAULT_PATH).mkdir(parents=True)
    assert "config/plexus.yaml: 1 problem\n  is a directory, not a file" in failure()


def test_problems_are_sorted_by_line_and_know_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("providrs: {}\nstall: 3\nproviders:\n  p:\n    api_key: ${NOPE}\n")
    assert failure(file) == (
        f"{file}: 4 problems\n"
        '  line 1, column 1: providrs: is not a known key; did you mean "providers"?\n'
        "  line 2, column 1: stall: must be a mapping, not a number\n"
        "  line 4, column 3: providers.p.api_base_url: is required\n"
        "  line 5, column 5: providers.p.api_key: the environment variable NOPE is not set; "
        "set it, or write ${NOPE:-default}"
    )


def test_a_file_that_is_no_yaml_is_reported_under_its_name(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("a: [")
    assert failure(file).startswith(f"{file}: 1 problem\n  line ")


def test_check_reports_without_starting(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("timeout: {defaultSeconds: 0}")
    assert [problem.path for problem in check(file, {})] == ["timeout.defaultSeconds"]
    assert [problem.path for problem in check(file, {"PORT": "x"})] == ["PORT"]
    file.write_text("timeout: {defaultSeconds: 1}")
    assert check(file, {}) == []


@pytest.mark.parametrize("name", ["starter.yaml", "example.yaml"])
def test_the_files_we_ship_are_valid(name: str) -> None:
    assert check(ROOT / "config" / name, {}) == []


def test_the_starter_needs_nothing_and_has_a_model_to_call() -> None:
    alias = loaded(ROOT / "config/starter.yaml").alias("demo")
    assert alias is not None
    assert loaded(ROOT / "config/example.yaml").warnings == ()


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_holds_it_is_a_configuration_or_a_list_of_problems(
    data: st.DataObject,
) -> None:
    lines = (ROOT / "config/example.yaml").read_text().splitlines()
    start = data.draw(st.integers(0, len(lines) - 1))
    text = "\n".join(lines[start : start + data.draw(st.integers(1, 12))])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at] + data.draw(st.sampled_from("{}[]:,-#&*!|>'\"%@\t\n \0?<~$é0\\")) + text[at:]
        )
    assert all(problem.message for problem in problems_in(text))


def test_a_changed_content_has_another_version() -> None:
    assert snapshot_of("{}").version == snapshot_of("{}").version
    assert snapshot_of("{}").version != snapshot_of("{ }").version


def test_a_thousand_aliases_load_in_linear_time() -> None:
    def text(count: int) -> str:
        alias = "  alias-{0}:\n    additional_aliases: [other-{0}]\n    targets:\n"
        targets = "      - {provider: p, model: a}\n      - provider: p\n        model: b\n"
        aliases = "".join(alias.format(n) + targets for n in range(count))
        return f"providers:\n  p: {{{URL}}}\nmodels:\n{aliases}"

    def seconds(count: int) -> float:
        started = time.process_time()
        assert len(snapshot_of(text(count)).aliases) == count
        return time.process_time() - started

    parse(text(10))  # what is loaded on first use is not counted
    assert seconds(1000) < 8 * max(seconds(250), 0.05)


def test_without_a_file_at_the_default_place_the_environment_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(GROQ_API_KEY="g").source == "environment (groq)"
    assert check(None, {"OPENAI_BASE_URL": "nonsense", "OPENAI_API_KEY": "k"})[0].path == (
        "OPENAI_BASE_URL"
    )
