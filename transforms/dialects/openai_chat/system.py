"""Write what stands before the conversation: system prompts, and instructions we must add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import ChatRequest, Message, Text
from plexus.transforms.wire import JsonObject, dump_text

from .content_encode import encode_content
from .fields import is_own

# Claude Code's first system block changes with every request and kills the provider's cache
# (wire-formats.md §7.2).
_BILLING: Final = "x-anthropic-billing-header"
_PROMPTS: Final = frozenset({"system", "developer"})


def leading_prompt(
    request: ChatRequest, traits: Traits, receipt: Receipt
) -> tuple[list[JsonObject], tuple[Message, ...]]:
    """Return the first messages on the wire and the conversation that follows them."""
    texts = _system(request)
    messages = request.messages
    if not traits.inline_system and _is_scattered(texts, messages):
        texts, messages = _gathered(texts, messages, receipt)
    if note := _format_note(request, traits):
        receipt.invented("output.prompt", "the answer's format, told in the system prompt")
        texts = (*texts, Text(text=note))
    if not texts:
        return [], messages
    if any(text.cache for text in texts) and traits.cache_marks:
        paths = [(f"system[{at}]", text) for at, text in enumerate(texts)]
        content = encode_content(paths, traits, receipt)
    else:
        for at, text in enumerate(texts):
            if text.cache is not None:
                receipt.dropped(f"system[{at}].cache")
        content = "\n\n".join(text.text for text in texts)
    return [{"role": "system", "content": content}], messages


def _system(request: ChatRequest) -> tuple[Text, ...]:
    system = request.system
    if system and not is_own(request.ext) and system[0].text.startswith(_BILLING):
        return system[1:]
    return system


def _is_scattered(texts: tuple[Text, ...], messages: tuple[Message, ...]) -> bool:
    prompts = [at for at, message in enumerate(messages) if message.role in _PROMPTS]
    return bool(prompts) and (bool(texts) or prompts != [0])


def _gathered(
    texts: tuple[Text, ...], messages: tuple[Message, ...], receipt: Receipt
) -> tuple[tuple[Text, ...], tuple[Message, ...]]:
    """Move every prompt to the front: strict templates know one system message (case 64)."""
    others: list[Message] = []
    found = list(texts)
    for at, message in enumerate(messages):
        if message.role not in _PROMPTS:
            others.append(message)
            continue
        if others:
            receipt.coerced(f"messages[{at}]", "moved to the front: one leading system prompt")
        found += [part for part in message.parts if isinstance(part, Text)]
    return tuple(found), tuple(others)


def _format_note(request: ChatRequest, traits: Traits) -> str | None:
    output = request.output
    if output is None or output.kind == "text":
        return None
    if output.kind == "schema" and not traits.structured_output:
        schema = dump_text(output.schema)
        return f"Answer only with a JSON object that conforms to this JSON Schema:\n{schema}"
    # OpenAI refuses JSON mode unless the conversation speaks of JSON.
    wants_word = output.kind == "json" and not is_own(request.ext)
    if wants_word and not any("json" in text.lower() for text in _texts(request)):
        return "Answer with a JSON object."
    return None


def _texts(request: ChatRequest) -> Iterator[str]:
    yield from (text.text for text in request.system)
    for message in request.messages:
        yield from (part.text for part in message.parts if isinstance(part, Text))
