"""SGLang's deviations from OpenAI's format."""

from plexus.transforms.codec import Traits
from plexus.transforms.quirks.sglang import QUIRK


def test_thinking_is_an_argument_of_the_template() -> None:
    assert QUIRK.traits("glm-4.6", Traits()) == Traits(
        inline_system=False,
        reasoning_field="reasoning_content",
        effort="chat_template_kwargs",
    )
    assert QUIRK.traits("gpt-oss-20b", Traits()).efforts == ("low", "medium", "high")
    assert QUIRK.hosts == ()
