"""What the demo model says."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.embedded_reply import Call, Reply, compose
from plexus.addons.upstream.embedded_request import Ask
from plexus.addons.upstream.embedded_tools import Tool
from plexus.transforms.wire import parse

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool(name="weather", kind="function", schema=SCHEMA)
CLOCK = Tool(name="clock", kind="function", schema=None)
SHELL = Tool(name="shell", kind="custom", schema=None)
WEATHER_CALL = Call(
    id="call_1", name="weather", kind="function", arguments=('{"city":', '"example', ' city"}')
)
CLOCK_CALL = Call(id="call_2", name="clock", kind="function", arguments=("{}",))


def ask(**fields: object) -> Ask:
    defaults = {
        "model": "demo",
        "prompt": "What is the weather?",
        "attachments": 0,
        "results": (),
        "tools": (),
        "parallel": True,
        "output": "text",
        "schema": None,
        "stream": False,
        "include_usage": False,
        "limit": None,
        "stop": (),
        "prompt_tokens": 6,
    }
    return Ask(**{**defaults, **fields})


def reply(**fields: object) -> Reply:
    numbers = count(1)
    return compose(ask(**fields), lambda: str(next(numbers)))


def text(**fields: object) -> str:
    return "".join(reply(**fields).text)


def test_the_prompt_is_echoed_by_something_that_owns_up_to_being_a_demo():
    said = text(prompt="Hi,\n  there!")

    assert said.startswith(
        "Hello from the Plexus demo model. You said: “Hi, there!”. I am built in"
    )
    assert "add a provider to your configuration" in said


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"prompt": None}, "I heard no words from you."),
        (
            {"prompt": "", "attachments": 1},
            "no words from you. I cannot look at what you attached.",
        ),
        ({"attachments": 3}, "I cannot look at the 3 things you attached."),
        ({"prompt": "x" * 300}, f"“{'x' * 200}…”"),
    ],
)
def test_what_it_could_not_take_in_is_said(fields, expected):
    assert expected in text(**fields)


def test_tool_results_are_summed_up():
    said = text(results=(("weather", "18 °C,\nsunny"), ("clock", "noon")))

    assert "Your tools have run. weather returned: 18 °C, sunny. clock returned: noon." in said
    assert "Plexus demo model" in said


def test_the_first_tool_is_called():
    assert reply(tools=(WEATHER, CLOCK)) == Reply(calls=(WEATHER_CALL,), finish="tool_calls")


@pytest.mark.parametrize("prompt", ["Ask both!", "in PARALLEL, please"])
def test_two_tools_are_called_when_the_prompt_says_so(prompt):
    assert reply(prompt=prompt, tools=(WEATHER, CLOCK, SHELL)) == Reply(
        calls=(WEATHER_CALL, CLOCK_CALL), finish="tool_calls"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "both", "tools": (WEATHER,)},
        {"prompt": "both", "tools": (WEATHER, CLOCK), "parallel": False},
        {"prompt": "don't bother", "tools": (WEATHER, CLOCK)},
        {"prompt": None, "tools": (WEATHER, CLOCK)},
    ],
)
def test_one_tool_is_called_otherwise(fields):
    assert reply(**fields).calls == (WEATHER_CALL,)


def test_a_custom_tool_gets_free_text():
    assert reply(tools=(SHELL,)).calls[0].arguments == ("example", " input")


def test_arguments_are_an_object_even_if_the_schema_is_not_of_one():
    tool = Tool(name="odd", kind="function", schema={"type": "string"})

    assert reply(tools=(tool,)).calls[0].arguments == ("{}",)


def test_a_calls_id_is_never_longer_than_the_strictest_client_takes():
    assert len(compose(ask(tools=(CLOCK,)), lambda: "9" * 50).calls[0].id) == 40


def test_a_schema_for_the_answer_is_filled_in():
    assert parse(text(output="schema", schema=SCHEMA)) == {"city": "example city"}


def test_plain_json_is_an_object_with_the_words():
    answer = parse(text(output="json"))

    assert isinstance(answer, dict)
    assert str(answer["message"]).startswith("Hello from the Plexus demo model.")


def test_the_earliest_stop_sequence_ends_the_text():
    assert reply(stop=("demo", "Plexus", "absent")) == Reply(
        text=("Hello", " from", " the", " "), finish="stop"
    )


def test_a_limit_cuts_the_text():
    cut = reply(limit=3)

    assert (cut, cut.tokens) == (Reply(text=("Hello", " from", " the"), finish="length"), 3)


def test_a_limit_that_is_just_enough_cuts_nothing():
    whole = reply()

    assert reply(limit=whole.tokens) == whole
    assert reply(limit=whole.tokens - 1).finish == "length"


@pytest.mark.parametrize(
    ("limit", "calls"),
    [
        (6, (WEATHER_CALL, CLOCK_CALL)),
        (5, (WEATHER_CALL, Call(id="call_2", name="clock", kind="function", arguments=()))),
        (4, (WEATHER_CALL,)),
        (2, (Call(id="call_1", name="weather", kind="function", arguments=('{"city":',)),)),
    ],
)
def test_a_limit_cuts_tool_calls(limit, calls):
    cut = reply(prompt="both", tools=(WEATHER, CLOCK), limit=limit)

    assert (cut.calls, cut.tokens) == (calls, limit)
    assert cut.finish == ("tool_calls" if limit == 6 else "length")


def test_a_limit_below_the_tools_name_leaves_nothing():
    tool = Tool(name="a_long_name_for_a_tool", kind="function", schema=None)

    assert reply(tools=(tool,), limit=2) == Reply(finish="length")


@given(st.integers(min_value=1, max_value=120), st.sampled_from(["hello", "both"]), st.booleans())
def test_no_reply_is_longer_than_its_limit(limit, prompt, with_tools):
    tools = (WEATHER, CLOCK) if with_tools else ()

    assert reply(limit=limit, prompt=prompt, tools=tools).tokens <= limit
