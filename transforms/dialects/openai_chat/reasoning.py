"""Read and write the thoughts of an assistant's chat message (dataplane.md §5.8.5)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.ir import Seal, Thinking
from plexus.transforms.wire import Json, JsonObject, text_at

from .fields import NAME, marker, take_objects, take_text
from .seals import (
    ENCRYPTED,
    SUMMARY,
    client_details,
    family,
    own_details,
    seal_of,
    skeleton,
    words_of,
)

FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_text")
_HOLDERS: Final = frozenset({*FIELDS, "reasoning_details"})


@dataclass(slots=True)
class _Thought:
    format: Json
    family: str
    id: str | None
    summary: bool
    segments: list[str] = field(default_factory=list)
    items: list[Json] = field(default_factory=list)
    seal: Seal | None = None

    def goes_on(self, detail: JsonObject) -> bool:
        """Whether `detail` belongs to this thought too: further summaries, then the seal."""
        id_ = text_at(detail, "id")
        if self.seal is not None or self.format != detail.get("format"):
            return False
        if self.id is not None and id_ not in (None, self.id):
            return False
        if detail.get("type") == ENCRYPTED:
            return self.family != "messages"  # Anthropic's redacted blocks stand alone
        return self.summary and detail.get("type") == SUMMARY

    def whole(self) -> Thinking:
        return Thinking(
            text="\n\n".join(self.segments),
            segments=tuple(self.segments) if self.summary else (),
            seal=self.seal,
            ext={NAME: {"details": self.items}},
        )


@dataclass(slots=True)
class Thoughts:
    """The thoughts of one message, and the seals that belong to its tool calls."""

    blocks: list[Thinking] = field(default_factory=list)
    of_calls: dict[str, tuple[Seal, JsonObject]] = field(default_factory=dict)


def decode_thoughts(left: JsonObject, call_ids: Container[str]) -> Thoughts:
    """Take the thoughts out of a message.

    Beside `reasoning_details`, the plain text stays behind: it says the same once more.
    """
    thoughts = Thoughts()
    if _HOLDERS.isdisjoint(left):
        return thoughts
    details = take_objects(left, "reasoning_details")
    if details:
        _decode_details(details, call_ids, thoughts)
    if any(block.text for block in thoughts.blocks):
        return thoughts
    for name in FIELDS:
        if text := take_text(left, name):
            thoughts.blocks.insert(0, Thinking(text=text, ext={NAME: {"field": name}}))
            break
    return thoughts


def _decode_details(
    details: Sequence[JsonObject], call_ids: Container[str], thoughts: Thoughts
) -> None:
    open_: _Thought | None = None
    for at, detail in enumerate(details):
        item: JsonObject = {"at": at, "rest": skeleton(detail)}
        seal, id_ = seal_of(detail), text_at(detail, "id")
        if seal is not None and id_ is not None and id_ in call_ids:
            thoughts.of_calls[id_] = (seal, item)
            continue
        if open_ is None or not open_.goes_on(detail):
            if open_ is not None:
                thoughts.blocks.append(open_.whole())
            open_ = _Thought(
                detail.get("format"), family(detail), id_, detail.get("type") == SUMMARY
            )
        if words := words_of(detail):
            open_.segments.append(words)
        open_.items.append(item)
        open_.seal = seal or open_.seal
    if open_ is not None:
        thoughts.blocks.append(open_.whole())


def encode_for_client(
    blocks: Sequence[Thinking], calls: Sequence[tuple[int, JsonObject]]
) -> JsonObject:
    """Write thoughts for a client: `reasoning_content`, and the seals in `reasoning_details`.

    `calls` are the details that belong to tool calls. Thoughts of a chat provider keep its field.
    """
    fields: dict[str, list[str]] = {}
    details = list(calls)
    for index, block in enumerate(blocks):
        own = marker(block.ext, "details") is not None
        name = marker(block.ext, "field")
        if block.text and not (own and name is None):
            fields.setdefault(name if isinstance(name, str) else FIELDS[0], []).append(block.text)
        found = client_details(block, index)
        details += own_details(block) if own else [(index, detail) for detail in found]
    result: JsonObject = {name: "\n\n".join(texts) for name, texts in fields.items()}
    return {**result, **_in_order(details)}


def _in_order(details: list[tuple[int, JsonObject]]) -> JsonObject:
    ordered: list[Json] = [detail for _, detail in sorted(details, key=lambda item: item[0])]
    return {"reasoning_details": ordered} if ordered else {}


def encode_for_provider(
    blocks: Sequence[tuple[str, Thinking]],
    calls: Sequence[tuple[int, JsonObject]],
    traits: Traits,
    receipt: Receipt,
) -> JsonObject:
    """Write the thoughts of a past turn (each with its path) for a provider (wire-formats.md §7.5).

    What came in a chat body goes back as it was, except to OpenAI, which refuses these fields.
    Foreign thoughts are sent only under the name in `traits.reasoning_field`.
    """
    field_ = text_field(traits)
    if traits.official:
        for path, _ in blocks:
            receipt.dropped(path, "OpenAI takes no reasoning back in chat messages")
        return {}
    result: JsonObject = {}
    details = list(calls)
    for path, block in blocks:
        details += own_details(block)
        name = marker(block.ext, "field")
        if isinstance(name, str):
            result[field_ or name] = block.text
        elif NAME not in block.ext:
            note_seal(path, block, receipt)
            if block.text and field_ is None:
                receipt.dropped(path, "this provider takes no reasoning back")
    text = "\n\n".join(block.text for _, block in blocks if block.text)
    if field_ is not None and text:
        result[field_] = text
    return {**result, **_in_order(details)}


def text_field(traits: Traits) -> str | None:
    """Return the message field in which a provider takes thoughts back, if it has one."""
    return None if traits.reasoning_field == "content" else traits.reasoning_field


def note_seal(path: str, block: Thinking, receipt: Receipt) -> None:
    """Note that the seal of a foreign thought is not sent with its text."""
    if block.seal is not None:
        receipt.dropped(f"{path}.seal", f"only {block.seal.dialect} providers can read it")
