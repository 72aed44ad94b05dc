"""OpenAI's own deviations from what compatible servers take."""

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirks.openai import QUIRK


def test_openai_itself_wants_its_newer_words() -> None:
    traits = QUIRK.traits("gpt-4o", Traits())
    assert (traits.official, traits.developer_role) == (True, True)
    assert traits.max_tokens_field == "max_completion_tokens"


def test_reasoning_models_take_no_sampling_and_the_first_of_them_no_developer() -> None:
    assert not QUIRK.traits("o3-mini", Traits()).sampling
    assert not QUIRK.traits("o1-mini", Traits()).developer_role
    receipt = Receipt()
    assert QUIRK.mend_request({"model": "o3", "stop": ["x"]}, "o3", receipt) == {"model": "o3"}
    assert [note.path for note in receipt.notes] == ["stop"]


def test_it_applies_at_openai_to_both_of_its_formats() -> None:
    assert QUIRK.hosts == ("api.openai.com",)
    assert QUIRK.dialects == ("chat", "responses")
