"""DeepSeek's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.deepseek import QUIRK


def test_deepseek_wants_its_reasoning_back_under_its_own_name() -> None:
    for model in ("deepseek-reasoner", "deepseek-chat", "deepseek-v9"):
        assert QUIRK.traits(model, Traits()).reasoning_field == "reasoning_content"


def test_the_reasoner_cannot_be_told_how_much_to_think() -> None:
    assert QUIRK.traits("deepseek-reasoner", Traits()).effort is None


def test_it_applies_at_deepseek_only() -> None:
    assert (QUIRK.hosts, QUIRK.dialects) == (("api.deepseek.com",), ("chat",))
