"""Rules among keys, quotas and the admin key."""

from __future__ import annotations

from tests.config.making import PROVIDER, complaints, problems_in, snapshot_of


def test_keys_without_an_admin_key_keep_plexus_from_starting() -> None:
    (problem,) = problems_in(f"{PROVIDER}keys: {{a: {{secret: s}}}}")
    assert (problem.path, problem.message) == ("adminKey", "is required when there are keys")
    assert "ADMIN_KEY" in problem.remedy
    assert complaints(f"{PROVIDER}keys: {{a: {{secret: s}}}}", ADMIN_KEY="boss") == []
    assert complaints(f"{PROVIDER}adminKey: ' '\nkeys: {{}}") == [
        "adminKey: is required when there are keys"
    ]


def test_the_environment_s_admin_key_beats_the_file_s() -> None:
    assert snapshot_of("adminKey: file", ADMIN_KEY="env").admin_key == "env"
    assert snapshot_of("adminKey: file", ADMIN_KEY=" ").admin_key == "file"


def test_two_keys_with_one_secret_are_both_named_and_the_secret_is_not() -> None:
    (problem,) = problems_in("adminKey: boss\nkeys: {a: {secret: hush}, b: {secret: hush}}")
    assert (problem.path, problem.message) == ("keys.b.secret", "is the same as that of keys.a")
    assert "hush" not in str(problem)


def test_a_secret_that_is_the_admin_key_is_refused() -> None:
    assert complaints("adminKey: boss\nkeys: {a: {secret: boss}}") == [
        "keys.a.secret: is the same as the admin key"
    ]


def test_unknown_quotas_are_refused_wherever_they_are_named() -> None:
    text = """
adminKey: boss
user_quotas: {hourly: {type: daily, limitType: cost, limit: 1}}
default_quotas: [hourly, x]
keys:
  a: {secret: s, quota: hourli}
  b: {secret: t, quotas: [hourly, y]}
"""
    assert [
        f"{problem.path}: {problem.message}; {problem.remedy}" for problem in problems_in(text)
    ] == [
        'default_quotas.1: there is no user quota "x"; known: hourly',
        'keys.a.quota: there is no user quota "hourli"; did you mean "hourly"?',
        'keys.b.quotas.1: there is no user quota "y"; known: hourly',
    ]
    (problem,) = problems_in("default_quotas: [x]")
    assert problem.remedy == "add it to user_quotas"


def test_a_quota_that_is_wrong_itself_is_not_reported_as_missing_too() -> None:
    text = "adminKey: b\nuser_quotas: {qq: {}}\nkeys: {a: {secret: s, quota: qq}}"
    assert all(path.startswith("user_quotas.qq") for path in complaints(text))


def test_an_open_gateway_is_warned_of_loudly() -> None:
    assert snapshot_of(PROVIDER).warnings == (
        "keys: there is no such section, so whoever reaches the port may call",
        "adminKey: is not set (nor is ADMIN_KEY), so management and dashboard are refused",
    )


def test_an_empty_section_means_that_nobody_may_call() -> None:
    for text in (f"{PROVIDER}keys: {{}}", f"{PROVIDER}keys:"):
        snapshot = snapshot_of(text, ADMIN_KEY="boss")
        assert snapshot.keys == {}
        assert snapshot.warnings == ("keys: is empty, so nobody may call",)
