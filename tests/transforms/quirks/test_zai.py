"""Z.ai's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Reasoning
from plexus.transforms.quirks.zai import QUIRK
from tests.transforms.quirks.asking import asked, sent


def test_thinking_is_a_switch_with_degrees_from_glm_5_on() -> None:
    assert QUIRK.traits("glm-4.7", Traits()) == Traits(
        effort="thinking", efforts=(), reasoning_field="reasoning_content"
    )
    assert QUIRK.traits("glm-5.3", Traits()).efforts == ("high", "max")


def test_past_thoughts_are_not_cleared_while_it_thinks() -> None:
    body = sent(QUIRK, asked(model="glm-5.3", reasoning=Reasoning(effort="max")))
    assert body["thinking"] == {"type": "enabled", "clear_thinking": False}
    assert body["reasoning_effort"] == "max"
    off = sent(QUIRK, asked(model="glm-4.7", reasoning=Reasoning(mode="off")))
    assert off["thinking"] == {"type": "disabled"}
    assert "thinking" not in sent(QUIRK, asked(model="glm-4.7"))
