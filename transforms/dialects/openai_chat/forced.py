"""Let thinking or a forced tool call give way where a model refuses the two together."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import ChatRequest, Reasoning, ToolChoice

from .effort import can_rest


def reconcile(request: ChatRequest, traits: Traits, receipt: Receipt) -> ChatRequest:
    """Return the request in which no call is forced that this model would refuse (case 51).

    Thinking is switched off where it can be, even if nobody asked for it: models that refuse the
    two together think by default.
    """
    choice = request.tool_choice
    if traits.forced_tools == "always" or not request.tools or not _is_forced(choice):
        return request
    if traits.forced_tools == "at_rest":
        if request.reasoning is not None and request.reasoning.mode == "off":
            return request
        if can_rest(traits):
            receipt.coerced("reasoning", "off, for a tool call is forced")
            return replace(request, reasoning=Reasoning(mode="off"))
    receipt.coerced("tool_choice", "this model cannot be made to call a tool")
    return replace(request, tool_choice=_freed(choice))


def _is_forced(choice: ToolChoice | None) -> bool:
    if choice is None:
        return False
    return choice.mode in ("required", "named") or (choice.mode == "allowed" and choice.required)


def _freed(choice: ToolChoice | None) -> ToolChoice:
    if choice is not None and choice.mode == "allowed":
        return ToolChoice(mode="allowed", names=choice.names)
    return ToolChoice(mode="auto")
