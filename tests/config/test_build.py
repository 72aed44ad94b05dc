"""From a draft to a snapshot."""

from __future__ import annotations

from pathlib import Path

from plexus.config.environment import read_environment
from plexus.config.load import load
from plexus.config.snapshot import Alias, Key, TargetGroup, TargetRef
from tests.config.making import PROVIDER, snapshot_of


def test_every_field_of_an_alias_is_taken_over() -> None:
    alias = snapshot_of(
        PROVIDER
        + """
models:
  a:
    selector: in_order
    priority: api_match
    type: image
    targets: [{provider: p, model: 1.10}, {alias: b, enabled: false}]
    additional_aliases: [x]
    use_image_fallthrough: true
    enforce_limits: true
    sticky_session: true
    lossless: true
    continue_stream: true
    preferred_api: [chat_completions, messages]
    advanced: [{type: t, more: 1}]
    metadata: {source: custom, overrides: {name: A}}
    extraBody: {k: 1}
  b: {targets: []}
"""
    ).aliases["a"]
    assert alias == Alias(
        name="a",
        groups=(
            TargetGroup(
                name="default",
                selector="in_order",
                targets=(
                    TargetRef(provider="p", model="1.10"),
                    TargetRef(alias="b", enabled=False),
                ),
            ),
        ),
        additional=("x",),
        type="image",
        api_match=True,
        lossless=True,
        continue_stream=True,
        sticky_session=True,
        enforce_limits=True,
        use_image_fallthrough=True,
        preferred_api=("chat", "messages"),
        extra_body={"k": 1},
        advanced=({"type": "t", "enabled": True, "more": 1},),
        metadata={"source": "custom", "overrides": {"name": "A"}},
        raw=alias.raw,
    )


def test_groups_keep_their_order_and_selectors() -> None:
    groups = "[{name: g, selector: cost, targets: [{provider: p, model: m}]}, {name: h}]"
    alias = snapshot_of(f"{PROVIDER}models: {{a: {{target_groups: {groups}}}}}").aliases["a"]
    assert alias.groups == (
        TargetGroup(name="g", selector="cost", targets=(TargetRef(provider="p", model="m"),)),
        TargetGroup(name="h", selector="random", targets=()),
    )


def test_an_alias_has_conservative_defaults() -> None:
    alias = snapshot_of(f"{PROVIDER}models: {{a: {{targets: []}}}}").aliases["a"]
    assert alias == Alias(
        name="a",
        groups=(TargetGroup(name="default", selector="random", targets=()),),
        raw=alias.raw,
    )


def test_every_field_of_a_key_is_taken_over() -> None:
    key = snapshot_of(
        """
adminKey: boss
user_quotas: {qq: {type: daily, limitType: cost, limit: 0.5}}
keys:
  a:
    secret: 0123
    comment: 7
    quota: qq
    allowedModels: [m, " n "]
    excludedModels: [o]
    allowedProviders: [p]
    excludedProviders: [q, ""]
    allowedIps: [10.0.0.0/8]
    allowRawPassthrough: true
    expiresAt: 1
    disabledAt: 2
    generation: 4
"""
    ).keys
    assert key is not None
    assert key["a"] == Key(
        name="a",
        secret="0123",
        comment="7",
        quotas=("qq",),
        allowed_models=frozenset({"m", "n"}),
        excluded_models=frozenset({"o"}),
        allowed_providers=frozenset({"p"}),
        excluded_providers=frozenset({"q"}),
        allowed_ips=("10.0.0.0/8",),
        allow_raw_passthrough=True,
        expires_at=1,
        disabled_at=2,
        raw=key["a"].raw,
    )
    assert key["a"].raw["generation"] == 4


def test_a_list_of_quotas_beats_one_and_the_defaults_stand_in_for_none() -> None:
    text = """
adminKey: boss
user_quotas: {q1: &q {type: daily, limitType: cost, limit: 1}, q2: *q, q3: *q}
default_quotas: [q3]
keys:
  a: {secret: a, quota: q1, quotas: [q2]}
  b: {secret: b, quota: q1}
  c: {secret: c}
  d: {secret: d, quota: q1, quotas: []}
"""
    snapshot = snapshot_of(text)
    assert snapshot.keys is not None
    assert {name: key.quotas for name, key in snapshot.keys.items()} == {
        "a": ("q2",),
        "b": ("q1",),
        "c": ("q3",),
        "d": ("q3",),
    }
    assert snapshot.default_quotas == ("q3",)


def test_quotas_are_kept_with_their_defaults() -> None:
    text = "user_quotas: {qq: {type: rolling, limitType: tokens, limit: 5, duration: 1h}}"
    assert snapshot_of(text).user_quotas == {
        "qq": {
            "type": "rolling",
            "limitType": "tokens",
            "limit": 5.0,
            "duration": "1h",
            "allowedModels": [],
            "excludedModels": [],
            "allowedProviders": [],
            "excludedProviders": [],
            "shared": False,
            "shadow": False,
        }
    }


def test_the_other_sections_have_all_their_defaults() -> None:
    sections = snapshot_of("{}").sections
    failover = sections.pop("failover")
    assert isinstance(failover, dict)
    assert failover["enabled"] is True
    assert failover["retryableErrors"] == ["ECONNREFUSED", "ETIMEDOUT", "ENOTFOUND"]
    assert sections == {
        "price_catalogue": {"file": None, "url": None, "refresh_hours": 24.0},
        "cooldown": {"maxMinutes": 300.0, "initialMinutes": 2.0},
        "vision_fallthrough": None,
        "performanceExplorationRate": 0.05,
        "latencyExplorationRate": 0.05,
        "e2ePerformanceExplorationRate": 0.05,
        "backgroundExploration": {
            "enabled": False,
            "stalenessThresholdSeconds": 600.0,
            "workerConcurrency": 2,
        },
        "timeout": {"defaultSeconds": 300},
        "stall": {
            "ttfbSeconds": None,
            "ttfbBytes": 100,
            "minBytesPerSecond": None,
            "windowSeconds": 10.0,
            "gracePeriodSeconds": 30.0,
            "stallCooldown": False,
        },
        "trustedProxies": [
            "127.0.0.0/8",
            "::1/128",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
        ],
        "mcpEnabled": True,
        "mcpOAuth": {"enabled": False, "provider": "plexus-idp", "issuer": None},
        "debug": {"captureOnError": False, "retention_days": 30.0, "max_body_bytes": 10_485_760},
        "compaction": None,
        "retention": {
            "response_days": 7.0,
            "debug_log_days": 30.0,
            "quota_snapshot_days": 30.0,
            "usage_days": None,
            "error_days": None,
        },
        "responses": {"ttl_days": 7.0},
    }


def test_rates_of_exploration_follow_the_first_one() -> None:
    sections = snapshot_of("performanceExplorationRate: 0.2\nlatencyExplorationRate: 0").sections
    assert sections["latencyExplorationRate"] == 0.0
    assert sections["e2ePerformanceExplorationRate"] == 0.2


def test_either_name_of_a_retention_sets_both() -> None:
    sections = snapshot_of("retention: {response_days: 3}\ndebug: {retention_days: 9}").sections
    assert sections["responses"] == {"ttl_days": 3.0}
    retention = sections["retention"]
    assert isinstance(retention, dict)
    assert (retention["response_days"], retention["debug_log_days"]) == (3.0, 9.0)


def test_unknown_sections_pass_through_as_plain_json() -> None:
    snapshot = snapshot_of("weather: {zone: 007, wind: .inf}\ntrustedProxies: []")
    assert snapshot.sections["weather"] == {"zone": 7, "wind": None}
    assert snapshot.sections["trustedProxies"] == []


def test_the_time_limit_has_a_field_of_its_own() -> None:
    assert snapshot_of("timeout: {defaultSeconds: 60}").timeout_s == 60.0


def test_a_file_of_prices_is_relative_to_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "plexus.yaml"
    file.write_text("price_catalogue: {file: prices.json, refresh_hours: 0.5}")
    section = load(file, read_environment({}), {}).sections["price_catalogue"]
    assert section == {"file": str(tmp_path / "prices.json"), "url": None, "refresh_hours": 0.5}
