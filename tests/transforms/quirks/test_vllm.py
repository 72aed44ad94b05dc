"""vLLM's deviations from OpenAI's format."""

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Message, Reasoning, Text
from plexus.transforms.quirks.vllm import QUIRK
from tests.transforms.quirks.asking import GREETING, asked, sent

TEMPLATED = Traits(inline_system=False, reasoning_field="reasoning", effort="chat_template_kwargs")


def test_thinking_is_an_argument_of_the_template_but_for_openais_open_models() -> None:
    assert QUIRK.traits("Qwen/Qwen3-8B", Traits()) == TEMPLATED
    assert QUIRK.traits("openai/gpt-oss-20b", Traits()) == replace(
        TEMPLATED, effort="reasoning_effort", efforts=("low", "medium", "high")
    )
    assert QUIRK.hosts == ()


def test_prompts_are_one_at_the_front() -> None:
    request = asked(
        GREETING,
        Message(role="developer", parts=(Text(text="be brief"),)),
        model="m",
        system=(Text(text="be kind"),),
        reasoning=Reasoning(mode="off"),
    )
    body = sent(QUIRK, request)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["chat_template_kwargs"]["enable_thinking"] is False
