"""What is read out of a provider's URL."""

import pytest

from plexus.addons.upstream.address import parse_address
from plexus.transforms.errors import GatewayError, Kind


@pytest.mark.parametrize(
    ("url", "place", "target", "authority"),
    [
        ("https://api.test/v1/x?a=%41", (True, "api.test", 443), "/v1/x?a=A", "api.test"),
        ("http://api.test", (False, "api.test", 80), "/", "api.test"),
        ("http://api.test:8080/a b", (False, "api.test", 8080), "/a%20b", "api.test:8080"),
        ("https://api.test:443/ü?q=ü", (True, "api.test", 443), "/%C3%BC?q=%C3%BC", "api.test"),
        ("http://[::1]:81/x#part", (False, "::1", 81), "/x", "[::1]:81"),
        ("https://bücher.test/", (True, "xn--bcher-kva.test", 443), "/", "xn--bcher-kva.test"),
        ("HTTPS://API.test/v1", (True, "api.test", 443), "/v1", "api.test"),
        ("http://h/a\r\nX: y", (False, "h", 80), "/aX:%20y", "h"),
    ],
)
def test_an_address_is_taken_apart(
    url: str, place: tuple[bool, str, int], target: str, authority: str
) -> None:
    address = parse_address(url)
    assert address.place == place
    assert address.request_line == f"POST {target} HTTP/1.1\r\n"
    assert (address.authority, address.authorization) == (authority, None)


def test_credentials_in_an_address_become_basic_authorization() -> None:
    address = parse_address("https://user:p%40ss@api.test/v1?key=sk-1")
    assert address.authorization == "Basic dXNlcjpwQHNz"
    assert (address.origin, address.authority) == ("https://api.test", "api.test")


def test_the_repr_of_an_address_holds_no_secret() -> None:
    shown = repr(parse_address("https://user:sk-1@api.test/v1?key=sk-2"))
    assert "sk-" not in shown and "dXNl" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "", "no url at all", "oauth://claude", "ftp://h/x", "/v1/x", "http://", "http://[::1",
        "http://h:99999/", "http://h:port/", "http://ü:ł@h/", "http://:80/",
    ],
)  # fmt: skip
def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(GatewayError, match="this is no address") as caught:
        parse_address(url)
    assert caught.value.kind is Kind.UPSTREAM_DOWN
