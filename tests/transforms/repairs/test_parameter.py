"""Parameters that a provider does not know are left out, however it says so."""

from __future__ import annotations

import pytest

from plexus.transforms.repairs.parameter import Parameters
from plexus.transforms.wire import JsonObject


def left_out(body: JsonObject, text: str) -> set[str] | None:
    """The keys that a complaint takes out of a body; `None` without a repair."""
    mended = Parameters().mend("chat", body, text)
    return None if mended is None else set(body) - set(mended)


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported parameter: 'store'",
        "Unknown parameter: 'store'.",
        "unknown parameter: store",
        "UNSUPPORTED PARAMETER: store.",
        "400: unsupported parameter `store` for this model",
        "Unsupported parameter(s): `store`",
        "Unrecognized request argument supplied: store",
        "Unrecognized request arguments supplied: store, stop",
        "Unexpected field: \"store\"",
        "json: unknown field \"store\"",
        "property 'store' is unsupported",
        "property 'store' is unsupported, did you mean 'stop'?",
        "The parameter 'store' is not supported with this model.",
        "Argument not supported on this model: store",
        "store: Extra inputs are not permitted",
        "body.store: Extra inputs are not permitted",
        "store: extra fields not permitted",
        "1 validation error for Request\nstore\n  Extra inputs are not permitted [type=x]",
        "Extra inputs are not permitted, field: 'store', value: True",
        "Invalid JSON payload received. Unknown name \"store\": Cannot find field.",
    ],
)  # fmt: skip
def test_a_parameter_is_recognised_in_each_providers_words(text: str) -> None:
    assert left_out({"store": True, "stop": ["x"], "model": "m"}, text) == {"store"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Missing required parameter: 'store'.",
        "Invalid value for parameter: 'store'",
        "Unsupported value: 'store' does not support True with this model.",
        "Unknown parameter: 'store of things'.",
        "Unknown parameter: store/things",
        "Unknown parameter: 'storefront'",
        "unknown parameter store",
        "Unknown parameter: 'model'",
    ],
)
def test_other_words_take_nothing_out(text: str) -> None:
    assert left_out({"store": True, "model": "m"}, text) is None


def test_groq_names_the_message_that_the_property_is_in() -> None:
    body: JsonObject = {"messages": [{"role": "user"}, {"role": "assistant", "reasoning": "r"}]}
    text = (
        "'messages.1' : for 'role:assistant' the following must be satisfied"
        "[('messages.1' : property 'reasoning' is unsupported, did you mean 'role'?)]"
    )
    assert Parameters().mend("chat", body, text) == {
        "messages": [{"role": "user"}, {"role": "assistant"}]
    }


def test_google_names_the_object_that_the_field_is_in() -> None:
    body: JsonObject = {"contents": [], "generationConfig": {"thinkingConfig": {}, "seed": 1}}
    text = "Unknown name \"thinking_config\" at 'generation_config': Cannot find field."
    assert Parameters().mend("gemini", body, text) == {
        "contents": [],
        "generationConfig": {"seed": 1},
    }


@pytest.mark.parametrize(
    ("body", "text", "mended"),
    [
        (
            {"max_tokens": 5},
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            {"max_completion_tokens": 5},
        ),
        (
            {"max_tokens": 5},
            "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved "
            "to 'max_output_tokens'.",
            {"max_output_tokens": 5},
        ),
        (
            {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
            "Unsupported parameter: 'reasoning_effort' has moved to 'reasoning.effort'.",
            {"reasoning": {"summary": "auto", "effort": "low"}},
        ),
        (
            {"max_tokens": 5, "max_completion_tokens": 7},
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            {"max_completion_tokens": 7},
        ),
        (
            {"verbosity": "low", "text": "words"},
            "Unsupported parameter: 'verbosity' has moved to 'text.verbosity'.",
            {"text": "words"},
        ),
        ({"max_tokens": 5}, "Unsupported parameter: 'max_tokens'.", {}),
        ({"a": 5}, "property 'a' is unsupported, did you mean 'b'?", {}),
    ],
)
def test_a_value_moves_to_the_name_that_the_refusal_gives(
    body: JsonObject, text: str, mended: JsonObject
) -> None:
    assert Parameters().mend("chat", body, text) == mended


def test_a_value_does_not_move_back_to_a_name_that_was_refused() -> None:
    parameters = Parameters()
    first = parameters.mend(
        "chat", {"max_tokens": 5}, "Unsupported parameter: 'max_tokens'. Use max_completion_tokens."
    )
    assert first == {"max_completion_tokens": 5}
    text = "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens'."
    assert parameters.mend("chat", first, text) == {}


def test_no_name_is_left_out_twice_however_it_is_spelled() -> None:
    parameters = Parameters()
    body: JsonObject = {"tools": [{"a": 1}, {"a": 2}, {"a": 3}]}
    assert parameters.mend("chat", body, "Unknown parameter: tools[0]") is not None
    assert parameters.mend("chat", body, "Unknown parameter: tools.0") is None
    assert parameters.mend("chat", body, "Unknown parameter: tools.1") is not None


def test_the_first_name_that_can_be_left_out_is() -> None:
    text = "Unknown parameter: 'absent'. Unknown parameter: 'model'. Unknown parameter: 'store'."
    assert left_out({"store": True, "model": "m"}, text) == {"store"}
