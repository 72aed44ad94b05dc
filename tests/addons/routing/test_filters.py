"""Which targets suit a call, whatever their state."""

import pytest

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.filters import suits, tiers
from plexus.config.snapshot import Model
from plexus.transforms.codec import Operation
from tests.addons.factories import alias, provider
from tests.addons.routing.selectors.choosing import candidate


def speaking(name: str, *dialects: str, **model: object) -> Candidate:
    made = candidate(name)
    urls = dict.fromkeys(dialects, "http://x.test")
    served_by = provider(made.target.provider.name, urls=urls)
    used = Model(name="x", **model)  # type: ignore[arg-type]  # of these types
    return candidate(
        name, target=type(made.target)(provider=served_by, model=used, reason="", api_key=None)
    )


def split(dialect: str, *candidates: Candidate, api_match: bool = True) -> list[tuple[str, str]]:
    return [
        (tier.note, " ".join(c.target.provider.name for c in tier.candidates))
        for tier in tiers(candidates, dialect, api_match=api_match)
    ]


A = speaking("a/x", "chat")
B = speaking("b/x", "messages", "chat")
C = speaking("c/x", "messages")


def test_without_api_match_all_are_one() -> None:
    assert split("messages", A, B, C, api_match=False) == [("", "a b c")]
    assert split("messages", api_match=False) == []


def test_those_who_speak_the_clients_format_come_first_in_declared_order() -> None:
    assert split("messages", A, B, C) == [
        ("speaks messages", "b c"),
        ("does not speak messages", "a"),
    ]


def test_if_nobody_or_everybody_speaks_it_nobody_is_lost() -> None:
    assert split("gemini", A, B) == [("does not speak gemini", "a b")]
    assert split("chat", A, B) == [("speaks chat", "a b")]


def test_a_models_own_list_of_formats_outranks_the_providers_unless_it_is_empty() -> None:
    narrow = speaking("narrow/x", "messages", "chat", access_via=("Chat",))
    empty = speaking("empty/x", "messages", access_via=())
    assert split("messages", narrow, empty) == [
        ("speaks messages", "empty"),
        ("does not speak messages", "narrow"),
    ]
    assert split("chat", narrow) == [("speaks chat", "narrow")]


def test_a_subtype_is_preferred_then_its_base_also_without_api_match() -> None:
    lite = speaking("lite/x", "responses:lite")
    full = speaking("full/x", "responses")
    assert split("responses:lite", A, full, lite, api_match=False) == [
        ("speaks responses:lite", "lite"),
        ("speaks responses", "full"),
        ("does not speak responses:lite", "a"),
    ]


@pytest.mark.parametrize(
    ("kind", "operation", "does"),
    [
        ("text", Operation.CHAT, True),
        ("text", Operation.COUNT_TOKENS, True),
        ("embeddings", Operation.CHAT, False),
        ("image", Operation.COUNT_TOKENS, False),
        ("embeddings", Operation.EMBED, True),
        ("text", Operation.EMBED, False),
        ("speech", Operation.SPEECH, True),
        ("speech", Operation.TRANSCRIBE, False),
        ("transcriptions", Operation.TRANSCRIBE, True),
        ("image", Operation.IMAGE, True),
    ],
)
def test_a_model_serves_what_its_type_says(kind: str, operation: Operation, does: bool) -> None:
    assert suits(speaking("a/x", "chat", type=kind), alias("m"), operation) is does


def test_where_no_type_is_written_the_alias_or_the_providers_formats_tell() -> None:
    assert suits(A, alias("m", type="embeddings"), Operation.EMBED) is True
    assert suits(A, None, Operation.EMBED) is False
    assert suits(speaking("g/x", "gemini"), None, Operation.EMBED) is True
    assert suits(speaking("g/x", "gemini"), None, Operation.SPEECH) is False
    assert suits(speaking("i/x", "images"), None, Operation.IMAGE) is True
