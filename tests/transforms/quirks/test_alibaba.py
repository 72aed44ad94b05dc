"""Model Studio's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Reasoning
from plexus.transforms.quirks.alibaba import QUIRK
from tests.transforms.quirks.asking import asked, sent


def test_thinking_is_a_flag_with_a_budget() -> None:
    assert QUIRK.traits("qwen3-max", Traits()) == Traits(
        effort="enable_thinking", efforts=(), forced_tools="at_rest"
    )
    body = sent(QUIRK, asked(model="qwen3-max", reasoning=Reasoning(budget=500)))
    assert (body["enable_thinking"], body["thinking_budget"]) == (True, 500)
