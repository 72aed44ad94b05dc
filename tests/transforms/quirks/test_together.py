"""Together's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.ir import Reasoning
from plexus.transforms.quirks.together import QUIRK
from tests.transforms.quirks.asking import asked, sent


def test_thinking_is_a_switch_but_for_openais_open_models() -> None:
    assert QUIRK.traits("Qwen/Qwen3.5", Traits()) == Traits(effort="reasoning", efforts=())
    assert QUIRK.traits("openai/gpt-oss-20b", Traits()) == Traits(efforts=("low", "medium", "high"))
    off = sent(QUIRK, asked(model="Qwen/Qwen3.5", reasoning=Reasoning(mode="off")))
    assert off["reasoning"] == {"enabled": False}
