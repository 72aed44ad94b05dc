"""The request that goes to a target: its dialect, its address, its bytes, its headers."""

from typing import override

import pytest

from plexus.addons.exchange import Continued, Exchange, Target
from plexus.addons.upstream.outgoing import Outgoing, prepare
from plexus.config.snapshot import Adapter, Model
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.lazy_object import LazyObject, read_object
from plexus.transforms.wire import Json, JsonObject, dump, objects_at, parse_object
from tests.addons.factories import DIALECTS, exchange, head, plan, provider, target

BASES = {
    "chat": "http://acme.test/v1",
    "messages": "http://acme.test/v1",
    "gemini": "http://acme.test",
    "responses": "http://acme.test/v1",
}
CHAT_BODY: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def at(*dialects: str, **other: object) -> Target:
    """A target whose provider speaks these dialects."""
    urls = {name: BASES[name] for name in dialects}
    return target("acme/big", provider=provider("acme", urls=urls, **other))


def call(body: JsonObject, raw: bytes | None = None, **other: object) -> Exchange:
    made = {"model": "m", "body": body, "raw": dump(body) if raw is None else raw}
    return exchange(**{**made, **other})


def gemini_call(path: str, **other: object) -> Exchange:
    where = head(path)
    match = DIALECTS["gemini"].match(where)
    assert match is not None
    body: JsonObject = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    return call(
        body, dialect=DIALECTS["gemini"], head=where, match=match, stream=match.stream, **other
    )


def sent(made: Exchange, where: Target) -> Outgoing:
    return prepare(made, where, DIALECTS)


def test_the_same_dialect_passes_the_clients_bytes_but_for_the_model() -> None:
    raw = b'{ "odd" : 1.50, "model":"m" ,"messages":[] }'
    made = sent(call(parse_object(raw), raw), at("chat"))
    assert made.body == b'{ "odd" : 1.50, "model":"big" ,"messages":[] }'
    assert made.url == "http://acme.test/v1/chat/completions"
    assert (made.passthrough, made.hide_usage, made.request) == (True, False, None)
    assert made.receipt.notes == ()


class Untouchable(LazyObject):
    """A body whose conversation must not be read."""

    @override
    def whole(self) -> JsonObject:
        raise AssertionError("all of it was read")

    @override
    def __getitem__(self, key: str) -> Json:
        assert key != "messages"
        return super().__getitem__(key)


@pytest.mark.parametrize("stream", [True, False])
def test_a_large_body_is_passed_on_unread(stream: bool) -> None:
    talk = dump([{"role": "user", "content": "x" * 5000}])
    start = b'{ "messages": ' + talk + b', "stream_options": {"include_usage": true}, "model": '
    members = read_object(start + b'"m"}')
    assert isinstance(members, LazyObject)
    body = Untouchable(start + b'"m"}', members._unread)
    made = sent(exchange(model="m", body=body, raw=body.text, stream=stream), at("chat"))
    assert made.body == start + b'"big"}'


def test_a_stream_that_does_not_ask_for_usage_is_made_to_and_the_answer_hidden() -> None:
    made = sent(call({**CHAT_BODY, "stream": True}, stream=True), at("chat"))
    assert made.hide_usage
    assert parse_object(made.body)["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("asked", [True, False])
def test_what_a_client_says_of_its_stream_stays(asked: bool) -> None:
    options: JsonObject = {"include_usage": asked, "include_obfuscation": False}
    body: JsonObject = {**CHAT_BODY, "stream": True, "stream_options": options}
    made = sent(call(body, stream=True), at("chat"))
    assert made.hide_usage is not asked
    assert parse_object(made.body)["stream_options"] == {**options, "include_usage": True}


def test_another_dialect_is_translated() -> None:
    made = sent(call({**CHAT_BODY, "seed": 7}), at("messages"))
    assert made.url == "http://acme.test/v1/messages"
    assert made.request is not None and not made.passthrough
    body = parse_object(made.body)
    assert body["model"] == "big" and "seed" not in body
    assert ["seed" in note.path for note in made.receipt.notes if note.action == "dropped"] == [
        True
    ]


@pytest.mark.parametrize(
    ("stream", "accept"), [(True, "text/event-stream"), (False, "application/json")]
)
def test_whether_to_stream_is_said_to_the_provider(stream: bool, accept: str) -> None:
    body: JsonObject = {**CHAT_BODY, "stream": stream}
    for dialect in ("chat", "messages"):
        made = sent(call(body, stream=stream), at(dialect))
        assert parse_object(made.body).get("stream", False) is stream
        assert made.headers["accept"] == accept


@pytest.mark.parametrize(
    ("path", "expected", "passes"),
    [
        ("/v1beta/models/m:generateContent", ":generateContent", True),
        ("/v1beta/models/m:streamGenerateContent?alt=sse", ":streamGenerateContent?alt=sse", True),
        # A client that streams without alt=sse reads a JSON array: events are put into one.
        ("/v1beta/models/m:streamGenerateContent", ":streamGenerateContent?alt=sse", False),
    ],
)
def test_geminis_model_and_method_stand_in_the_path(path: str, expected: str, passes: bool) -> None:
    made = sent(gemini_call(path), at("gemini"))
    assert made.url == f"http://acme.test/v1beta/models/big{expected}"
    assert made.passthrough is passes
    assert "model" not in parse_object(made.body)


def test_a_gemini_body_that_repeats_the_clients_name_of_the_model_does_not_choose_it() -> None:
    made = gemini_call("/v1beta/models/m:generateContent")
    assert made.body is not None
    made.body = {"model": "models/m", **made.body}
    made.raw = dump(made.body)
    outgoing = sent(made, at("gemini"))
    assert outgoing.url == "http://acme.test/v1beta/models/big:generateContent"
    assert "model" not in parse_object(outgoing.body)


def test_a_gemini_stream_asked_of_another_provider_is_asked_for_as_events() -> None:
    made = sent(gemini_call("/v1beta/models/m:streamGenerateContent"), at("chat"))
    assert parse_object(made.body)["stream"] is True
    assert made.headers["accept"] == "text/event-stream"


def test_the_bodies_of_provider_model_and_alias_are_added_the_later_one_wins() -> None:
    where = target(
        "acme/big",
        provider=provider("acme", urls=BASES, extra_body={"a": 1, "b": 1, "c": 1}),
        model=Model(name="big", extra_body={"b": 2, "c": 2}),
    )
    planned = plan(where, extra_body={"c": 3, "model": "fixed"})
    for dialect in ("chat", "messages"):
        made = sent(
            call({**CHAT_BODY, "max_tokens": 9}, dialect=DIALECTS[dialect], plan=planned), where
        )
        body = parse_object(made.body)
        assert (body["a"], body["b"], body["c"], body["model"]) == (1, 2, 3, "fixed")


def test_an_alias_that_must_lose_nothing_refuses_what_would_be_lost() -> None:
    where = at("messages")
    made = call({**CHAT_BODY, "seed": 7}, plan=plan(where, lossless=True))
    with pytest.raises(GatewayError, match=r"marked lossless.*would lose.*seed") as caught:
        sent(made, where)
    assert (caught.value.kind, caught.value.where) == (Kind.UNSUPPORTED, "acme/big")


def test_nothing_is_lost_where_the_dialect_is_the_same() -> None:
    where = at("chat")
    assert sent(call({**CHAT_BODY, "seed": 7}, plan=plan(where, lossless=True)), where).passthrough


def test_our_key_goes_to_the_provider_and_the_clients_does_not() -> None:
    secrets = {"authorization": "Bearer sk-client", "x_api_key": "sk-client", "cookie": "sk-client"}
    made = call(CHAT_BODY, head=head(**secrets, x_goog_api_key="sk-client"))
    for dialect in BASES:
        headers = sent(made, at(dialect, api_key="sk-ours")).headers
        assert not [name for name, value in headers.items() if "sk-client" in value]
        assert [name for name, value in headers.items() if "sk-ours" in value]


def test_headers_that_providers_need_are_forwarded_and_the_dialects_own_to_it_alone() -> None:
    made = call(
        {**CHAT_BODY, "max_tokens": 9},
        dialect=DIALECTS["messages"],
        head=head("/v1/messages", x_session_id="s-1", anthropic_beta="b-1", x_odd="no"),
    )
    own = sent(made, at("messages")).headers
    other = sent(made, at("chat")).headers
    assert (own["x-session-id"], own["anthropic-beta"]) == ("s-1", "b-1")
    assert other["x-session-id"] == "s-1" and "anthropic-beta" not in other
    assert "x-odd" not in own


def test_configured_headers_outrank_all_others() -> None:
    where = at("chat", headers={"user-agent": "mine", "x-team": "a"}, api_key="sk-ours")
    headers = sent(call(CHAT_BODY), where).headers
    assert (headers["user-agent"], headers["x-team"]) == ("mine", "a")


def test_a_configured_header_replaces_ours_however_it_is_written() -> None:
    where = at("chat", headers={"Authorization": "Token other", "User-Agent": "mine"}, api_key="sk")
    headers = sent(call(CHAT_BODY), where).headers
    found = {name.lower(): value for name, value in headers.items()}
    assert len(found) == len(headers)
    assert (found["authorization"], found["user-agent"]) == ("Token other", "mine")


@pytest.mark.parametrize("value", ["caf\udce9", "a\x00b", "a\r\nx-evil: 1"])
def test_a_client_header_that_cannot_be_sent_is_left_out(value: str) -> None:
    made = call(CHAT_BODY, head=head(x_session_id=value, x_session_affinity="fine"))
    headers = sent(made, at("chat")).headers
    assert "x-session-id" not in headers and headers["x-session-affinity"] == "fine"


def adapter(name: str, **options: Json) -> Adapter:
    """One use of an adapter."""
    return Adapter(name=name, options=options)


FAST = adapter(
    "model_override",
    rules=[
        {
            "model": "big",
            "rewriteTo": "fast",
            "conditions": [{"field": "enable_thinking", "value": False}],
        }
    ],
)


def test_an_adapter_that_finds_nothing_leaves_the_clients_bytes() -> None:
    raw = b'{ "odd" : 1.50, "model":"m" ,"messages":[] }'
    made = sent(call(parse_object(raw), raw), at("chat", adapters=(FAST,)))
    assert made.body == b'{ "odd" : 1.50, "model":"big" ,"messages":[] }'


def test_an_adapter_changes_what_is_passed_through() -> None:
    body: JsonObject = {**CHAT_BODY, "enable_thinking": False}
    made = sent(call(body), at("chat", adapters=(FAST,)))
    assert made.passthrough
    assert parse_object(made.body) == {**body, "model": "fast"}


def test_an_adapter_changes_what_is_translated_and_sees_what_was_added_to_it() -> None:
    where = at("messages", adapters=(FAST,), extra_body={"enable_thinking": False})
    body = parse_object(sent(call(CHAT_BODY), where).body)
    assert (body["model"], body["max_tokens"]) == ("fast", 4096)


@pytest.mark.parametrize("dialect", ["chat", "gemini"])
def test_an_overridden_gemini_model_stands_in_the_path(dialect: str) -> None:
    rule: JsonObject = {
        "model": "big", "rewriteTo": "fast", "conditions": [{"field": "contents"}],
    }  # fmt: skip
    where = at("gemini", adapters=(adapter("model_override", rules=[rule]),))
    made = sent(call(CHAT_BODY) if dialect == "chat" else gemini_call(GENERATE), where)
    assert made.url == "http://acme.test/v1beta/models/fast:generateContent"
    assert "model" not in parse_object(made.body)


GENERATE = "/v1beta/models/m:generateContent"


def test_what_an_adapter_implies_shows_in_the_receipt_and_counts_as_a_loss() -> None:
    where = target("acme/gpt-5", provider=provider("acme", urls=BASES))
    body: JsonObject = {**CHAT_BODY, "temperature": 0.5}
    made = sent(call(body), where)
    assert parse_object(made.body) == {**CHAT_BODY, "model": "gpt-5"}
    assert [str(note) for note in made.receipt.notes] == ["dropped temperature (gpt-5 refuses it)"]
    with pytest.raises(GatewayError, match="would lose: dropped temperature"):
        sent(call(body, plan=plan(where, lossless=True)), where)


def test_what_configuration_takes_away_is_no_loss() -> None:
    use = adapter("suppress_unsupported_gpt5_options")
    where = at("chat", adapters=(use,))
    made = sent(call({**CHAT_BODY, "top_p": 1}, plan=plan(where, lossless=True)), where)
    assert "top_p" not in parse_object(made.body)


def test_a_translated_request_is_mended_for_its_provider() -> None:
    body: JsonObject = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "any"},
    }
    made = sent(
        call(body, dialect=DIALECTS["messages"], stream=True), at("chat", quirks=("mistral",))
    )
    written = parse_object(made.body)
    assert (written["tool_choice"], "stream_options" in written) == ("any", False)


def test_a_provider_that_refuses_the_question_is_not_asked_for_usage() -> None:
    body: JsonObject = {**CHAT_BODY, "stream": True}
    made = sent(call(body, stream=True), at("chat", quirks=("mistral",)))
    assert parse_object(made.body) == {**body, "model": "big"}
    assert not made.hide_usage


def test_a_history_that_holds_another_providers_reasoning_is_not_passed_through() -> None:
    foreign: JsonObject = {
        "type": "thinking",
        "thinking": "hm",
        "signature": "gw1.gemini.thought.eA",
    }
    said: JsonObject = {"type": "text", "text": "Hello"}
    answer: JsonObject = {"role": "assistant", "content": [foreign, said]}
    asked: JsonObject = {"role": "user", "content": "Hi"}
    body: JsonObject = {
        "model": "m",
        "max_tokens": 9,
        "odd": 1.5,
        "messages": [asked, answer, asked],
    }
    made = sent(call(body, dialect=DIALECTS["messages"]), at("messages"))
    sent_turns = objects_at(parse_object(made.body), "messages")
    assert not made.passthrough
    assert [turn["content"] for turn in sent_turns][1] == [said]
    assert parse_object(made.body)["odd"] == 1.5


def test_a_call_with_its_history_is_rewritten_and_its_answer_repeats_the_clients_state() -> None:
    said: JsonObject = {"model": "m", "input": "Hi", "previous_response_id": "resp_1"}
    merged: JsonObject = {"model": "m", "input": "Hi", "store": False}
    continued = Continued(raw=dump(said), body=said, previous="resp_1")
    made = sent(call(merged, dialect=DIALECTS["responses"], continued=continued), at("responses"))
    assert not made.passthrough
    body = parse_object(made.body)
    assert body["store"] is False and "previous_response_id" not in body
    assert made.request is not None
    state = {"previous_response_id": "resp_1", "store": True}
    assert made.request.ext["responses"] == state


def test_a_prompt_that_is_kept_elsewhere_is_not_sent_as_nothing() -> None:
    body: JsonObject = {"model": "m", "prompt": {"id": "pmpt_1"}, "input": []}
    made = exchange(
        dialect=DIALECTS["responses"],
        head=head("/v1/responses"),
        model="m",
        body=body,
        raw=dump(body),
    )
    with pytest.raises(GatewayError, match="no messages to translate for acme/fast") as caught:
        prepare(made, target("acme/fast"), DIALECTS)
    assert caught.value.kind is Kind.UNSUPPORTED
