"""The words for a provider that cannot be reached."""

import pytest

from plexus.addons.upstream.failures import broken, distrusted, down, late, origin, unconnected
from plexus.transforms.errors import GatewayError, Kind

HERE = "http://a.test"


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (down(HERE, "why"), Kind.UPSTREAM_DOWN, "could not reach http://a.test: why"),
        (late(HERE), Kind.UPSTREAM_TIMEOUT, "http://a.test did not answer in time"),
        (
            broken(HERE, ConnectionResetError(104, "reset")),
            Kind.UPSTREAM_DOWN,
            "could not reach http://a.test: the connection broke: reset",
        ),
        (
            broken(HERE, ConnectionResetError()),
            Kind.UPSTREAM_DOWN,
            "could not reach http://a.test: the connection broke: ConnectionResetError",
        ),
        (
            unconnected(HERE, OSError("odd")),
            Kind.UPSTREAM_DOWN,
            "could not reach http://a.test: no connection: odd",
        ),
        (
            distrusted(HERE, OSError("self-signed")),
            Kind.UPSTREAM_DOWN,
            "could not reach http://a.test: its certificate was not accepted: self-signed",
        ),
    ],
)
def test_a_failure_says_what_happened_and_where(
    failure: GatewayError, kind: Kind, message: str
) -> None:
    assert (failure.kind, failure.message, failure.where) == (kind, message, HERE)


def test_the_cause_holds_no_frames() -> None:
    try:
        raise OSError("once")
    except OSError as error:
        failure = broken(HERE, error)
    assert failure.__cause__ is not None and failure.__cause__.__traceback__ is None


def test_an_origin_is_shown_without_path_query_and_credentials() -> None:
    assert origin("https://user:sk-1@a.test:81/v1?key=sk-2") == "https://a.test:81"
