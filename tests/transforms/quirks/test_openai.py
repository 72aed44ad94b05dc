"""OpenAI's own deviations from what compatible servers take."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.openai import QUIRK


def test_openai_itself_wants_its_newer_words() -> None:
    assert QUIRK.traits("gpt-5", Traits()) == Traits(
        official=True, max_tokens_field="max_completion_tokens", developer_role=True
    )


def test_it_applies_at_openai_and_at_azures_hosts_of_it() -> None:
    assert QUIRK.hosts == ("api.openai.com", "openai.azure.com")
