"""Strategies for conversations as clients and models really have them, for laws about all formats.

Those of `tests.strategies` make anything that the types allow; here calls have results, ids are
distinct and words say something, so that whatever does not come back was lost by a codec.
"""

from __future__ import annotations

from hypothesis import strategies as st

from plexus.transforms import ir
from plexus.transforms.wire import JsonObject

_WORDS = st.text("abc äß日😀.,", min_size=1, max_size=12).map(str.strip).filter(bool)
_NAMES = st.sampled_from(["look", "find_it", "run-all"])
_ARGUMENTS = st.sampled_from(['{"a":1}', '{"b":[1,2],"a":"ü"}', '{"n":12345678901234567890}', "{}"])
_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}

_pictures = st.just(ir.Media(kind="image", mime="image/png", data=_PICTURE))
_said = st.lists(st.builds(ir.Text, text=_WORDS) | _pictures, min_size=1, max_size=2).map(tuple)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[ir.Message, ...]:
    """Turns of user and assistant, each call with its result behind it."""
    turns = [ir.Message(role="user", parts=draw(_said))]
    for number in range(draw(st.integers(0, 2))):
        calls = tuple(
            ir.ToolCall(id=f"call_{number}_{at}", name=draw(_NAMES), arguments=draw(_ARGUMENTS))
            for at in range(draw(st.integers(0, 2)))
        )
        words = (ir.Text(text=draw(_WORDS)),) if draw(st.booleans()) or not calls else ()
        turns.append(ir.Message(role="assistant", parts=(*words, *calls)))
        results = tuple(
            ir.ToolResult(call_id=call.id, name=call.name, parts=(ir.Text(text=draw(_WORDS)),))
            for call in calls
        )
        turns.append(ir.Message(role="user", parts=results or draw(_said)))
    return tuple(turns)


_tools = st.lists(
    st.builds(
        ir.ToolSpec,
        name=_NAMES,
        description=st.none() | _WORDS,
        schema=st.just(SCHEMA),
        strict=st.sampled_from([None, True, False]),
    ),
    max_size=2,
    unique_by=lambda tool: tool.name,
).map(tuple)
_samplings = st.builds(
    ir.Sampling,
    temperature=st.none() | st.floats(0, 1),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 40),
    seed=st.none() | st.integers(0, 2**31 - 1),
    stop=st.lists(_WORDS, max_size=3, unique=True).map(tuple),
    frequency_penalty=st.none() | st.floats(-2, 1.9),
    presence_penalty=st.none() | st.floats(-2, 1.9),
)


@st.composite
def sane_requests(draw: st.DrawFn) -> ir.ChatRequest:
    """A request that means what it says."""
    tools = draw(_tools)
    choices = [None, ir.ToolChoice(mode="auto"), ir.ToolChoice(mode="none")]
    if tools:
        choices.append(ir.ToolChoice(mode="required"))
        choices.append(ir.ToolChoice(mode="named", names=(tools[0].name,)))
    return ir.ChatRequest(
        model="model-1",
        messages=draw(conversations()),
        system=tuple(ir.Text(text=text) for text in draw(st.lists(_WORDS, max_size=2))),
        tools=tools,
        tool_choice=draw(st.sampled_from(choices)) if tools else None,
        parallel_tools=draw(st.sampled_from([None, True, False])) if tools else None,
        stream=draw(st.booleans()),
        max_output=draw(st.none() | st.integers(5000, 60_000)),
        sampling=draw(_samplings),
        reasoning=draw(
            st.none()
            | st.builds(ir.Reasoning, effort=st.sampled_from(["low", "medium", "high"]))
            | st.builds(ir.Reasoning, budget=st.integers(1024, 4000))
            | st.just(ir.Reasoning(mode="off"))
        ),
        user=draw(st.none() | st.just("user-1")),
    )


@st.composite
def sane_answers(draw: st.DrawFn) -> ir.ChatResponse:
    """An answer as a model gives it."""
    parts: list[ir.Part] = []
    if draw(st.booleans()):
        parts.append(ir.Thinking(text=draw(_WORDS)))
    if draw(st.booleans()):
        parts.append(ir.Text(text=draw(_WORDS)))
    calls = [
        ir.ToolCall(id=f"call_{at}", name=draw(_NAMES), arguments=draw(_ARGUMENTS))
        for at in range(draw(st.integers(0, 2)))
    ]
    stop = ir.Stop.TOOL if calls else draw(st.sampled_from([ir.Stop.END, ir.Stop.LENGTH]))
    read, reasoning = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    usage = ir.Usage(
        input=draw(st.integers(0, 99)),
        output=reasoning + draw(st.integers(0, 99)),
        cache_read=read,
        reasoning=reasoning,
    )
    choice = ir.Choice(parts=(*parts, *calls), stop=stop)
    return ir.ChatResponse(
        id="r1", model="m", choices=(choice,), usage=usage, created=draw(st.integers(1, 2**31))
    )
