"""On whose behalf a call is made."""

import time

import pytest
from mitmproxy.test import tflow

from plexus.addons.authenticate import Authenticate, credential, identify_principal
from plexus.addons.exchange import Exchanges, Principal
from plexus.config.snapshot import Intercept
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import exchange, head, key, snapshot

APP = key("app", "sk-test-app")


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (head(authorization="Bearer sk-1"), "sk-1"),
        (head(authorization="bearer  sk-1 "), "sk-1"),
        (head(authorization="sk-1"), "sk-1"),
        (head(x_api_key="sk-2"), "sk-2"),
        (head(x_goog_api_key="sk-3"), "sk-3"),
        (head("/v1/x?alt=sse&key=sk-4"), "sk-4"),
        (head(authorization="Bearer sk-1", x_api_key="sk-2"), "sk-1"),
        (head(x_api_key="sk-2", x_goog_api_key="sk-3"), "sk-2"),
        (head(), None),
    ],
)
def test_the_first_of_the_four_carriers_counts(request_head: object, expected: str | None) -> None:
    assert credential(request_head) == expected


@pytest.mark.parametrize(
    ("presented", "label"),
    [
        ("sk-test-app", None),
        ("sk-test-app:", None),
        ("sk-test-app:Mobile:V2.5", "mobile:v2.5"),
    ],
)
def test_a_label_stands_behind_the_first_colon(presented: str, label: str | None) -> None:
    call = exchange(snapshot=snapshot(keys=(APP,)), head=head(x_api_key=presented))
    assert identify_principal(call) == Principal(key=APP, name="app", label=label)


@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "no API key was given"), ({"x_api_key": "sk-wrong:label"}, "is not known")],
)
def test_no_key_and_a_wrong_key_are_refused_without_an_echo(
    headers: dict[str, str], words: str
) -> None:
    call = exchange(snapshot=snapshot(keys=(APP,)), head=head(**headers))
    with pytest.raises(GatewayError, match=words) as caught:
        identify_principal(call)
    assert caught.value.kind is Kind.UNAUTHENTICATED
    assert "sk-wrong" not in caught.value.message


def test_an_invalid_first_carrier_is_not_saved_by_a_valid_second() -> None:
    headers = head(authorization="Bearer nonsense", x_api_key="sk-test-app")
    with pytest.raises(GatewayError):
        identify_principal(exchange(snapshot=snapshot(keys=(APP,)), head=headers))


def test_without_a_keys_section_calls_need_no_key() -> None:
    call = exchange(snapshot=snapshot(keys=None), head=head(authorization="Bearer any:Thing"))
    assert identify_principal(call) == Principal(key=None, name="anonymous", label="thing")


def test_an_empty_keys_section_lets_nobody_in() -> None:
    with pytest.raises(GatewayError):
        identify_principal(exchange(snapshot=snapshot(keys=()), head=head(x_api_key="any")))


def test_pages_from_elsewhere_may_not_use_an_open_gateway() -> None:
    call = exchange(snapshot=snapshot(keys=None), head=head(origin="https://evil.example"))
    with pytest.raises(GatewayError, match="web pages") as caught:
        identify_principal(call)
    assert caught.value.kind is Kind.FORBIDDEN
    with_key = exchange(
        snapshot=snapshot(keys=(APP,)),
        head=head(origin="https://nice.example", x_api_key="sk-test-app"),
    )
    assert identify_principal(with_key).name == "app"


@pytest.mark.parametrize("field", ["expires_at", "disabled_at"])
def test_a_key_that_is_over_is_refused(field: str) -> None:
    now = int(time.time() * 1000)
    for at, refused in ((now - 1000, True), (now + 60_000, False)):
        call = exchange(
            snapshot=snapshot(keys=(key(**{field: at}),)), head=head(x_api_key="sk-test-app")
        )
        if refused:
            with pytest.raises(GatewayError) as caught:
                identify_principal(call)
            assert caught.value.kind is Kind.UNAUTHENTICATED
        else:
            assert identify_principal(call).name == "app"


def test_a_key_may_be_bound_to_addresses() -> None:
    bound = snapshot(keys=(key(allowed_ips=("10.0.0.0/8",)),))
    for address, allowed in (("10.1.1.1", True), ("11.1.1.1", False), (None, False)):
        call = exchange(snapshot=bound, head=head(x_api_key="sk-test-app"), source_ip=address)
        if allowed:
            assert identify_principal(call).name == "app"
        else:
            with pytest.raises(GatewayError, match="may not be used from this address"):
                identify_principal(call)


def test_an_observed_call_is_always_the_default_keys() -> None:
    found = snapshot(keys=(APP,), intercept=Intercept(default_key="app"))
    call = exchange(door="observe", snapshot=found, head=head(x_api_key="the users own"))
    assert identify_principal(call) == Principal(key=None, name="app")
    nobody = exchange(door="observe", snapshot=snapshot(), head=head())
    assert identify_principal(nobody).name == "anonymous"


def test_a_routed_call_without_a_gateway_key_counts_for_the_default_key() -> None:
    other = key("other", "sk-other")
    found = snapshot(keys=(APP, other), intercept=Intercept(default_key="app"))
    own = exchange(door="route", snapshot=found, head=head(x_api_key="the users own:x"))
    assert identify_principal(own) == Principal(key=APP, name="app", label=None)
    named = exchange(door="route", snapshot=found, head=head(x_api_key="sk-other:y"))
    assert identify_principal(named) == Principal(key=other, name="other", label="y")
    nobody = exchange(door="route", snapshot=snapshot(keys=(APP,)), head=head(x_api_key="own"))
    with pytest.raises(GatewayError):
        identify_principal(nobody)


class _Services:
    def __init__(self) -> None:
        self.exchanges = Exchanges()


def test_the_hook_sets_principal_and_address() -> None:
    services = _Services()
    flow = tflow.tflow()
    call = exchange(id=flow.id, snapshot=snapshot(keys=(APP,)), head=head(x_api_key="sk-test-app"))
    services.exchanges.add(call)
    Authenticate(services).requestheaders(flow)
    assert call.principal is not None and call.principal.name == "app"
    assert call.source_ip == "127.0.0.1"
    assert call.timeline.ms("authenticated") is not None


def test_forwarded_addresses_count_behind_a_trusted_proxy() -> None:
    services = _Services()
    flow = tflow.tflow()
    trusting = snapshot(keys=(APP,), sections={"trustedProxies": ["127.0.0.0/8"]})
    call = exchange(
        id=flow.id,
        snapshot=trusting,
        head=head(x_api_key="sk-test-app", x_forwarded_for="9.8.7.6"),
    )
    services.exchanges.add(call)
    Authenticate(services).requestheaders(flow)
    assert call.source_ip == "9.8.7.6"
