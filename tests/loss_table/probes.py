"""One feature at a time: requests and answers that differ from a plain one in a single thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from plexus.transforms.ir import (
    CacheMark,
    ChatRequest,
    ChatResponse,
    Choice,
    Citation,
    Media,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Sampling,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    ToolSpec,
    Usage,
)
from plexus.transforms.wire import JsonObject

type RequestProbe = Callable[[str], ChatRequest]  # for a source dialect
type AnswerProbe = Callable[[str], ChatResponse]

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
TOOL = ToolSpec(name="look", description="Looks.", schema=SCHEMA)
CALL = ToolCall(id="call_1", name="look", arguments='{"a":"b"}')
# How each format marks the state of its own reasoning.
SEALS: Mapping[str, Seal] = {
    "chat": Seal(dialect="responses", kind="encrypted", data="gAAA", id="rs_1"),
    "responses": Seal(dialect="responses", kind="encrypted", data="gAAA", id="rs_1"),
    "messages": Seal(dialect="messages", kind="signature", data="c2lnbg=="),
    "gemini": Seal(dialect="gemini", kind="thought", data="c2lnbg=="),
}


def asked(*parts: Part | Message, **fields: Any) -> ChatRequest:
    """A request of one turn, or of these turns."""
    turns = tuple(part for part in parts if isinstance(part, Message))
    said = tuple(part for part in parts if not isinstance(part, Message))
    messages = turns or (Message(role="user", parts=said or (Text(text="Hi"),)),)
    return ChatRequest(**{"model": "m", "messages": messages, "max_output": 5000, **fields})


def called(*result: Text | Media, error: bool = False, call: ToolCall = CALL) -> ChatRequest:
    """A conversation with a call and its result."""
    answer = ToolResult(call_id=call.id, name=call.name, parts=result, is_error=error)
    return asked(
        Message(role="user", parts=(Text(text="Hi"),)),
        Message(role="assistant", parts=(call,)),
        Message(role="user", parts=(answer,)),
        tools=(TOOL,),
    )


def thought(part: Thinking) -> ChatRequest:
    """A conversation that goes on after the assistant thought."""
    return asked(
        Message(role="user", parts=(Text(text="Hi"),)),
        Message(role="assistant", parts=(part, Text(text="Yes?"))),
        Message(role="user", parts=(Text(text="Go on."),)),
        reasoning=Reasoning(effort="low"),
    )


def _always(request: ChatRequest) -> RequestProbe:
    return lambda _source: request


_LATE = asked(
    Message(role="user", parts=(Text(text="Hi"),)),
    Message(role="system", parts=(Text(text="Be brief."),)),
    Message(role="user", parts=(Text(text="Go on."),)),
)
_PLAIN = Text(text="found")
_IMAGE = Media(kind="image", mime="image/png", data=PICTURE)
_GRAMMAR: JsonObject = {"type": "grammar", "syntax": "regex", "definition": "a+"}

REQUESTS: Mapping[str, RequestProbe] = {
    "system prompt": _always(asked(system=(Text(text="Be brief."),))),
    "system prompt between turns": _always(_LATE),
    "cache mark": _always(asked(Text(text="Hi", cache=CacheMark()))),
    "image, inline": _always(asked(_IMAGE)),
    "image, by URL": _always(asked(Media(kind="image", url="https://example.com/a.png"))),
    "PDF, inline": _always(
        asked(Media(kind="document", mime="application/pdf", data="JVBERi0=", name="a.pdf"))
    ),
    "sound, inline": _always(asked(Media(kind="audio", mime="audio/wav", data="UklGRg=="))),
    "uploaded file": _always(asked(Media(kind="document", file_id="file-1"))),
    "tool": _always(asked(tools=(TOOL,))),
    "tool, strict": _always(asked(tools=(replace(TOOL, strict=True),))),
    "custom tool": _always(asked(tools=(ToolSpec(name="run", kind="custom", format=_GRAMMAR),))),
    "call and result": _always(called(_PLAIN)),
    "result that is an error": _always(called(_PLAIN, error=True)),
    "image in a result": _always(called(_IMAGE)),
    "tool choice: none": _always(asked(tools=(TOOL,), tool_choice=ToolChoice(mode="none"))),
    "tool choice: any": _always(asked(tools=(TOOL,), tool_choice=ToolChoice(mode="required"))),
    "tool choice: one": _always(
        asked(tools=(TOOL,), tool_choice=ToolChoice(mode="named", names=("look",)))
    ),
    "one call at a time": _always(asked(tools=(TOOL,), parallel_tools=False)),
    "no limit on output": _always(asked(max_output=None)),
    "temperature": _always(asked(sampling=Sampling(temperature=0.5))),
    "temperature above 1": _always(asked(sampling=Sampling(temperature=1.5))),
    "top_p": _always(asked(sampling=Sampling(top_p=0.5))),
    "top_k": _always(asked(sampling=Sampling(top_k=5))),
    "seed": _always(asked(sampling=Sampling(seed=5))),
    "stop sequences": _always(asked(sampling=Sampling(stop=("x",)))),
    "penalties": _always(asked(sampling=Sampling(frequency_penalty=0.5, presence_penalty=0.5))),
    "log probabilities": _always(asked(sampling=Sampling(logprobs=2))),
    "several answers": _always(asked(sampling=Sampling(n=2))),
    "reasoning by effort": _always(asked(reasoning=Reasoning(effort="high"))),
    "reasoning by budget": _always(asked(reasoning=Reasoning(budget=2048))),
    "reasoning off": _always(asked(reasoning=Reasoning(mode="off"))),
    "thoughts of earlier turns, unsealed": _always(thought(Thinking(text="Hm."))),
    "thoughts of earlier turns, sealed": lambda source: thought(
        Thinking(text="Hm.", seal=SEALS[source])
    ),
    "JSON mode": _always(asked(Text(text="Say it in JSON."), output=OutputFormat(kind="json"))),
    "JSON schema": _always(
        asked(output=OutputFormat(kind="schema", schema=SCHEMA, name="thing", strict=True))
    ),
    "verbosity": _always(asked(verbosity="low")),
    "service tier": _always(asked(tier="priority")),
    "user": _always(asked(user="user-1")),
    "metadata": _always(asked(metadata={"a": "b"})),
    "cache key": _always(asked(cache_key="k")),
}


def answered(*parts: Part, **fields: Any) -> ChatResponse:
    """An answer of these parts."""
    choice = Choice(**{"parts": parts or (Text(text="Yes."),), **fields})
    usage = Usage(input=10, output=5)
    return ChatResponse(id="r1", model="m", choices=(choice,), usage=usage, created=1)


def _same(answer: ChatResponse) -> AnswerProbe:
    return lambda _source: answer


_CITED = Text(text="Yes.", citations=(Citation(url="https://example.com", title="A", end=4),))
_QUOTED = Text(text="Yes.", citations=(Citation(title="A book", quote="yes"),))
_FULL_USAGE = Usage(input=10, output=5, cache_read=20, cache_write=30, reasoning=2)

ANSWERS: Mapping[str, AnswerProbe] = {
    "text": _same(answered()),
    "thoughts": _same(answered(Thinking(text="Hm."), Text(text="Yes."))),
    "thoughts, sealed": lambda source: answered(
        Thinking(text="Hm.", seal=SEALS[source]), Text(text="Yes.")
    ),
    "tool call": _same(answered(CALL, stop=Stop.TOOL)),
    "custom tool call": _same(
        answered(ToolCall(id="call_1", name="run", arguments="aa", kind="custom"), stop=Stop.TOOL)
    ),
    "refusal in words": _same(answered(Refusal(text="No."))),
    "citation with an address": _same(answered(_CITED)),
    "citation of a document": _same(answered(_QUOTED)),
    "image": _same(answered(_IMAGE)),
    "log probabilities": _same(
        answered(logprobs=[{"token": "Yes", "logprob": -0.5, "bytes": None, "top_logprobs": []}])
    ),
    "second choice": _same(replace(answered(), choices=(Choice(parts=(Text(text="Yes."),)),) * 2)),
    "stop: limit": _same(answered(stop=Stop.LENGTH)),
    "stop: sequence": _same(answered(stop=Stop.SEQUENCE, stop_sequence="x")),
    "stop: filter": _same(answered(stop=Stop.FILTER)),
    "stop: refusal": _same(answered(stop=Stop.REFUSAL)),
    "stop: pause": _same(answered(stop=Stop.PAUSE)),
    "stop: context full": _same(answered(stop=Stop.CONTEXT)),
    "usage by class": _same(replace(answered(), usage=_FULL_USAGE)),
}
