"""Turn events into a stream for a Gemini client: SSE with CRLF, or a JSON array that grows.

Strategy: text and thoughts go out as they come, a call when its arguments are whole, because they
must be an object. The last chunk has the finish reasons, the usage and the sources; it waits for
`close`, since usage may follow a finish. Held are the arguments of open calls and, because Google
counts bytes where the IR counts characters, the text of the answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, assert_never

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.answer_parts import AnswerParts
from plexus.transforms.dialects.gemini.errors import encode_error
from plexus.transforms.dialects.gemini.keys import own
from plexus.transforms.dialects.gemini.logprobs import encode_logprobs
from plexus.transforms.dialects.gemini.open_answer import (
    OpenBlock,
    OpenChoice,
    ending,
    is_whole,
    moved,
    whole_call,
)
from plexus.transforms.dialects.gemini.usage import encode_usage
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    ChatRequest,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import Json, JsonObject, dump

type Framing = Literal["sse", "array"]

_ONE_PART: Final = b'{"candidates":[{"content":{"parts":[%b],"role":"model"},"index":%d}]%b}'


class Encoder:
    """Encodes one stream."""

    def __init__(
        self, request: ChatRequest | None, receipt: Receipt, framing: Framing = "sse"
    ) -> None:
        self._parts = AnswerParts(request, receipt)
        self._receipt = receipt
        self._framing = framing
        self._id = ""
        self._model = request.model if request is not None else ""
        self._extra: JsonObject = {}  # of the first chunk
        self._begun = False
        self._ended = False
        self._blocks: dict[int, OpenBlock] = {}
        self._choices: dict[int, OpenChoice] = {}
        self._usage: Usage | None = None
        self._tail = self._printed_names()  # of every chunk, behind its candidates

    def encode(self, event: Event) -> bytes:
        """Return the bytes to send now, possibly none."""
        if self._ended:
            return b""
        match event:
            case BlockDelta():  # by far the most frequent
                return self._in_block(event)
            case Started():
                self._start(event)
            case BlockStarted():
                return self._open(event)
            case Segmented() | Sealed() | Cited() | BlockEnded():
                return self._in_block(event)
            case LogProbs():
                return self._logprobs(event)
            case UsageSeen(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
            case Finished():
                self._choice(event.choice).finished = event
            case Failed(error):
                return self._fail(error)
            case _:
                assert_never(event)
        return b""

    def close(self) -> bytes:
        """Return the last chunk, and what calls were left open but whole."""
        if self._ended:
            return b""
        out = b"".join([self._cut(index) for index in list(self._blocks)])
        out += self._frame(self._last())
        self._ended = True
        return out + (b"]" if self._framing == "array" else b"")

    def _start(self, event: Started) -> None:
        self._id = event.id
        self._model = event.model or self._model
        self._extra = dict(own(event.ext))
        self._tail = self._printed_names()

    def _choice(self, number: int) -> OpenChoice:
        known = self._choices.get(number)
        if known is None:
            self._choices[number] = known = OpenChoice()
        return known

    def _open(self, event: BlockStarted) -> bytes:
        choice = self._choice(event.choice)
        choice.is_empty = False
        self._blocks[event.index] = block = OpenBlock(event.block, event.choice, choice.length)
        match event.block:
            case Text(text=text) | Refusal(text=text) | Thinking(text=text):
                choice.refused = choice.refused or isinstance(event.block, Refusal)
                return self._say(block, text) if text else b""
            case ToolCall(arguments=arguments):
                choice.calls = True
                block.arguments = [arguments] if arguments else []
                return b""
            case whole:
                return self._send(event.choice, self._parts.part(whole, f"parts[{event.index}]"))

    def _in_block(self, event: BlockDelta | Segmented | Sealed | Cited | BlockEnded) -> bytes:
        block = self._blocks.get(event.index)
        if block is None:
            return b""
        match event:
            case BlockDelta(kind="arguments"):
                block.arguments.append(event.text)
            case BlockDelta():
                return self._say(block, event.text)
            case Segmented():
                return b"" if block.is_empty else self._say(block, "\n\n")
            case Sealed():
                block.seal = event.seal
            case Cited():
                block.citations.append(event.citation)
            case BlockEnded():
                return self._end(event.index, event.block)
            case _:
                assert_never(event)
        return b""

    def _say(self, block: OpenBlock, text: str) -> bytes:
        block.is_empty = False
        if isinstance(block.opening, Thinking):
            if self._parts.hides_thoughts:
                self._receipt.dropped("thinking", "the client asked not to see thoughts")
                return b""
            return self._send(block.choice, {"text": text, "thought": True})
        choice = self._choice(block.choice)
        choice.text += text.encode("utf-8", "surrogatepass")
        choice.length += len(text)
        return self._send(block.choice, {"text": text})

    def _end(self, index: int, restated: Part | None) -> bytes:
        block = self._blocks.pop(index)
        path = f"parts[{index}]"
        match block.opening:
            case ToolCall() as opening:
                return self._send(
                    block.choice, self._parts.call(whole_call(block, opening, restated), path)
                )
            case Thinking() as opening:
                seal = block.seal or opening.seal
                if isinstance(restated, Thinking):
                    seal = restated.seal or seal
                bare = Thinking(seal=seal, ext=opening.ext)
                return self._send(block.choice, self._parts.thought(bare, path))
            case Text() as opening:
                choice = self._choice(block.choice)
                choice.citations += [moved(block, choice.length, c) for c in block.citations]
                return self._send(block.choice, self._parts.part(replace(opening, text=""), path))
            case _:
                return b""

    def _cut(self, index: int) -> bytes:
        # The events broke off: a call is worth something only if its arguments happen to be whole.
        block = self._blocks[index]
        if isinstance(block.opening, ToolCall) and not is_whole(block):
            self._receipt.dropped(f"parts[{index}]", "a call whose arguments broke off")
            return b""
        return self._end(index, None)

    def _send(self, choice: int, part: JsonObject | None) -> bytes:
        if part is None:
            return b""
        if self._extra:
            content: JsonObject = {"parts": [part], "role": "model"}
            return self._frame([{"content": content, "index": choice}])
        return self._framed(_ONE_PART % (dump(part), choice, self._tail))

    def _logprobs(self, event: LogProbs) -> bytes:
        result = encode_logprobs(event.items)
        if result is None:
            return b""
        return self._frame([{"logprobsResult": result, "index": event.choice}])

    def _last(self) -> list[Json]:
        if not self._choices:
            self._choice(0)
        if self._usage is not None:
            self._extra["usageMetadata"] = encode_usage(self._usage)
        return [
            ending(number, choice)
            for number, choice in sorted(self._choices.items())
            if not choice.is_absent()
        ]

    def _frame(self, candidates: list[Json]) -> bytes:
        body: JsonObject = {"candidates": candidates} if candidates else {}
        body |= self._names() | self._extra
        self._extra = {}
        return self._framed(dump(body))

    def _names(self) -> JsonObject:
        named: JsonObject = {"modelVersion": self._model} if self._model else {}
        return {**named, "responseId": self._id} if self._id else named

    def _printed_names(self) -> bytes:
        printed = dump(self._names())[1:-1]
        return b"," + printed if printed else b""

    def _framed(self, body: bytes) -> bytes:
        begun, self._begun = self._begun, True
        if self._framing == "sse":
            return b"data: %b\r\n\r\n" % body
        return (b",\r\n" if begun else b"[") + body

    def _fail(self, error: GatewayError) -> bytes:
        self._ended = True
        out = self._framed(dump(encode_error(error, "")))
        return out + (b"]" if self._framing == "array" else b"")
