"""What a conversation tells, however it is cut into messages: words, calls, results, media.

Formats merge turns, hoist prompts and split results off, so positions cannot be compared. Each part
becomes a statement on a channel (a role, or the result of the n-th call); what one side states, the
other must state on the same channel, in the same order.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from plexus.transforms import wire
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from tests.conformance.declared import Difference

_BILLING = "x-anthropic-billing-header"
SHOWN = 60  # characters of a lost text in a report


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that was told, where it stood, and on which channel."""

    path: str
    channel: str
    kind: str  # text call media thinking seal opaque
    what: str


@dataclass(slots=True)
class _Teller:
    calls: dict[str, int] = field(default_factory=dict)  # the latest ordinal of each id
    count: int = 0

    def part(self, part: Part, path: str, role: str) -> Iterator[Statement]:
        match part:
            case Media():
                yield from self._media(part, path, role)
            case ToolCall():
                self.calls[part.id] = self.count
                self.count += 1
                yield from _plainly(part, path, role)
            case ToolResult():
                yield from self._result(part, path)
            case _:
                yield from _plainly(part, path, role)

    def _result(self, part: ToolResult, path: str) -> Iterator[Statement]:
        number = self.calls.get(part.call_id)
        channel = "result of no call" if number is None else f"result {number}"
        yield Statement(path=path, channel=channel, kind="result", what="")
        for at, inner in enumerate(part.parts):
            yield from self.part(inner, f"{path}.parts[{at}]", channel)

    def _media(self, part: Media, path: str, role: str) -> Iterator[Statement]:
        text = document_text(part)
        if text is not None:
            yield Statement(path=path, channel=role, kind="text", what=text)
            return
        # Padding is optional, and base64 has two alphabets.
        data = (part.data or "").rstrip("=").replace("-", "+").replace("_", "/")
        what = data or part.url or part.file_id or ""
        yield Statement(path=path, channel=role, kind="media", what=what)


def _plainly(
    part: Text | Refusal | Thinking | ToolCall | Opaque, path: str, role: str
) -> Iterator[Statement]:
    seal = part.seal if isinstance(part, Thinking | ToolCall) else None
    kind, what = _words(part, role)
    yield Statement(path=path, channel=role, kind=kind, what=what)
    if seal is not None:
        yield Statement(path=path, channel=role, kind="seal", what=f"{seal.dialect} {seal.data}")


def _words(part: Text | Refusal | Thinking | ToolCall | Opaque, role: str) -> tuple[str, str]:
    match part:
        case Text() | Refusal():
            return "text", _plain(part.text, role)
        case Thinking():
            return "thinking", part.text
        case ToolCall():
            return "call", f"{part.name} {arguments(part)}"
        case Opaque():
            return "opaque", f"{part.dialect} {wire.dump_text(part.raw)}"


def document_text(part: Media) -> str | None:
    """The words of a document of plain text, which may be told as such; `None`: it is another."""
    if part.text is not None or part.data is None or not (part.mime or "").startswith("text/"):
        return part.text
    try:
        return base64.b64decode(part.data + "==", altchars=None).decode()
    except ValueError:
        return None


def _plain(text: str, channel: str) -> str:
    if text.startswith(_BILLING):
        return ""  # a header that Claude Code puts in its prompt; of use to Anthropic alone
    value = wire.try_parse(text) if channel.startswith("result") and text.startswith("{") else None
    return wire.dump_text(value) if isinstance(value, dict) else text  # Gemini wants objects


def arguments(call: ToolCall) -> str:
    """A call's arguments in one spelling: blank is none, a custom tool's text is free.

    Where there are no custom tools their text travels as the string `input` (wire-formats.md §10,
    case 37).
    """
    if call.kind == "custom":
        return call.arguments
    value = wire.try_parse(call.arguments) if call.arguments.strip() else {}
    match value:
        case {"input": str() as text} if len(value) == 1:
            return text
        case dict():
            return wire.dump_text(value)
        case _:
            return call.arguments


def request_statements(request: ChatRequest) -> list[Statement]:
    """What the turns and prompts of a request tell, in order."""
    teller = _Teller()
    out: list[Statement] = []
    for at, text in enumerate(request.system):
        out += teller.part(text, f"system[{at}]", "system")
    for number, message in enumerate(request.messages):
        role = "system" if message.role == "developer" else message.role
        for at, part in enumerate(message.parts):
            out += teller.part(part, f"messages[{number}].parts[{at}]", role)
    return out


def answer_statements(parts: Sequence[Part]) -> list[Statement]:
    """What the parts of an answer tell, in order."""
    teller = _Teller()
    return [
        statement
        for at, part in enumerate(parts)
        for statement in teller.part(part, f"parts[{at}]", "assistant")
    ]


def differences(before: Sequence[Statement], after: Sequence[Statement]) -> list[Difference]:
    """Return what is missing in `after`, and what it has beyond `before`."""
    texts, others = _by_channel(after)
    seals = {statement.what for statement in before if statement.kind == "seal"}
    lost = []
    for statement in before:
        found = (
            _take_text(texts, statement)
            if statement.kind in ("text", "thinking")
            else _take(others, statement)
        )
        if not found:
            lost.append(_difference(statement))
    # A seal may stand twice: on its call, and on a thought of its own for clients that keep those.
    spare = [other for other in others if other.kind != "seal" or other.what not in seals]
    return lost + _leftovers(texts, spare)


def _difference(statement: Statement) -> Difference:
    path = f"{statement.path}.seal" if statement.kind == "seal" else statement.path
    detail = f"{statement.kind} on {statement.channel}: {statement.what[:SHOWN]!r}"
    return Difference(paths=(path,), detail=detail)


def _by_channel(
    after: Sequence[Statement],
) -> tuple[dict[tuple[str, str], str], list[Statement]]:
    texts: dict[tuple[str, str], str] = {}
    others = []
    for statement in after:
        if statement.kind in ("text", "thinking"):
            key = (statement.channel, statement.kind)
            texts[key] = texts.get(key, "") + statement.what + "\n"
        else:
            others.append(statement)
    return texts, others


def _take_text(texts: dict[tuple[str, str], str], statement: Statement) -> bool:
    words = statement.what.strip()
    key = (statement.channel, statement.kind)
    before, found, behind = texts.get(key, "").partition(words) if words else ("", "", "")
    if words and not found:
        return False
    if words:
        texts[key] = before + behind
    return True


def _take(others: list[Statement], statement: Statement) -> bool:
    for at, other in enumerate(others):
        same = (other.channel, other.kind, other.what)
        if same == (statement.channel, statement.kind, statement.what):
            del others[at]
            return True
    return False


def _leftovers(texts: dict[tuple[str, str], str], others: list[Statement]) -> list[Difference]:
    spare = [
        _gain(channel, kind, text.strip())
        for (channel, kind), text in texts.items()
        if text.strip()
    ]
    return spare + [_gain(other.channel, other.kind, other.what) for other in others]


def _gain(channel: str, kind: str, what: str) -> Difference:
    # What a provider is told beyond the client's words may stand for an output format.
    paths = ("system", "messages", "output") if channel == "system" else ("messages", "parts")
    detail = f"{kind} on {channel}: {what[:SHOWN]!r}"
    return Difference(paths=paths, detail=detail, gained=True)
