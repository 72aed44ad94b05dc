"""The `intercept` section."""

from __future__ import annotations

import pytest

from plexus.config.schema.intercept import normal_host, parse_endpoint
from tests.config.making import complaints


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [("127.0.0.1:18443", ("127.0.0.1", 18443)), ("[::1]:443", ("::1", 443)), ("a.b:1", ("a.b", 1))],
)
def test_endpoints_are_a_host_and_a_port(text: str, endpoint: tuple[str, int]) -> None:
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "text", ["a", "a:", ":1", "a:0", "a:65536", "::1:443", "https://a:1", "a b:1"]
)
def test_anything_else_is_no_endpoint(text: str) -> None:
    assert parse_endpoint(text) is None


def test_host_names_are_compared_in_lower_case_without_an_end_dot() -> None:
    assert normal_host("API.OpenAI.com.") == "api.openai.com"


@pytest.mark.parametrize("name", ["https://a.b", "a.b:443", "a b", "a.b/v1", "", "-a"])
def test_a_host_is_a_name_alone(name: str) -> None:
    (said,) = complaints(f"intercept: {{hosts: {{'{name}': {{dialect: openai}}}}}}")
    assert said.endswith("must be a host name alone")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("mode: watch", "intercept.mode: must be 'observe' or 'route'"),
        ("hosts: [a]", "intercept.hosts: must be a mapping, not a list"),
        ("hosts: {a.b: {dialect: smtp}}", 'intercept.hosts."a.b".dialect: is no dialect'),
        (
            "hosts: {api.x.ai: {connect_to: x}}",
            'intercept.hosts."api.x.ai".connect_to: must be host:port',
        ),
    ],
)
def test_wrong_values_are_reported_where_they_stand(section: str, said: str) -> None:
    assert complaints(f"intercept: {{{section}}}") == [said]
