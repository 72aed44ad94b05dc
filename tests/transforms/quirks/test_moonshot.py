"""Moonshot's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Text, ToolChoice, ToolSpec
from plexus.transforms.quirks.moonshot import QUIRK
from tests.transforms.quirks.asking import asked, sent

THINKS = Traits(
    effort=None,
    reasoning_field="reasoning_content",
    reasoning_turns="calls",
    reasoning_required=True,
    forced_tools="at_rest",
)


def test_models_that_think_want_their_thoughts_back_with_tool_calls() -> None:
    assert QUIRK.traits("kimi-k2-thinking", Traits()) == THINKS
    assert QUIRK.traits("kimi-k2.5", Traits()).reasoning_required
    assert QUIRK.traits("kimi-k2-0905-preview", Traits()) == Traits(effort=None)


def test_thinking_is_off_while_a_call_is_forced() -> None:
    request = asked(
        model="kimi-k2.5",
        system=(Text(text="s"),),
        tools=(ToolSpec(name="f"),),
        tool_choice=ToolChoice(mode="required"),
    )
    assert sent(QUIRK, request)["thinking"] == {"type": "disabled"}
