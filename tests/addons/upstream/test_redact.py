"""What providers say of our keys is not repeated."""

from plexus.addons.upstream.redact import redact, secrets_of
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import provider


def redacted(message: str, *secrets: str) -> str:
    error = GatewayError(Kind.UPSTREAM_AUTH, message)
    redact(error, secrets)
    assert str(error) == error.message
    return error.message


def test_every_occurrence_of_a_secret_is_taken_out() -> None:
    said = "no such key acme.4f9c2b7a: acme.4f9c2b7a is not yours"
    assert redacted(said, "acme.4f9c2b7a") == "no such key ***: *** is not yours"


def test_what_is_no_secret_stays() -> None:
    assert redacted("the model is busy", "acme.4f9c2b7a") == "the model is busy"
    assert redacted("the model is busy", "is", "", "busy") == "the model is busy"


def test_a_providers_secrets_are_its_keys_and_its_headers() -> None:
    made = provider(api_key="one", api_keys=("one", "two"), headers={"x-token": "three"})
    assert set(secrets_of(made)) == {"one", "two", "three"}
    assert list(secrets_of(provider())) == []
