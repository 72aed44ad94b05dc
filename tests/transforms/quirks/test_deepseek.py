"""DeepSeek's deviation from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.deepseek import QUIRK


def test_deepseek_wants_its_reasoning_back_under_its_own_name() -> None:
    assert QUIRK.traits("deepseek-reasoner", Traits()) == Traits(
        reasoning_field="reasoning_content"
    )
    assert QUIRK.hosts == ("api.deepseek.com",)
