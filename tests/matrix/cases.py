"""What each pair of a client and a provider must get right, one function per case.

A case raises `AssertionError`, or whatever the client's SDK raises, if the pair fails it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from plexus.transforms.wire import JsonObject, dump_text, parse
from tests.fakes.native.shapes import Call, Refused, Thought, Tokens, said
from tests.fakes.script import Reply
from tests.matrix.case_errors import refused_calls, stream_cut, stream_error
from tests.matrix.stage import Pair, answer
from tests.matrix.talk import PARAMETERS, Answer, Counts, File, Topic
from tests.matrix.targets import BASE


@dataclass(frozen=True, slots=True)
class Case:
    """Something that a pair must get right; `clients` are those whose format can say it."""

    play: Callable[[Pair], Awaitable[None]]
    clients: frozenset[str] = frozenset({"chat", "responses", "messages", "gemini"})


TOOL = "get_weather"
CITIES = ("Oslo", "Zürich")  # the ü must come through
RESULTS = ("3 °C, snow", "18 °C")
TOKENS = Tokens(prompt=110, output=25, cached=40, written=10, reasoning=7)

# Real beginnings, for who gets a file may look at its bytes. In base64 both hold "+" or "/".
PNG = File(
    "image/png",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
)
PDF = File("application/pdf", "JVBERi0xLjQKJcOkw7zDtsOfPj8+Pz4/")
CODE = 'print("ü")\n\tend\\'
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "degrees": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["cold", "warm"]}},
    },
    "required": ["city", "degrees", "tags"],
    "additionalProperties": False,
}


async def plain(pair: Pair, *, streamed: bool) -> None:
    """A prompt, a question, an answer with everything that usage can say."""
    pair.will_answer(said("Hel", "lo ", "Zürich"), streamed=streamed, tokens=TOKENS)
    topic = Topic(model=pair.alias, stream=streamed, limit=64, temperature=0.5)
    got = await pair.client.talk(topic).ask("Say hello.")
    assert (got.text, got.stop) == ("Hello Zürich", pair.client.stops["end"])
    assert (got.thoughts, got.calls) == ("", ())
    assert got.counts == counts_for(pair)
    asked = pair.asked()
    assert asked.system.strip() == "Be brief."
    assert asked.said == ("Say hello.",)
    assert asked.limit == 64


def counts_for(pair: Pair) -> Counts:
    """What the client must be told of TOKENS: what neither format can say is zero."""
    written = 0 if pair.target.dialect == "gemini" else TOKENS.written
    return Counts(
        prompt=TOKENS.prompt,
        output=TOKENS.output,
        cached=TOKENS.cached,
        written=None if pair.client.name == "gemini" else written,
        reasoning=TOKENS.reasoning,
    )


async def tools(pair: Pair, *, streamed: bool) -> None:
    """Two calls at once, their results, and the answer to them."""
    calls = tuple(_call(pair, city) for city in CITIES)
    pair.will_answer(*calls, streamed=streamed)
    pair.will_answer(said("Cold ", "and warm."), streamed=streamed)
    talk = pair.client.talk(Topic(model=pair.alias, stream=streamed, tool=TOOL))
    first = await talk.ask("The weather?")
    assert first.calls == tuple((TOOL, {"city": city}) for city in CITIES)
    assert (first.text, first.stop) == ("", pair.client.stops["tools"])
    last = await talk.give(RESULTS)
    assert (last.text, last.stop) == ("Cold and warm.", pair.client.stops["end"])
    _check_schema(pair.asked(0).tools[TOOL], PARAMETERS)
    asked = pair.asked(1)
    assert asked.calls == tuple((TOOL, {"city": city}) for city in CITIES)
    assert asked.results == RESULTS
    assert asked.said == ("The weather?",)


def _call(pair: Pair, city: str, seal: str = "") -> Call:
    return Call(name=TOOL, id=pair.new_id(), arguments=dump_text({"city": city}), seal=seal)


def _check_schema(got: object, wanted: JsonObject) -> None:
    """Names and required properties must arrive; keywords may be fewer in narrower formats."""
    assert isinstance(got, dict)
    assert isinstance(wanted["properties"], dict)
    assert got["properties"].keys() == wanted["properties"].keys()
    assert got["required"] == wanted["required"]


async def text_before_tools(pair: Pair) -> None:
    """Words and a call in one streamed answer, and a tool without arguments."""
    call = Call(name=TOOL, id=pair.new_id(), arguments="{}")
    pair.will_answer(said("Let me ", "look."), call, streamed=True)
    pair.will_answer(said("Done."), streamed=True)
    talk = pair.client.talk(Topic(model=pair.alias, stream=True, tool=TOOL))
    first = await talk.ask("The weather?")
    assert (first.text, first.calls) == ("Let me look.", ((TOOL, {}),))
    assert first.stop == pair.client.stops["tools"]
    assert (await talk.give(("nothing",))).text == "Done."
    asked = pair.asked(1)
    assert (asked.calls, asked.results) == (((TOOL, {}),), ("nothing",))


async def freeform(pair: Pair) -> None:
    """A tool that takes free text, there and back, whether the provider has such tools or not.

    OpenAI's SDK has no types for the deltas of such a call in a chat stream.
    """
    for streamed in (False,) if pair.client.name == "chat" else (False, True):
        pair.provider.script(lambda _, streamed=streamed: _call_freely(pair, streamed=streamed))
        pair.will_answer(said("Done."), streamed=streamed)
        topic = Topic(model=pair.alias, stream=streamed, tool=TOOL, freeform=True)
        talk = pair.client.talk(topic)
        assert (await talk.ask("Run it.")).calls == ((TOOL, CODE),)
        assert (await talk.give(("fine",))).text == "Done."
        asked = pair.asked()
        assert asked.calls == ((TOOL, {"input": CODE}),)
        assert asked.results == ("fine",)


def _call_freely(pair: Pair, *, streamed: bool) -> Reply:
    custom = TOOL in pair.asked().freeform
    arguments = CODE if custom else dump_text({"input": CODE})
    call = Call(name=TOOL, id=pair.new_id(), arguments=arguments, custom=custom)
    return answer(pair.native, call, streamed=streamed)


async def forced(pair: Pair) -> None:
    """A tool that must be called, and only once."""
    pair.will_answer(_call(pair, "Oslo"), streamed=False)
    first = await pair.client.talk(Topic(model=pair.alias, tool=TOOL, forced=True)).ask("Go.")
    assert first.calls == ((TOOL, {"city": "Oslo"}),)
    if pair.same or pair.target.traits.forced_tools != "never":
        assert pair.asked().forced == TOOL


async def files(pair: Pair) -> None:
    """A picture and a document, byte for byte."""
    for file in (PNG, PDF):
        pair.will_answer(said("A dot."), streamed=False)
        got = await pair.client.talk(Topic(model=pair.alias)).ask("What is it?", file)
        assert got.text == "A dot."
        asked = pair.asked()
        assert asked.files == (file.url,)
        assert asked.said == ("What is it?",)


async def shown_result(pair: Pair) -> None:
    """A tool that returns a picture."""
    pair.will_answer(_call(pair, "Oslo"), streamed=False)
    pair.will_answer(said("A dot."), streamed=False)
    talk = pair.client.talk(Topic(model=pair.alias, tool=TOOL))
    await talk.ask("The weather?")
    assert (await talk.give((PNG,))).text == "A dot."
    assert pair.asked().files == (PNG.url,)


async def structured(pair: Pair) -> None:
    """An answer in the shape of a JSON schema."""
    value = {"city": "Zürich", "degrees": 18.5, "tags": ["warm"]}
    pair.will_answer(said(dump_text(value)), streamed=False)
    got = await pair.client.talk(Topic(model=pair.alias, schema=SCHEMA)).ask("The weather?")
    assert parse(got.text) == value
    asked = pair.asked()
    if pair.same or pair.target.traits.structured_output:
        _check_schema(asked.schema, SCHEMA)
    else:
        assert dump_text(SCHEMA) in asked.system


async def thinking(pair: Pair, *, streamed: bool) -> None:
    """A thought with a seal, a call, and the next turn: the seal must come back as it was."""
    thought, seals = _thought(pair)
    call = _call(pair, "Oslo", seal=seals[0] if pair.target.dialect == "gemini" else "")
    pair.will_answer(thought, call, streamed=streamed)
    pair.will_answer(said("Cold."), streamed=streamed)
    talk = pair.client.talk(Topic(model=pair.alias, stream=streamed, tool=TOOL, think=True))
    first = await talk.ask("The weather?")
    assert first.thoughts == "I should look."
    assert first.calls == ((TOOL, {"city": "Oslo"}),)
    assert (await talk.give(("3 °C",))).text == "Cold."
    asked = pair.asked(1)
    assert asked.seals == seals
    if pair.target.traits.reasoning_field is not None and not pair.same:
        assert asked.thoughts == ("I should look.",)


def _thought(pair: Pair) -> tuple[Thought, tuple[str, ...]]:
    """A thought as this provider has them, and the seals that it wants back."""
    text = "I should look."
    match pair.target.dialect:
        case "chat" if pair.target.quirk != "openrouter":
            return Thought(text=text), ()
        case "gemini":
            return Thought(text=text), ("c2VhbCBvZiBhIGNhbGw/Pz8+",)  # on the call
        case _:
            seal = "c2VhbCBvZiBhIHRob3VnaHQ/Pz8+"
            return Thought(text=text, seal=seal), (seal,)


async def thinking_then_text(pair: Pair) -> None:
    """A thought before words, streamed: both shown, and the seal back on the next question."""
    thought, seals = _thought(pair)
    sealed = pair.target.dialect != "gemini"  # which signs calls
    pair.will_answer(thought, said("Of ", "course."), streamed=True, tokens=TOKENS)
    pair.will_answer(said("Yes."), streamed=True)
    talk = pair.client.talk(Topic(model=pair.alias, stream=True, think=True))
    first = await talk.ask("Sure?")
    assert (first.thoughts, first.text) == ("I should look.", "Of course.")
    assert first.counts == counts_for(pair)
    assert (await talk.ask("Really?")).text == "Yes."
    asked = pair.asked(1)
    assert asked.seals == (seals if sealed else ())
    assert asked.said == ("Sure?", "Really?")


async def switched(pair: Pair) -> None:
    """To this provider from another one and back: to each its own seals, and nobody else's."""
    for other in BASE:
        if other.dialect != pair.target.dialect:
            await _switch(pair, pair.stage.pair(pair.client.name, other))


async def _switch(pair: Pair, other: Pair) -> None:
    pair.provider.forget()
    talk = pair.client.talk(Topic(model=other.alias, stream=True, tool=TOOL, think=True))
    seals = []
    for at in (other, pair):
        thought, own = _thought(at)
        call = _call(at, "Oslo", seal=own[0] if at.target.dialect == "gemini" else "")
        at.will_answer(thought, call, streamed=True)
        seals.append(own)
    other.will_answer(said("Cold."), streamed=True)
    assert (await talk.ask("The weather?")).calls
    talk.turn_to(pair.alias)
    assert (await talk.give(("3 °C",))).calls
    talk.turn_to(other.alias)
    assert (await talk.give(("4 °C",))).text == "Cold."
    there, back = pair.asked(), other.asked()
    assert there.results == ("3 °C",), f"from {other.target.name}"
    assert back.results == ("3 °C", "4 °C"), f"back to {other.target.name}"
    # Chat names the maker of a seal, so that compatible servers can tell theirs; what OpenRouter
    # passes on of Claude's, Anthropic can read.
    if pair.target.quirk == "openrouter" and other.target.dialect == "messages":
        back = replace(back, seals=back.seals[:1])
    if not (pair.same and pair.target.dialect == "chat" and not pair.target.traits.official):
        assert there.seals == (), f"from {other.target.name}: {there.seals}"
    if not (other.same and other.target.dialect == "chat"):
        assert back.seals == seals[0], f"back to {other.target.name}: {back.seals}"


async def length(pair: Pair, *, streamed: bool) -> None:
    """An answer that is cut off by its limit."""
    pair.will_answer(said("Once ", "upon a"), streamed=streamed, stop="length")
    topic = Topic(model=pair.alias, stream=streamed, limit=16)
    got = await pair.client.talk(topic).ask("A story.")
    assert (got.text, got.stop) == ("Once upon a", pair.client.stops["length"])


async def refusal(pair: Pair, *, streamed: bool) -> None:
    """A model that declines, with words or, as Gemini, without."""
    words = "I cannot help with that."
    pair.will_answer(Refused(words), streamed=streamed, stop="refusal")
    got = await pair.client.talk(Topic(model=pair.alias, stream=streamed)).ask("Do evil.")
    assert got.stop in (pair.client.stops["refusal"], pair.client.stops["filtered"])
    # Gemini names a reason instead of words, which is shown to those who have a place for it.
    assert told(got) in (("", "SAFETY") if pair.target.dialect == "gemini" else (words,))
    if not got.refusal:
        assert got.stop == pair.client.stops["filtered"]


def told(got: Answer) -> str:
    """What the user sees."""
    return got.text + got.refusal


CASES: Mapping[str, Case] = {
    "plain": Case(partial(plain, streamed=False)),
    "stream": Case(partial(plain, streamed=True)),
    "tools": Case(partial(tools, streamed=False)),
    "tools-stream": Case(partial(tools, streamed=True)),
    "text-tools": Case(text_before_tools),
    "freeform": Case(freeform, frozenset({"chat", "responses"})),
    "forced": Case(forced),
    "files": Case(files),
    "shown": Case(shown_result, frozenset({"responses", "messages", "gemini"})),
    "schema": Case(structured),
    "think": Case(partial(thinking, streamed=False)),
    "think-stream": Case(partial(thinking, streamed=True)),
    "think-text": Case(thinking_then_text),
    "switch": Case(switched),
    "length": Case(partial(length, streamed=False)),
    "length-stream": Case(partial(length, streamed=True)),
    "refusal": Case(partial(refusal, streamed=False)),
    "refusal-stream": Case(partial(refusal, streamed=True)),
    "errors": Case(refused_calls),
    "stream-error": Case(stream_error),
    "stream-cut": Case(stream_cut),
}
