"""Which format, which door, which model."""

import gzip

import pytest
from mitmproxy import flow as flows
from mitmproxy import http
from mitmproxy.test import tflow

from plexus.addons.identify import (
    GATEWAY_MARK,
    MAX_BODY,
    Identify,
    client_request_id,
    find_dialect,
    head_of,
    is_served,
    too_large,
)
from plexus.addons.inspection.attempt_flow import ATTEMPT_MARK
from plexus.addons.services import Services
from plexus.config.snapshot import Intercept, InterceptHost
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import Kind
from plexus.transforms.lazy_object import LazyObject
from tests.addons.factories import DIALECTS, head, snapshot
from tests.addons.making import services

HOSTS = {
    "api.openai.com": InterceptHost(
        host="api.openai.com", mode="observe", dialect="openai", provider="openai"
    ),
    "api.anthropic.com": InterceptHost(
        host="api.anthropic.com", mode="route", dialect="messages", provider="anthropic"
    ),
}
INTERCEPTING = snapshot(intercept=Intercept(hosts=HOSTS))


def asked(
    url: str = "http://gateway.plexus.invalid/v1/chat/completions",
    body: bytes = b'{"model":"m"}',
    *,
    gateway: bool = True,
    headers: dict[str, str] | None = None,
) -> http.HTTPFlow:
    flow = tflow.tflow(req=http.Request.make("POST", url, body, headers or {}))
    if gateway:
        flow.metadata[GATEWAY_MARK] = True
    return flow


def identified(made: Services, flow: http.HTTPFlow) -> None:
    verb = Identify(made)
    verb.requestheaders(flow)
    verb.request(flow)


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/messages", "messages"),
        ("/v1/responses", "responses"),
        ("/v1beta/models/m:generateContent", "gemini"),
    ],
)
async def test_a_call_to_the_gateway_is_known_by_its_path(path: str, dialect: str) -> None:
    async with services() as made:
        flow = asked(f"http://gateway.plexus.invalid{path}")
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None
    assert (call.id, call.door, call.dialect.name, call.model) == (
        flow.id, "gateway", dialect, "m",
    )  # fmt: skip
    assert (call.body, call.stream) == ({"model": "m"}, False)
    assert call.snapshot is made.config.current


async def test_a_path_that_no_format_claims_is_no_call_of_ours() -> None:
    async with services() as made:
        identified(made, asked("http://gateway.plexus.invalid/v1/files"))
    assert len(made.exchanges) == 0


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://api.openai.com/v1/chat/completions", ("observe", "chat")),
        ("https://api.openai.com/v1/responses", ("observe", "responses")),
        ("https://api.anthropic.com/v1/messages", ("route", "messages")),
        ("https://api.openai.com/v1/messages", None),  # not what this host speaks
        ("https://elsewhere.test/v1/messages", None),
    ],
)
async def test_an_intercepted_call_is_known_by_its_host_and_path(
    url: str, found: tuple[str, str] | None
) -> None:
    async with services(INTERCEPTING) as made:
        flow = asked(url, gateway=False)
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert (None if call is None else (call.door, call.dialect.name)) == found
    assert call is None or call.host is not None


async def test_a_hosts_name_may_be_written_in_capitals() -> None:
    async with services(INTERCEPTING) as made:
        flow = asked("https://api.openai.com/v1/responses", gateway=False)
        flow.request.host_header = "API.OpenAI.com"  # its TLS was opened: see `intercept`
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None and call.door == "observe"


async def test_flows_that_are_answered_failed_or_attempts_are_left_alone() -> None:
    answered, failed, attempt = asked(), asked(), asked()
    answered.response = http.Response.make(200)
    failed.error = flows.Error("killed")
    attempt.metadata[ATTEMPT_MARK] = "another-id"
    async with services() as made:
        for flow in (answered, failed, attempt):
            identified(made, flow)
    assert len(made.exchanges) == 0


@pytest.mark.parametrize(
    ("body", "stream"),
    [
        (b'{"model":"m","stream":true}', True),
        (b'{"model":"m","stream":false}', False),
        (b'{"model":"m","stream":"true"}', False),
        (b'{"model":"m"}', False),
    ],
)
async def test_the_body_says_whether_to_stream(body: bytes, stream: bool) -> None:
    async with services() as made:
        flow = asked(body=body)
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None and call.stream is stream and call.raw == body


@pytest.mark.parametrize("url", ["http://gateway.plexus.invalid", "http://api.openai.com"])
async def test_of_a_large_body_only_the_top_level_is_read(url: str) -> None:
    body = b'{"messages":[{"role":"user","content":"%b"}],"stream":true,"model":"m"}' % (
        b"x" * 5000
    )
    flow = asked(f"{url}/v1/chat/completions", body, gateway="gateway" in url)
    async with services(INTERCEPTING) as made:
        identified(made, flow)
        exchange = made.exchanges.get(flow.id)
    assert exchange is not None
    assert isinstance(exchange.body, LazyObject)
    assert (exchange.model, exchange.stream) == ("m", True)


async def test_geminis_path_says_model_and_stream() -> None:
    async with services() as made:
        url = "http://gateway.plexus.invalid/v1beta/models/fast:streamGenerateContent"
        flow = asked(url, b'{"model":"other","stream":false}')
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None
    assert (call.model, call.stream, call.match.framing) == ("fast", True, "array")


async def test_a_compressed_body_is_opened() -> None:
    async with services() as made:
        plain = b'{"model":"m"}'
        flow = asked(headers={"content-encoding": "gzip"})
        flow.request.raw_content = gzip.compress(plain)
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None and (call.raw, call.model) == (plain, "m")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", Kind.BAD_REQUEST),
        (b"[]", Kind.BAD_REQUEST),
        (b"", Kind.BAD_REQUEST),
        (b" " * (MAX_BODY + 1), Kind.TOO_LARGE),
    ],
)
async def test_a_body_that_cannot_be_served_is_refused(body: bytes, kind: Kind) -> None:
    async with services() as made:
        flow = asked(body=body)
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None and call.error is not None
    assert call.error.kind is kind
    assert flow.response is not None


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
async def test_what_an_observed_call_says_is_between_it_and_its_provider(body: bytes) -> None:
    async with services(INTERCEPTING) as made:
        flow = asked("https://api.openai.com/v1/responses", body, gateway=False)
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert flow.response is None
    assert call is not None and call.error is None and call.body is None


async def test_an_observed_call_is_looked_at() -> None:
    async with services(INTERCEPTING) as made:
        flow = asked(
            "https://api.openai.com/v1/responses", b'{"model":"gpt-5","stream":true}', gateway=False
        )
        identified(made, flow)
        call = made.exchanges.get(flow.id)
    assert call is not None and (call.model, call.stream) == ("gpt-5", True)


def test_of_a_repeated_header_the_first_counts_and_names_are_lower_case() -> None:
    flow = asked("http://x.test/v1/messages?a=1&b=2?")
    flow.request.headers = http.Headers([(b"X-Api-Key", b"one"), (b"x-api-key", b"two")])
    found = head_of(flow)
    assert (found.method, found.path, found.query) == ("POST", "/v1/messages", "a=1&b=2?")
    assert found.headers == {"x-api-key": "one"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("mine", "mine"),
        ("  mine  ", "mine"),
        ("x" * 255, "x" * 255),
        ("x" * 256, None),
        ("", None),
        ("a\x07b", None),
    ],
)
def test_the_clients_own_id_is_kept_if_it_is_one(value: str, kept: str | None) -> None:
    assert client_request_id(head(**{"x-client-request-id": value})) == kept


def test_the_first_format_that_claims_a_request_has_it() -> None:
    found = find_dialect(head("/v1/messages"), DIALECTS.values())
    assert found is not None and found[0].name == "messages"
    assert find_dialect(head("/elsewhere"), DIALECTS.values()) is None


def test_chat_and_counting_are_served() -> None:
    served = [one for one in Operation if is_served(Match(one))]
    assert served == [Operation.CHAT, Operation.COUNT_TOKENS]


def test_a_body_over_the_limit_is_told_both_sizes() -> None:
    error = too_large(40_000_000)
    assert (error.kind, error.where) == (Kind.TOO_LARGE, "body")
    assert "40,000,000" in error.message and f"{MAX_BODY:,}" in error.message


async def test_a_call_is_captured_if_the_configuration_wants_it() -> None:
    wanted = snapshot(sections={"debug": {"captureOnError": True}})
    for current, is_captured in ((wanted, True), (snapshot(), False)):
        async with services(current) as made:
            flow = asked()
            identified(made, flow)
            call = made.exchanges.get(flow.id)
            assert call is not None
            assert (call.capture is not None) is is_captured
