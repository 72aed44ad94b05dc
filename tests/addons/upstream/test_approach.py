"""How a target is spoken to, worked out once."""

from dataclasses import replace

import pytest

from plexus.addons.exchange import Target
from plexus.addons.upstream.approach import approach_of, choose_dialect, wire_name
from plexus.config.snapshot import Model
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import DIALECTS, provider, target

BASES = {
    "chat": "http://acme.test/v1",
    "messages": "http://acme.test/v1",
    "gemini": "http://acme.test",
    "responses": "http://acme.test/v1",
}


def at(*dialects: str) -> Target:
    """A target whose provider speaks these dialects."""
    return target("acme/big", provider=provider("acme", urls={d: BASES[d] for d in dialects}))


def test_the_clients_dialect_is_chosen_if_the_target_speaks_it_else_the_first() -> None:
    both = at("messages", "chat")
    assert choose_dialect("chat", both, DIALECTS).name == "chat"
    assert choose_dialect("gemini", both, DIALECTS).name == "messages"


def test_a_model_may_be_reached_by_some_of_its_providers_dialects_only() -> None:
    model = Model(name="big", access_via=("messages",))
    where = target("acme/big", provider=provider("acme", urls=BASES), model=model)
    assert choose_dialect("chat", where, DIALECTS).name == "messages"


@pytest.mark.parametrize("urls", [{}, {"embeddings": "http://acme.test"}])
def test_a_target_that_speaks_no_dialect_of_ours_is_refused_with_a_remedy(
    urls: dict[str, str],
) -> None:
    where = target("acme/big", provider=provider("acme", urls=urls))
    with pytest.raises(GatewayError, match="give provider 'acme' an api_base_url") as caught:
        choose_dialect("chat", where, DIALECTS)
    assert caught.value.kind is Kind.UNSUPPORTED


def test_a_variant_of_a_format_is_spoken_by_its_codec_under_its_own_name() -> None:
    lite = target("acme/m", provider=provider(urls={"responses:lite": "http://acme.test/v1"}))
    assert choose_dialect("responses", lite, DIALECTS) is DIALECTS["responses"]
    assert wire_name(lite, DIALECTS["responses"]) == "responses:lite"
    both = {"responses": "http://a.test", "responses:lite": "http://b.test"}
    assert wire_name(target("a/m", provider=provider(urls=both)), DIALECTS["responses"]) == (
        "responses"
    )


def test_what_the_configuration_says_is_worked_out_once_a_target_and_client_dialect() -> None:
    where = at("chat", "messages")
    found = approach_of(where, "chat", DIALECTS)
    assert approach_of(where, "chat", DIALECTS) is found
    assert approach_of(where, "messages", DIALECTS).dialect is DIALECTS["messages"]
    again = approach_of(replace(where, reason="another"), "chat", DIALECTS)
    assert again == found


def test_what_providers_and_models_add_is_merged_the_models_word_last() -> None:
    where = target(
        "acme/big",
        provider=provider(urls=BASES, extra_body={"a": 1, "b": 1}, headers={"X-Team": "t"}),
        model=Model(name="big", extra_body={"b": 2}),
    )
    found = approach_of(where, "chat", DIALECTS)
    assert (found.extra_body, found.headers) == ({"a": 1, "b": 2}, {"x-team": "t"})
    assert "anthropic-beta" not in found.forwarded


def test_what_clients_of_a_dialect_send_its_providers_goes_along_to_these_only() -> None:
    both = at("messages")
    own = DIALECTS["messages"].own_headers
    assert approach_of(both, "messages", DIALECTS).forwarded[: len(own)] == own
    assert own[0] not in approach_of(both, "chat", DIALECTS).forwarded
