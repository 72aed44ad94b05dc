"""Which of the declared tools a call means: the client's own names for what the model called.

The state comes from the request alone: whoever decoded it and whoever writes the answer need not be
the same (dataplane.md, appendix A, Responses).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plexus.transforms.dialects.openai_responses.ids import tool_name
from plexus.transforms.dialects.openai_responses.origin import own
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import ChatRequest, ToolSpec
from plexus.transforms.wire import parse, text_at

_PATCH = "*** Begin Patch"


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool as the client knows it."""

    name: str
    namespace: str | None
    custom: bool


type Catalogue = Mapping[str, Declared]


def catalogue(request: ChatRequest | None) -> Catalogue:
    """Return the declared tools by the names under which models may call them."""
    found: dict[str, Declared] = {}
    for tool in request.tools if request is not None else ():
        if isinstance(tool, ToolSpec):
            declared = _declared(tool)
            found[tool.name] = declared
            found.setdefault(tool_name(tool.name), declared)
    return found


def _declared(tool: ToolSpec) -> Declared:
    kept = own(tool.ext)
    return Declared(
        text_at(kept, "name") or tool.name, text_at(kept, "namespace"), tool.kind == "custom"
    )


def unwrap_input(arguments: str) -> str:
    """Return the free text that a model put into the JSON arguments of a wrapped custom tool.

    The rules of dataplane.md §5.6: a patch stands for itself; of JSON, the text itself, `input`,
    the last word of `command`, or the first text there is; anything else is the text.
    """
    if arguments.lstrip().startswith(_PATCH):
        return arguments
    try:
        value = parse(arguments)
    except GatewayError:
        return arguments
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return arguments
    command = value.get("command")
    words = command[-1:] if isinstance(command, list) else []
    found = (value.get("input"), *words, *value.values())
    return next((text for text in found if isinstance(text, str)), arguments)
