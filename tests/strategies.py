"""Hypothesis strategies for the intermediate representation, its events and byte splits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import strategies as st

from plexus.transforms import ir
from plexus.transforms.assemble import replay
from plexus.transforms.events import BlockDelta, Event
from plexus.transforms.wire import Json, JsonObject

DIALECTS = ("chat", "responses", "messages", "gemini")
KEYS = st.sampled_from(["alpha", "beta", "größe", "日本", "x-y", ""])

# No lone surrogates: JSON text can hold them, UTF-8 cannot; test_wire has them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_-]{0,15}", fullmatch=True)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
counts = st.integers(0, 10**9)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)


def json_objects(max_leaves: int = 6) -> st.SearchStrategy[JsonObject]:
    """JSON objects of any shape."""
    return st.dictionaries(KEYS, json_values(max_leaves), max_size=3)


def json_values(max_leaves: int = 6) -> st.SearchStrategy[Json]:
    """JSON values of any shape."""
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=max_leaves,
    )


# What a model writes as a call's arguments: mostly JSON objects, now and then garbage or nothing.
arguments = st.sampled_from(
    ["", "{}", '{"a":1}', '{"b": [1,2], "a":"ü"}', '{"n":12345678901234567890}']
)
free_arguments = arguments | st.just('{"cut":') | texts

exts = st.dictionaries(st.sampled_from(DIALECTS), json_objects(3), max_size=2)
cache_marks = st.none() | st.builds(ir.CacheMark, ttl=st.sampled_from([None, "5m", "1h"]))
seals = st.builds(
    ir.Seal,
    dialect=st.sampled_from(DIALECTS),
    kind=st.sampled_from(["signature", "redacted", "encrypted", "thought"]),
    data=texts,
    id=st.none() | ids,
)
citations = st.builds(
    ir.Citation,
    url=st.none() | st.just("https://example.com/a"),
    title=st.none() | texts,
    start=st.none() | counts,
    end=st.none() | counts,
    quote=st.none() | texts,
    ext=exts,
)
text_parts = st.builds(
    ir.Text,
    text=texts,
    citations=st.lists(citations, max_size=2).map(tuple),
    cache=cache_marks,
    ext=exts,
)


@st.composite
def media_parts(draw: st.DrawFn) -> ir.Media:
    """Media with exactly one source."""
    source: dict[str, str] = draw(
        st.sampled_from(
            [
                {"data": "aGVsbG8="},
                {"url": "https://example.com/picture.png"},
                {"file_id": "file-1"},
                {"text": "plain words"},
            ]
        )
    )
    return ir.Media(
        kind=draw(st.sampled_from(["image", "audio", "document", "video"])),
        mime=draw(st.sampled_from([None, "image/png", "application/pdf", "audio/wav"])),
        name=draw(st.none() | names),
        detail=draw(st.sampled_from([None, "low", "high"])),
        cache=draw(cache_marks),
        ext=draw(exts),
        **source,
    )


@st.composite
def thinking_parts(draw: st.DrawFn) -> ir.Thinking:
    """Reasoning in one piece, or in segments whose texts make up the whole."""
    segments = tuple(draw(st.lists(texts, max_size=3)))
    return ir.Thinking(
        text="\n\n".join(segments) if segments else draw(texts),
        seal=draw(st.none() | seals),
        segments=segments,
        raw=draw(st.booleans()),
        ext=draw(exts),
    )


tool_calls = st.builds(
    ir.ToolCall,
    id=ids,
    name=names,
    arguments=free_arguments,
    kind=st.sampled_from(["function", "custom"]),
    seal=st.none() | seals,
    cache=cache_marks,
    ext=exts,
)
refusals = st.builds(ir.Refusal, text=texts, ext=exts)
opaques = st.builds(ir.Opaque, dialect=st.sampled_from(DIALECTS), raw=json_objects())
tool_results = st.builds(
    ir.ToolResult,
    call_id=ids,
    parts=st.lists(text_parts | media_parts() | opaques, max_size=3).map(tuple),
    name=st.none() | names,
    is_error=st.booleans(),
    kind=st.sampled_from(["function", "custom"]),
    cache=cache_marks,
    ext=exts,
)
answer_parts = (
    text_parts | thinking_parts() | tool_calls | refusals | opaques | media_parts() | tool_results
)

usages = st.builds(
    ir.Usage,
    input=st.none() | counts,
    output=st.none() | counts,
    cache_read=st.none() | counts,
    cache_write=st.none() | counts,
    cache_write_1h=st.none() | counts,
    reasoning=st.none() | counts,
    cost=st.none() | st.floats(0, 1000),
    ext=exts,
)
choices = st.builds(
    ir.Choice,
    parts=st.lists(answer_parts, max_size=4).map(tuple),
    stop=st.sampled_from(ir.Stop),
    stop_sequence=st.none() | texts,
    stop_detail=st.none() | texts,
    logprobs=st.none() | st.lists(json_objects(2), max_size=3),
    ext=exts,
)
responses = st.builds(
    ir.ChatResponse,
    id=ids,
    model=names,
    choices=st.lists(choices, min_size=1, max_size=2).map(tuple),
    usage=st.none() | usages,
    created=st.none() | counts,
    ext=exts,
)

messages = st.builds(
    ir.Message,
    role=st.sampled_from(["system", "developer", "user", "assistant"]),
    parts=st.lists(answer_parts, max_size=3).map(tuple),
    name=st.none() | names,
    ext=exts,
)
tool_specs = st.builds(
    ir.ToolSpec,
    name=names,
    description=st.none() | texts,
    schema=st.none() | st.just({"type": "object", "properties": {"a": {"type": "string"}}}),
    strict=st.none() | st.booleans(),
    kind=st.sampled_from(["function", "custom"]),
    format=st.none() | st.just({"type": "grammar", "syntax": "regex", "definition": "a+"}),
    cache=cache_marks,
    ext=exts,
)
server_tools = st.builds(
    ir.ServerTool,
    dialect=st.sampled_from(DIALECTS),
    raw=json_objects(),
    purpose=st.sampled_from(["web_search", "code_execution", "url_context", "mcp", "other"]),
)
tool_choices = st.builds(
    ir.ToolChoice,
    mode=st.sampled_from(["auto", "none", "required", "named", "allowed"]),
    names=st.lists(names, max_size=2).map(tuple),
    required=st.booleans(),
    ext=exts,
)
samplings = st.builds(
    ir.Sampling,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 100),
    seed=st.none() | st.integers(0, 2**31),
    stop=st.lists(texts, max_size=6).map(tuple),
    frequency_penalty=st.none() | st.floats(-2, 2),
    presence_penalty=st.none() | st.floats(-2, 2),
    logit_bias=st.none() | st.just({"50256": -100}),
    logprobs=st.none() | st.integers(0, 20),
    n=st.none() | st.integers(1, 4),
)
reasonings = st.builds(
    ir.Reasoning,
    mode=st.sampled_from([None, "off", "on", "adaptive"]),
    effort=st.sampled_from([None, "minimal", "low", "medium", "high", "xhigh", "max"]),
    budget=st.none() | st.integers(0, 64_000),
    summary=st.sampled_from([None, "auto", "concise", "detailed"]),
    show=st.none() | st.booleans(),
    ext=exts,
)
outputs = st.builds(
    ir.OutputFormat,
    kind=st.sampled_from(["text", "json", "schema"]),
    schema=st.just({"type": "object", "properties": {}, "additionalProperties": False}),
    name=st.none() | names,
    description=st.none() | texts,
    strict=st.none() | st.booleans(),
    ext=exts,
)
requests = st.builds(
    ir.ChatRequest,
    model=names,
    messages=st.lists(messages, max_size=5).map(tuple),
    system=st.lists(text_parts, max_size=2).map(tuple),
    tools=st.lists(tool_specs | server_tools, max_size=3).map(tuple),
    tool_choice=st.none() | tool_choices,
    parallel_tools=st.none() | st.booleans(),
    stream=st.booleans(),
    include_usage=st.booleans(),
    max_output=st.none() | st.integers(0, 100_000),
    sampling=samplings,
    reasoning=st.none() | reasonings,
    output=st.none() | outputs,
    verbosity=st.sampled_from([None, "low", "medium", "high"]),
    cache=cache_marks,
    cache_key=st.none() | names,
    tier=st.sampled_from([None, "auto", "default", "flex", "priority"]),
    user=st.none() | names,
    metadata=st.none() | json_objects(3),
    ext=exts,
)


@st.composite
def event_streams(draw: st.DrawFn) -> list[Event]:
    """The events of a whole answer, its deltas cut small at random."""
    events: list[Event] = []
    for event in replay(draw(responses)):
        if isinstance(event, BlockDelta) and len(event.text) > 1 and draw(st.booleans()):
            at = draw(st.integers(1, len(event.text) - 1))
            events.append(BlockDelta(event.index, event.kind, event.text[:at]))
            event = BlockDelta(event.index, event.kind, event.text[at:])  # noqa: PLW2901 - the rest
        events.append(event)
    return events


@st.composite
def cut_event_streams(draw: st.DrawFn) -> list[Event]:
    """The events of an answer that broke off anywhere."""
    events = draw(event_streams())
    return events[: draw(st.integers(0, len(events)))]


def splits(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """`data` in pieces, cut at random, some of them empty."""
    cuts = st.lists(st.integers(0, len(data)), max_size=12).map(sorted)
    return cuts.map(lambda at: pieces(data, at))


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut `data` at ascending offsets."""
    bounds = [0, *cuts, len(data)]
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def bytewise(data: bytes) -> list[bytes]:
    """Cut `data` into single bytes."""
    return [data[i : i + 1] for i in range(len(data))]
