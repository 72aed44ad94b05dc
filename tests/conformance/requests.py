"""Hold a request against what came of it in another format: an undeclared difference is a fault.

What counts as equal, and why: one choice is the default everywhere, and so is the tier "auto"; a
schema without properties says no more than none; Google holds functions to their schemas whenever
one must be called, and so does strictness; a word for effort and its budget (dataplane.md §5.8.4)
are one; a summary of thoughts is asked for by showing them; adaptive thinking without an effort is
what models of other vendors do unasked.
"""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms.effort import LADDER, effort_of
from plexus.transforms.ir import (
    ChatRequest,
    OutputFormat,
    Reasoning,
    Sampling,
    ServerTool,
    ToolChoice,
    ToolSpec,
)
from plexus.transforms.wire import Json
from tests.conformance.declared import Difference
from tests.conformance.told import differences, request_statements

_FIELDS = (
    "model", "stream", "max_output", "verbosity", "user", "metadata", "cache_key",
)  # fmt: skip
_SAMPLING = (
    "temperature", "top_p", "top_k", "seed", "stop", "frequency_penalty", "presence_penalty",
    "logit_bias", "logprobs",
)  # fmt: skip
_NOTHING: tuple[Json, ...] = (None, False, [], {}, "")
_SETTLED = ("required", "named", "allowed", "none")
_SCHEMAS = {"anyOf", "oneOf", "allOf", "$ref", "items", "enum"}  # of more than fixed properties


def request_differences(before: ChatRequest, after: ChatRequest) -> list[Difference]:
    """Return what `after` does not say as `before` did, and what it says beyond it."""
    return [
        *differences(request_statements(before), request_statements(after)),
        *_fields(before, after),
        *_sampling(before.sampling, after.sampling),
        *_tools(before, after),
        *_choice(before, after),
        *_reasoning(before.reasoning, after.reasoning),
        *_output(before.output, after.output),
        *_marks(before, after),
        *_foreign_fields(before, after),
    ]


def _differ(path: str, before: object, after: object) -> Iterator[Difference]:
    if before == after:
        return
    detail = f"{before!r:.60} became {after!r:.60}"
    yield Difference(paths=(path,), detail=detail, gained=before in (None, (), {}))


def _fields(before: ChatRequest, after: ChatRequest) -> Iterator[Difference]:
    for name in _FIELDS:
        yield from _differ(name, getattr(before, name), getattr(after, name))
    if (before.tier or "auto") != (after.tier or "auto"):
        yield from _differ("tier", before.tier, after.tier)


def _sampling(before: Sampling, after: Sampling) -> Iterator[Difference]:
    for name in _SAMPLING:
        yield from _differ(f"sampling.{name}", getattr(before, name), getattr(after, name))
    if (before.n or 1) != (after.n or 1):
        yield from _differ("sampling.n", before.n, after.n)


def _tools(before: ChatRequest, after: ChatRequest) -> Iterator[Difference]:
    found = {tool.name: tool for tool in after.tools if isinstance(tool, ToolSpec)}
    purposes = {tool.purpose for tool in after.tools if isinstance(tool, ServerTool)} - {"other"}
    is_settled = after.tool_choice is not None and after.tool_choice.mode in _SETTLED
    for number, tool in enumerate(before.tools):
        path = f"tools[{number}]"
        if isinstance(tool, ServerTool):
            if tool.purpose not in purposes:
                yield Difference(paths=(path,), detail=f"server tool {tool.raw!r:.60}")
            continue
        again = found.pop(tool.name, None)
        if again is None:
            yield Difference(paths=(path, "tool_choice"), detail=f"tool {tool.name}")
            continue
        yield from _tool(path, tool, again)
        if bool(tool.strict) != bool(again.strict) and not is_settled:
            detail = f"{tool.strict} became {again.strict}"
            yield Difference(paths=(f"{path}.strict", "tools.strict"), detail=detail)
    for name in found:
        yield Difference(paths=("tools",), detail=f"tool {name}", gained=True)


def _tool(path: str, before: ToolSpec, after: ToolSpec) -> Iterator[Difference]:
    yield from _differ(f"{path}.description", before.description or None, after.description or None)
    yield from _differ(f"{path}.kind", before.kind, after.kind)
    yield from _differ(f"{path}.format", before.format, after.format)
    if before.kind == after.kind:
        yield from _differ(f"{path}.schema", _schema(before), _schema(after))


def _schema(tool: ToolSpec) -> Json:
    schema = tool.schema if isinstance(tool.schema, dict) else {}
    return schema if schema.get("properties") or schema.keys() & _SCHEMAS else None


def _choice(before: ChatRequest, after: ChatRequest) -> Iterator[Difference]:
    default = ToolChoice(mode="auto")
    one, other = before.tool_choice or default, after.tool_choice or default
    if (one.mode, one.names, one.required) != (other.mode, other.names, other.required):
        detail = f"{one!r:.60} became {other!r:.60}"
        yield Difference(paths=("tool_choice",), detail=detail)
    is_same = (before.parallel_tools is False) == (after.parallel_tools is False)
    if not is_same and one.mode != "none":  # of no calls, none are parallel
        yield Difference(paths=("parallel_tools",), detail=f"{before.parallel_tools}")


def _reasoning(before: Reasoning | None, after: Reasoning | None) -> Iterator[Difference]:
    one, other = before or Reasoning(), after or Reasoning()
    if not _may_be_one(one, other):
        paths = ("reasoning.mode", "reasoning.effort", "reasoning.budget")
        detail = f"{one!r:.80} became {other!r:.80}"
        yield Difference(paths=paths, detail=detail, gained=_thinks(one) is None)
    elif _thinks(one):
        yield from _how_much(one, other)
    if _is_shown(one) and _thinks(other) and not _is_shown(other):
        paths = ("reasoning.summary", "reasoning.show")
        yield Difference(paths=paths, detail=f"{one.summary} {one.show}")


def _how_much(one: Reasoning, other: Reasoning) -> Iterator[Difference]:
    if one.budget is not None:
        yield from _differ("reasoning.budget", one.budget, other.budget)
    elif one.effort is not None and not _stands_for(other.budget, one.effort):
        yield from _differ("reasoning.effort", one.effort, other.effort)


def _stands_for(budget: int | None, effort: str) -> bool:
    # Vendors' own tables differ from the shared one by a step at most.
    if budget is None or effort not in LADDER:
        return False
    return abs(LADDER.index(effort_of(budget)) - LADDER.index(effort)) <= 1


def _is_shown(reasoning: Reasoning) -> bool:
    return reasoning.show is True or reasoning.summary not in (None, "none")


def _thinks(reasoning: Reasoning) -> bool | None:
    # None: as the model likes.
    if reasoning.mode == "off" or reasoning.effort == "none" or reasoning.budget == 0:
        return False
    is_on = (reasoning.effort, reasoning.budget) != (None, None) or reasoning.mode == "on"
    return True if is_on else None


def _may_be_one(before: Reasoning, after: Reasoning) -> bool:
    was, now = _thinks(before), _thinks(after)
    is_free = "adaptive" in (before.mode, after.mode) and False not in (was, now)
    return was == now or is_free


def _output(before: OutputFormat | None, after: OutputFormat | None) -> Iterator[Difference]:
    one = before or OutputFormat(kind="text")
    other = after or OutputFormat(kind="text")
    yield from _differ("output.kind", one.kind, other.kind)
    if one.kind != other.kind:
        return
    yield from _differ("output.schema", one.schema, other.schema)
    for name in ("name", "description"):
        yield from _differ(f"output.{name}", getattr(one, name), getattr(other, name))


def _marks(before: ChatRequest, after: ChatRequest) -> Iterator[Difference]:
    kept = sum(1 for _ in _mark_paths(after))
    marked = list(_mark_paths(before))
    if len(marked) > kept:
        detail = f"{len(marked) - kept} cache marks"
        yield Difference(paths=("cache", *marked), detail=detail)


def _mark_paths(request: ChatRequest) -> Iterator[str]:
    if request.cache is not None:
        yield "cache"
    for at, text in enumerate(request.system):
        if text.cache is not None:
            yield f"system[{at}].cache"
    for at, tool in enumerate(request.tools):
        if isinstance(tool, ToolSpec) and tool.cache is not None:
            yield f"tools[{at}].cache"
    for number, message in enumerate(request.messages):
        for part in message.parts:
            if getattr(part, "cache", None) is not None:
                yield f"messages[{number}]"  # results that are split off shift the parts


def _foreign_fields(before: ChatRequest, after: ChatRequest) -> Iterator[Difference]:
    for dialect, fields in before.ext.items():
        kept = after.ext.get(dialect, {})
        for name, value in fields.items():
            if value not in _NOTHING and name not in kept:
                yield Difference(paths=(name,), detail=f"a field of {dialect}")
