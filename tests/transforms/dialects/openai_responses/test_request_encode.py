"""Requests as providers get them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_responses.request_encode import encode_request
from plexus.transforms.ir import (
    CacheMark,
    ChatRequest,
    Message,
    OutputFormat,
    Reasoning,
    Sampling,
    Text,
    ToolChoice,
    ToolSpec,
)
from plexus.transforms.wire import JsonObject, objects_at
from tests.transforms.dialects.openai_responses.rules import read_request

HI = Message(role="user", parts=(Text(text="hi"),))
INPUT: JsonObject = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "hi"}],
}
LEAST: JsonObject = {"model": "m", "input": [INPUT], "store": False}


def request(**fields: object) -> ChatRequest:
    """A request of another format."""
    return replace(ChatRequest(model="m", messages=(HI,)), **fields)  # type: ignore[arg-type]  # fields of it


def written(asked: ChatRequest, traits: Traits | None = None) -> tuple[JsonObject, list[str]]:
    """The body and the notes."""
    receipt = Receipt()
    encoded = encode_request(asked, traits or Traits(), receipt)
    assert encoded.path == "/responses"
    return encoded.body, [f"{note.action} {note.path}" for note in receipt.notes]


def test_the_least_request_is_stateless() -> None:
    assert written(request()) == (LEAST, [])


def test_every_field_finds_its_place() -> None:
    body, notes = written(
        request(
            system=(Text(text="be"), Text(text="kind")),
            tools=(ToolSpec(name="f", schema={"type": "object"}),),
            tool_choice=ToolChoice(mode="named", names=("f",)),
            parallel_tools=False,
            stream=True,
            max_output=100,
            sampling=Sampling(temperature=0, top_p=0.5, logprobs=2),
            reasoning=Reasoning(effort="low"),
            output=OutputFormat(kind="schema", name="n", schema={}, strict=True),
            verbosity="low",
            cache_key="k",
            tier="flex",
            user="u",
            metadata={"a": "b"},
        )
    )
    assert notes == []
    assert body == {
        **LEAST,
        "instructions": "be\n\nkind",
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "parallel_tool_calls": False,
        "stream": True,
        "max_output_tokens": 100,
        "temperature": 0,
        "top_p": 0.5,
        "top_logprobs": 2,
        "reasoning": {"effort": "low"},
        "text": {
            "format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True},
            "verbosity": "low",
        },
        "prompt_cache_key": "k",
        "service_tier": "flex",
        "user": "u",
        "metadata": {"a": "b"},
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    }


def test_what_cannot_be_said_is_noted() -> None:
    sampling = Sampling(
        top_k=4, seed=1, stop=("x",), frequency_penalty=0, presence_penalty=1.0,
        logit_bias={"1": 2}, n=2,
    )  # fmt: skip
    body, notes = written(
        request(sampling=sampling, tier="batch", user="u" * 65, ext={"gemini": {"safety": 1}})
    )
    assert body == LEAST
    assert notes == [
        "dropped sampling.top_k",
        "dropped sampling.seed",
        "dropped sampling.stop",
        "dropped sampling.frequency_penalty",
        "dropped sampling.presence_penalty",
        "dropped sampling.logit_bias",
        "dropped sampling.n",
        "dropped tier",
        "dropped user",
        "dropped safety",
    ]


def test_one_answer_is_what_there_is() -> None:
    assert written(request(sampling=Sampling(n=1))) == (LEAST, [])


def test_few_tokens_become_the_least() -> None:
    assert written(request(max_output=1)) == (
        {**LEAST, "max_output_tokens": 16},
        ["coerced max_output"],
    )


def test_a_choice_without_tools_is_not_sent() -> None:
    assert written(request(tool_choice=ToolChoice(mode="auto"))) == (LEAST, [])
    assert written(request(tool_choice=ToolChoice(mode="required"))) == (
        LEAST,
        ["dropped tool_choice"],
    )


def test_a_choice_among_lifted_tools_is_sent() -> None:
    tools = {"type": "additional_tools", "role": "developer", "tools": [
        {"type": "function", "name": "f"}]}  # fmt: skip
    body: JsonObject = {"model": "m", "input": [tools, INPUT], "tool_choice": "auto"}
    assert written(read_request(body)) == (body, [])


def test_a_prompt_alone_is_the_input() -> None:
    body, notes = written(request(messages=(), system=(Text(text="go"),)))
    assert body["input"] == [
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "go"}],
        }
    ]
    assert "instructions" not in body
    assert notes == ["coerced system"]


def test_json_mode_has_the_word_json_in_its_input() -> None:
    body, notes = written(request(output=OutputFormat(kind="json")))
    assert body["text"] == {"format": {"type": "json_object"}}
    assert len(objects_at(body, "input")) == 2
    assert notes == ["invented messages"]
    asked = Message(role="user", parts=(Text(text="as JSON, please"),))
    assert written(request(messages=(asked,), output=OutputFormat(kind="json")))[1] == []


def test_a_schema_is_told_in_words_where_there_are_no_schemas() -> None:
    output = OutputFormat(kind="schema", name="n", schema={"type": "object"})
    body, notes = written(request(output=output), Traits(structured_output=False))
    assert body["text"] == {"format": {"type": "json_object"}}
    assert '{\\"type\\":\\"object\\"}' in repr(body["input"]).replace('"', '\\"')
    assert notes == ["invented messages", "coerced output"]


def test_a_model_that_takes_no_sampling_gets_none() -> None:
    asked = request(sampling=Sampling(temperature=1, top_p=1))
    assert written(asked, Traits(sampling=False)) == (
        LEAST,
        ["dropped sampling.temperature", "dropped sampling.top_p"],
    )


@pytest.mark.parametrize(("tier", "expected"), [("FLEX", "flex"), ("standard_only", "default")])
def test_a_tier_of_another_format_has_a_name_here(tier: str, expected: str) -> None:
    assert written(request(tier=tier)) == ({**LEAST, "service_tier": expected}, [])


def test_claude_codes_billing_line_stays_behind() -> None:
    billing = Text(text="x-anthropic-billing-header: cc_version=2; cch=1;")
    body, notes = written(request(system=(billing, Text(text="be kind"))))
    assert body["instructions"] == "be kind"
    assert notes == ["coerced system[0]"]


def test_cache_marks_are_needless_here() -> None:
    marked = Message(role="user", parts=(Text(text="hi", cache=CacheMark()),))
    assert written(request(messages=(marked,))) == (LEAST, ["coerced cache"])


def test_the_model_does_not_go_on_with_the_assistants_words() -> None:
    begun = Message(role="assistant", parts=(Text(text="Once"),))
    assert written(request(messages=(HI, begun)))[1] == ["coerced messages[1]"]


def test_an_answers_reasoning_is_sealed_when_nothing_is_stored() -> None:
    body: JsonObject = {"model": "m", "input": [INPUT], "reasoning": {"effort": "low"}}
    assert written(read_request(body)) == (body, [])
    stateless: JsonObject = {**body, "store": False}
    assert written(read_request(stateless)) == (
        {**stateless, "include": ["reasoning.encrypted_content"]},
        [],
    )


def test_fields_of_this_format_are_written_back_beneath_what_was_changed() -> None:
    body: JsonObject = {
        "model": "m",
        "input": [INPUT],
        "previous_response_id": "resp_1",
        "store": True,
        "max_output_tokens": None,
        "text": {"new": 1},
        "safety_identifier": "s",
        "user": "s",
    }
    asked = read_request(body)
    assert written(asked) == (body, [])
    changed, _ = written(replace(asked, max_output=50, model="other"))
    assert changed == {**body, "max_output_tokens": 50, "model": "other"}
