"""Ollama's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.ollama import QUIRK


def test_a_local_server_fetches_no_pictures_and_takes_thoughts_back() -> None:
    assert QUIRK.traits("qwen3", Traits()) == Traits(
        image_urls=False,
        reasoning_field="reasoning",
        efforts=("none", "low", "medium", "high"),
    )
