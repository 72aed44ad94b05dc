"""What model families can do, whoever serves them."""

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.families import GPT, drawn_at_rest, efforts, rests, thoughtless
from plexus.transforms.quirk import Facts
from plexus.transforms.wire import JsonObject

SERVER = Facts(name="server", families=GPT)
USUAL = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("o1", USUAL),
        ("o3-mini-2025-01-31", USUAL),
        ("o4-mini", USUAL),
        ("gpt-5", ("minimal", *USUAL)),
        ("gpt-5-nano-2025-08-07", ("minimal", *USUAL)),
        ("gpt-5-codex", USUAL),
        ("gpt-5-pro", ("high",)),
        ("gpt-5.1-codex-mini", USUAL),
        ("gpt-5.1-codex-max", (*USUAL, "xhigh")),
        ("gpt-5.3-codex", (*USUAL, "xhigh")),
        ("gpt-5.2-pro-2025-12-11", ("medium", "high", "xhigh")),
        ("gpt-5.5", ("none", *USUAL, "xhigh")),
        ("gpt-5.6-sol", ("none", *USUAL, "xhigh", "max")),
        ("gpt-5.12", ("none", *USUAL, "xhigh", "max")),
        ("gpt-6-astra", ("none", *USUAL, "xhigh", "max")),
    ],
)
def test_models_that_always_think_know_their_efforts_and_draw_by_themselves(
    model: str, words: tuple[str, ...]
) -> None:
    assert SERVER.traits(model, Traits()) == Traits(efforts=words, sampling=False)
    assert SERVER.mend_request({"logit_bias": {}, "stop": ["x"]}, model, Receipt()) == {}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-5.1", ("none", *USUAL)),
        ("gpt-5.1-2025-11-13", ("none", *USUAL)),
        ("openai/gpt-5.4-nano", ("none", *USUAL, "xhigh")),
        ("gpt-oss-120b", USUAL),
    ],
)
def test_models_that_may_rest_take_sampling(model: str, words: tuple[str, ...]) -> None:
    assert SERVER.traits(model, Traits()) == Traits(efforts=words)


@pytest.mark.parametrize(
    "model",
    ["gpt-4o-mini", "gpt-4.1", "gpt-3.5-turbo", "chatgpt-4o-latest", "ft:gpt-4o-mini:org::id",
     "gpt-5-chat-latest", "gpt-5.2-chat-latest", "gpt-4o-audio-preview"],
)  # fmt: skip
def test_models_that_do_not_think_cannot_be_told_how_much(model: str) -> None:
    assert SERVER.traits(model, Traits()) == Traits(effort=None)


def test_models_that_search_draw_by_themselves() -> None:
    assert SERVER.traits("gpt-4o-search-preview", Traits()) == Traits(effort=None, sampling=False)
    assert SERVER.mend_request({"seed": 1, "n": 1}, "gpt-4o-mini-search", Receipt()) == {}


def test_the_first_models_that_thought_knew_no_developers() -> None:
    assert SERVER.traits("o1-mini", Traits(developer_role=True)) == Traits(
        effort=None, sampling=False, developer_role=False
    )


@pytest.mark.parametrize("model", ["", "llama-3", "omni-moderation", "codex-mini-latest", "opus"])
def test_nothing_is_said_of_other_models(model: str) -> None:
    assert SERVER.traits(model, Traits()) == Traits()
    assert SERVER.mend_request({"stop": []}, model, Receipt()) == {"stop": []}


def test_a_family_speaks_of_effort_in_words_whatever_its_server_did() -> None:
    server = Traits(effort="reasoning", efforts=())
    assert efforts("low", "high")(server) == Traits(efforts=("low", "high"))
    assert thoughtless(server).effort is None


@pytest.mark.parametrize(
    ("body", "model", "rest"),
    [
        ({}, "gpt-5.4", True),
        ({}, "gpt-5.2-2025-12-11", True),
        ({"reasoning_effort": "none"}, "gpt-5.6", True),
        ({"reasoning": {"effort": "none"}}, "x", True),
        ({"reasoning": {"summary": "auto"}}, "gpt-5.1", True),
        ({"reasoning_effort": "low"}, "gpt-5.4", False),
        ({"reasoning": {"effort": "low"}}, "gpt-5.4", False),
        ({}, "gpt-5", False),
        ({}, "gpt-5.5", False),
        ({}, "gpt-5.1-codex", False),
    ],
)
def test_whether_a_model_will_think(body: JsonObject, model: str, rest: bool) -> None:
    assert rests(body, model) is rest


def test_sampling_stays_away_while_a_model_thinks() -> None:
    receipt = Receipt()
    body: JsonObject = {"temperature": 1, "logprobs": True, "reasoning_effort": "low"}
    assert drawn_at_rest(body, "gpt-5.4", receipt) == {"reasoning_effort": "low"}
    assert [str(note) for note in receipt.notes] == [
        "dropped logprobs (not while the model thinks)",
        "dropped temperature (not while the model thinks)",
    ]
    resting: JsonObject = {**body, "reasoning_effort": "none"}
    assert drawn_at_rest(resting, "gpt-5.4", Receipt()) is resting
    assert drawn_at_rest(body, "llama-3", Receipt()) is body
