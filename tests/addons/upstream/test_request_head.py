"""Request heads: what is added, what wins, and what must not get out."""

import pytest

from plexus.addons.upstream.address import Address, parse_address
from plexus.addons.upstream.request_head import write_head
from plexus.transforms.errors import GatewayError


def head(headers: dict[str, str], url: str = "http://api.test:8080/v1", size: int = 7) -> list[str]:
    written = write_head(parse_address(url), headers, size).decode()
    assert written.endswith("\r\n\r\n")
    return written[:-4].split("\r\n")


def test_a_head_says_whom_it_is_for_and_how_long_the_body_is() -> None:
    assert head({"accept": "*/*", "X-Odd": "Kept"}) == [
        "POST /v1 HTTP/1.1",
        "accept: */*",
        "X-Odd: Kept",
        "Host: api.test:8080",
        "Content-Length: 7",
    ]


def test_a_host_that_is_configured_wins() -> None:
    assert head({"HOST": "other.test"}) == [
        "POST /v1 HTTP/1.1", "HOST: other.test", "Content-Length: 7",
    ]  # fmt: skip


def test_how_a_body_is_framed_is_not_for_others_to_say() -> None:
    given = {"Content-Length": "3", "transfer-encoding": "chunked", "Connection": "close"}
    assert head(given)[1:] == ["Host: api.test:8080", "Content-Length: 7"]
    given = {"connection": "a\r\n", "x-a": "1", "Connection": "\ud800", "x-b": "2"}
    assert head(given)[1:3] == ["x-a: 1", "x-b: 2"]


def test_credentials_of_the_url_are_used_where_no_others_are_given() -> None:
    url = "http://user:pass@api.test/v1"
    assert "Authorization: Basic dXNlcjpwYXNz" in head({}, url)
    assert "Authorization: Basic dXNlcjpwYXNz" not in head({"AUTHORIZATION": "Bearer x"}, url)


def test_what_is_not_ascii_goes_out_as_utf_8() -> None:
    assert write_head(ADDRESS, {"x-name": "Zoë €"}, 0).count("Zoë €".encode()) == 1


@pytest.mark.parametrize("bad", ["a\r\nx-evil: 1", "a\n", "a\rb", "a\0b", "a\ud800b"])
def test_a_header_does_not_break_out_of_its_line(bad: str) -> None:
    with pytest.raises(GatewayError, match="'x-key'") as caught:
        write_head(ADDRESS, {"accept": "a", "x-key": f"sk-1{bad}"}, 0)
    assert "sk-1" not in str(caught.value) and "x-evil" not in str(caught.value)
    with pytest.raises(GatewayError, match="holds a line break"):
        write_head(ADDRESS, {f"x-{bad}": "1"}, 0)


def test_percent_signs_go_out_as_they_are() -> None:
    written = head({"x-%s": "100 %", "x-%%": "%d"}, "http://api.test/a%20b")
    assert written[:3] == ["POST /a%20b HTTP/1.1", "x-%s: 100 %", "x-%%: %d"]


def test_heads_that_differ_in_one_thing_only_are_told_apart() -> None:
    elsewhere = parse_address("http://api.test/v2")
    calls = [
        (ADDRESS, {"x-a": "1", "x-b": "2"}, 7),
        (ADDRESS, {"x-a": "1", "x-b": "2"}, 8),
        (ADDRESS, {"x-a": "1", "x-b": "3"}, 7),
        (ADDRESS, {"x-b": "2", "x-a": "1"}, 7),
        (elsewhere, {"x-a": "1", "x-b": "2"}, 7),
    ]
    heads = [write_head(*call) for call in calls]
    assert [write_head(*call) for call in calls] == heads
    assert len(set(heads)) == len(calls)


def test_a_header_that_was_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(GatewayError, match="holds a line break"):
            write_head(ADDRESS, {"x-key": "a\n"}, 0)


def test_a_line_break_in_one_header_does_not_make_up_for_one_in_another() -> None:
    with pytest.raises(GatewayError, match="'a'"):
        write_head(ADDRESS, {"a": "\n", "b": "\r"}, 0)


ADDRESS: Address = parse_address("http://api.test/v1")
