"""Where a call comes from, and who may come from there."""

import pytest

from plexus.addons.client_address import client_address, is_allowed, parse_address


@pytest.mark.parametrize(
    ("rule", "address", "allowed"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("192.168.1.5", "192.168.1.5", True),
        ("192.168.1.5-9", "192.168.1.9", True),
        ("192.168.1.5-9", "192.168.1.10", False),
        ("192.168.1.5-192.168.2.1", "192.168.1.200", True),
        ("0.0.0.0/0", "::1", False),  # IPv4's "everything" is not IPv6's
        ("::/0", "2001:db8::1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
        ("not a rule", "127.0.0.1", False),
        ("10.0.0.0/8", "not an address", False),
        ("10.0.0.1-2001:db8::1", "10.0.0.1", False),
    ],
)
def test_a_rule_covers_what_it_says(rule: str, address: str, allowed: bool) -> None:
    assert is_allowed(address, [rule]) is allowed


def test_an_unknown_address_is_denied() -> None:
    assert is_allowed(None, ["0.0.0.0/0"]) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1:1234", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ('"10.0.0.1"', "10.0.0.1"),
        ("", None),
    ],
)
def test_decorated_addresses_are_read(text: str, expected: str | None) -> None:
    parsed = parse_address(text)
    assert (None if parsed is None else str(parsed)) == expected


def test_forwarding_headers_of_strangers_are_ignored() -> None:
    headers = {"x-forwarded-for": "1.2.3.4"}
    assert client_address("9.9.9.9", headers, ["10.0.0.0/8"]) == "9.9.9.9"
    assert client_address("9.9.9.9", headers, []) == "9.9.9.9"


def test_the_first_untrusted_hop_from_the_right_is_the_client() -> None:
    headers = {"x-forwarded-for": "6.6.6.6, 1.2.3.4, 10.0.0.2"}
    assert client_address("10.0.0.1", headers, ["10.0.0.0/8"]) == "1.2.3.4"


def test_when_every_hop_is_trusted_the_right_most_counts() -> None:
    headers = {"x-forwarded-for": "10.0.0.3, 10.0.0.2"}
    assert client_address("10.0.0.1", headers, ["10.0.0.0/8"]) == "10.0.0.2"
