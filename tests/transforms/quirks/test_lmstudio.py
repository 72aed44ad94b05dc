"""LM Studio's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.lmstudio import QUIRK


def test_a_local_server_fetches_no_pictures_and_wants_one_prompt() -> None:
    assert QUIRK.traits("qwen3", Traits()) == Traits(
        image_urls=False, inline_system=False, effort=None
    )
    assert QUIRK.traits("openai/gpt-oss-20b", Traits()).efforts == ("low", "medium", "high")
    assert QUIRK.hosts == ()
