"""Place system prompts: in `system` when they lead, in the conversation when they come later."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.content_encode import encode_parts, encode_text
from plexus.transforms.dialects.anthropic.identity import NAME, own
from plexus.transforms.dialects.anthropic.turns import Turn
from plexus.transforms.ir import ChatRequest, Message, Opaque, OutputFormat
from plexus.transforms.wire import JsonObject, dump_text

# The first line of Claude Code's system prompt: it changes with every request, which defeats any
# other provider's cache, and is meant for Anthropic alone (wire-formats.md §7.2).
BILLING: Final = "x-anthropic-billing-header"

_PROMPTS: Final = frozenset({"system", "developer"})


def leading_prompts(request: ChatRequest) -> int:
    """Return how many of the request's messages belong into `system`."""
    for number, message in enumerate(request.messages):
        if message.role not in _PROMPTS or _changes_tools(message):
            return number
    return len(request.messages)


def _changes_tools(message: Message) -> bool:
    # A tool_addition stands for a moment of the conversation, not for all of it.
    return any(isinstance(part, Opaque) and part.dialect == NAME for part in message.parts)


def encode_system(request: ChatRequest, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    """Write `system`: the request's own, leading prompts, and what else must be told there."""
    blocks = []
    for number, text in enumerate(request.system):
        path = f"system[{number}]"
        if not traits.official and text.text.startswith(BILLING):
            receipt.coerced(path, "Claude Code's billing line, which is for Anthropic only")
            continue
        blocks.append(encode_text(text, path, receipt))
    for number, message in enumerate(request.messages[: leading_prompts(request)]):
        blocks += _prompt(message, f"messages[{number}]", traits, receipt)
    if instruction := _format_instruction(request.output, traits, receipt):
        blocks.append({"type": "text", "text": instruction})
    return [block for block in blocks if block is not None]


def _prompt(message: Message, path: str, traits: Traits, receipt: Receipt) -> list[JsonObject]:
    blocks = encode_parts(message, path, traits, receipt)
    texts = [block for block in blocks if block["type"] == "text"]
    if len(texts) < len(blocks):
        receipt.dropped(path, "a system prompt takes only text")
    return texts


def inline_prompt(message: Message, path: str, traits: Traits, receipt: Receipt) -> Turn:
    """Write a system prompt between turns where it stands; moving it would change its meaning."""
    if traits.inline_system and _changes_tools(message):
        blocks = encode_parts(message, path, traits, receipt)
        return Turn("system", blocks, dict(own(message.ext)))
    texts = _prompt(message, path, traits, receipt)
    if traits.inline_system:
        return Turn("system", texts, dict(own(message.ext)))
    receipt.coerced(path, "a system prompt between turns goes as a reminder of the user")
    return Turn("user", [_reminder(block) for block in texts])


def _reminder(block: JsonObject) -> JsonObject:
    return {**block, "text": f"<system-reminder>\n{block['text']}\n</system-reminder>"}


def _format_instruction(
    output: OutputFormat | None, traits: Traits, receipt: Receipt
) -> str | None:
    """Ask in words for a form of answer that the provider cannot be held to."""
    if output is None or output.kind == "text":
        return None
    if output.kind == "json":
        receipt.coerced("output", "JSON is asked for in the system prompt")
        return "Answer with one valid JSON value and nothing else: no prose, no code fence."
    if traits.structured_output:
        return None
    receipt.coerced("output", "the schema is given in the system prompt")
    words = f" ({output.description})" if output.description else ""
    return (
        f"Answer with one JSON value{words} and nothing else: no prose, no code fence. "
        f"It must be valid under this JSON Schema:\n{dump_text(output.schema)}"
    )
