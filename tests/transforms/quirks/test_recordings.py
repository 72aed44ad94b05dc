"""What providers were recorded to accept is never refused in their name, and still reaches them.

The recordings are the evidence for each deviation of wire-formats.md §5; the tests are named for
what they prove. Any other set of recordings will do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plexus.transforms import plugins, wire
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.dialects.openai_chat import DIALECT as CHAT
from plexus.transforms.events import Failed
from plexus.transforms.ir import Stop, Thinking
from plexus.transforms.quirk import Quirk
from tests.transforms.dialects.openai_chat.canonical import canonical_request
from tests.transforms.dialects.openai_chat.making import events_of
from tests.wire_files import Recording, each_recording

COMPATIBLE = "other-openai-compatible:"
NAMES = {"openai-chat": "openai", "google": "gemini_openai"}  # where a quirk is called otherwise
OPENAIS = {"openai", "azure"}


def quirk_of(recording: Recording) -> Quirk | None:
    """The quirk of the provider that was recorded."""
    name = recording.format.removeprefix(COMPATIBLE)
    return plugins.quirks().get(NAMES.get(name, name))


def is_chat(recording: Recording) -> bool:
    """Whether it is a chat request to a provider with a quirk."""
    body = recording.request_body()
    return quirk_of(recording) is not None and isinstance(body, dict) and "messages" in body


def asked(recording: Recording) -> tuple[Quirk, str, Any]:
    """The quirk, the model and the body of an accepted chat request."""
    body: Any = recording.request_body()
    quirk = quirk_of(recording)
    assert quirk is not None
    model = body.get("model") or recording.model or "deployment"
    return quirk, model, {**body, "model": model}


def resent(quirk: Quirk, model: str, body: Any) -> Any:
    """The request as it would be written for its own provider."""
    request = CHAT.chat.decode_request(Match(Operation.CHAT), body)
    encoded = CHAT.chat.encode_request(request, quirk.traits(model, Traits()), Receipt())
    return quirk.mend_request(encoded.body, model, Receipt())


each_accepted = each_recording("openai-chat", COMPATIBLE, ok=True, where=is_chat)


@each_accepted
def test_no_field_is_refused_that_a_provider_accepted(recording: Recording) -> None:
    quirk, model, body = asked(recording)
    said = {key: value for key, value in body.items() if value is not None}
    kept = quirk.mend_request(said, model, Receipt())
    if "random_seed" in kept:
        kept = {**kept, "seed": kept["random_seed"]}
    assert said.keys() <= kept.keys()


@each_accepted
def test_an_effort_that_was_accepted_is_one_that_is_known(recording: Recording) -> None:
    quirk, model, body = asked(recording)
    traits, effort = quirk.traits(model, Traits()), body.get("reasoning_effort")
    if effort is not None and traits.effort == "reasoning_effort" and traits.efforts is not None:
        assert effort in traits.efforts


@each_accepted
def test_developers_and_forced_calls_that_were_accepted_are_sent(recording: Recording) -> None:
    quirk, model, body = asked(recording)
    again = resent(quirk, model, body)
    roles = [message["role"] for message in body["messages"]]
    if "developer" in roles:
        assert [message["role"] for message in again["messages"]] == roles
    if body.get("tools") and body.get("tool_choice") is not None:
        assert again["tool_choice"] == body["tool_choice"]


# What a quirk says otherwise than the client did, and means the same.
REPHRASED = {
    "max_tokens", "max_completion_tokens", "stream_options", "messages",
    "reasoning_effort", "thinking",
}  # fmt: skip


@each_accepted
def test_what_was_accepted_still_reaches_the_provider(recording: Recording) -> None:
    quirk, model, body = asked(recording)
    before, after = canonical_request(body), canonical_request(resent(quirk, model, body))
    if not quirk.traits(model, Traits()).sampling:
        assert before.pop("temperature", 1) == 1  # the only one that they take
    for key in before.keys() | after.keys():
        if key not in REPHRASED:
            assert after.get(key) == before.get(key), key
    limits = {"max_tokens", "max_completion_tokens"}
    assert {before[k] for k in limits & before.keys()} == {after[k] for k in limits & after.keys()}


def said_thoughts(recording: Recording) -> bool:
    """Whether the history holds thoughts, and its provider takes them back as a field."""
    if not is_chat(recording) or recording.status >= 400:
        return False
    quirk, model, body = asked(recording)
    field = quirk.traits(model, Traits()).reasoning_field
    return field not in (None, "content") and any(field in m for m in body["messages"])


@each_recording(COMPATIBLE, ok=True, where=said_thoughts)
def test_thoughts_that_a_provider_took_back_go_back(recording: Recording) -> None:
    quirk, model, body = asked(recording)
    field = quirk.traits(model, Traits()).reasoning_field
    sent_before = [message.get(field) for message in body["messages"] if message.get(field)]
    again = resent(quirk, model, body)["messages"]
    assert [m[field] for m in again if (m.get(field) or "").strip()] == sent_before


def of(name: str) -> str:
    return f"{COMPATIBLE}{name}"


def holds(text: str) -> Callable[[Recording], bool]:
    """Whether the reply holds a text."""
    return lambda recording: text in wire.dump_text(recording.response_body())


def stream_holds(text: str) -> Callable[[Recording], bool]:
    def check(recording: Recording) -> bool:
        body = recording.response_body()
        return isinstance(body, str) and text in body and "chat.completion" in body

    return check


@each_recording(of("mistral"), ok=True, where=holds('"tool_calls":[{'))
def test_mistrals_ids_have_nine_letters_and_digits(recording: Recording) -> None:
    traits = plugins.quirks()["mistral"].traits("m", Traits())
    body: Any = recording.response_body()
    if not isinstance(body, dict) or "choices" not in body:
        pytest.skip("not a whole chat answer")
    calls = body["choices"][0]["message"]["tool_calls"]
    assert traits.tool_id == "nine"
    assert all(len(call["id"]) == 9 and call["id"].isalnum() for call in calls)


@each_recording(of("mistral"), ok=True, stream=True, where=stream_holds('"usage":{'))
def test_mistral_streams_report_usage_unasked(recording: Recording) -> None:
    body: Any = recording.request_body()
    assert isinstance(body, dict) is False or "stream_options" not in body
    assert plugins.quirks()["mistral"].traits("m", Traits()).stream_usage is False


@each_recording(of("openrouter"), stream=True, where=stream_holds(": OPENROUTER PROCESSING"))
def test_openrouters_comments_do_not_disturb_a_stream(recording: Recording) -> None:
    events = events_of(recording.stream_bytes())
    assert events and not any(isinstance(event, Failed) for event in events)


@each_recording(of("azure"), ok=True, where=stream_holds("prompt_filter_results"))
def test_azures_first_chunk_without_choices_is_no_answer(recording: Recording) -> None:
    events = events_of(recording.stream_bytes())
    assert events and not any(isinstance(event, Failed) for event in events)


@each_recording(of("groq"), stream=True, where=stream_holds("event: error"))
def test_groqs_error_in_mid_stream_ends_it(recording: Recording) -> None:
    assert isinstance(events_of(recording.stream_bytes())[-1], Failed)


@each_recording(of("perplexity"), ok=True, where=holds('"citations"'))
def test_perplexitys_sources_do_not_disturb_an_answer(recording: Recording) -> None:
    body: Any = recording.response_body()
    if not isinstance(body, dict):
        events = events_of(recording.stream_bytes())
        assert events and not any(isinstance(event, Failed) for event in events)
        return
    assert CHAT.chat.decode_response(body).parts


@each_recording(of("deepseek"), of("xai"), ok=True, where=holds('"reasoning_content":"'))
def test_reasoning_content_is_read_as_thoughts(recording: Recording) -> None:
    body: Any = recording.response_body()
    if not isinstance(body, dict) or "choices" not in body:
        pytest.skip("not a whole chat answer")
    message = body["choices"][0]["message"]
    parts = CHAT.chat.decode_response(body).parts
    thoughts = [part.text for part in parts if isinstance(part, Thinking)]
    assert "".join(thoughts) == (message.get("reasoning_content") or "")


@each_recording(of("google"), ok=True, where=holds("tool_calls"))
def test_a_call_by_gemini_stops_for_tools_whatever_it_says(recording: Recording) -> None:
    body: Any = recording.response_body()
    if not isinstance(body, dict):
        pytest.skip("not a whole chat answer")
    assert CHAT.chat.decode_response(body).stop is Stop.TOOL


def is_anthropics(recording: Recording) -> bool:
    return isinstance(recording.request_body(), dict)


@each_recording("anthropic-messages", ok=True, where=is_anthropics)
def test_what_a_claude_accepted_is_among_its_traits(recording: Recording) -> None:
    body: Any = recording.request_body()
    traits = plugins.quirks()["anthropic"].traits(body.get("model") or "", Traits())
    if body.get("model") is None:
        pytest.skip("the model was not recorded")
    roles = [message["role"] for message in body.get("messages") or [{"role": "user"}]]
    kind = (body.get("thinking") or {}).get("type")
    effort = (body.get("output_config") or {}).get("effort")
    assert "system" not in roles or traits.inline_system
    assert roles[-1] != "assistant" or traits.prefill
    assert kind != "adaptive" or traits.thinking == "adaptive"
    assert kind != "enabled" or traits.thinking is not None
    assert kind != "disabled" or traits.efforts is None or "none" in traits.efforts
    assert effort is None or traits.efforts is None or effort in traits.efforts
    assert body.get("temperature", 1) == 1 or traits.sampling
    assert "top_k" not in body or traits.sampling
    assert "format" not in (body.get("output_config") or {}) or traits.structured_output
    assert (body.get("tool_choice") or {}).get("type") not in ("any", "tool") or (
        traits.forced_tools == "always"
    )
    assert traits.max_output is None or (body.get("max_tokens") or 0) <= traits.max_output


@each_recording("gemini", ok=True, where=is_anthropics)
def test_what_a_gemini_accepted_is_among_its_traits(recording: Recording) -> None:
    body: Any = recording.request_body()
    traits = plugins.quirks()["google"].traits(recording.model, Traits())
    text = wire.dump_text(body)
    config = (body.get("generationConfig") or {}).get("thinkingConfig") or {}
    kinds = {kind for tool in body.get("tools") or [] for kind in tool}
    assert "thinkingLevel" not in config or traits.thinking == "level"
    assert "thinkingBudget" not in config or traits.thinking is not None
    assert not {"functionDeclarations", "googleSearch"} <= kinds or traits.mixed_tools
    assert '"functionResponse":{"parts"' not in text or traits.result_media
