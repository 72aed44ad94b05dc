"""Every secret of a call is known: the client's, the providers', the administrator's."""

from plexus.addons.call_secrets import secrets_of_call
from plexus.addons.exchange import Attempt
from tests.addons.factories import exchange, head, provider, snapshot, target


def test_all_of_them_are_found_and_only_those() -> None:
    acme = provider(
        "acme",
        api_key="key-of-acme",
        api_keys=("first-of-acme", "second-of-acme"),
        headers={
            "x-extra": "Bearer extra-secret",
            "anthropic-version": "2023-06-01",
            "User-Agent": "my-programme/1.0",
        },
    )
    call = exchange(
        head=head("/v1/x?key=key-in-query", authorization="Bearer client-secret:team"),
        snapshot=snapshot(admin_key="admin-secret"),
        attempts=[Attempt(target=target("acme/fast", provider=acme, api_key="picked-key"))],
    )
    assert secrets_of_call(call) == {
        "key-in-query", "client-secret", "client-secret:team", "admin-secret", "key-of-acme",
        "first-of-acme", "second-of-acme", "picked-key", "Bearer extra-secret", "extra-secret",
    }  # fmt: skip


def test_a_secret_is_known_in_the_spelling_of_json_too() -> None:
    call = exchange(head=head("/v1/x", authorization='Bearer quote"d-secret'))
    assert secrets_of_call(call) == {'quote"d-secret', 'quote\\"d-secret'}


def test_short_values_are_no_secrets() -> None:
    assert secrets_of_call(exchange(head=head("/v1/x", authorization="Bearer abc"))) == frozenset()
