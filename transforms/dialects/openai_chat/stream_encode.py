"""Turn events into a chat stream for a client (wire-formats.md §8, dataplane.md §5.3)."""

from __future__ import annotations

from typing import Final, assert_never

from plexus.transforms.codec import Receipt
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
from plexus.transforms.ir import ChatRequest, Stop, Usage
from plexus.transforms.wire import JsonObject, dump, object_at

from .answer import Client
from .errors import DONE, encode_stream_error, error_frame
from .fields import is_own, own
from .response_encode import malformed, wire_id
from .stops import encode_stop
from .stream_blocks import ChoiceWriter, Deltas
from .usage import encode_usage

type _InBlock = Sealed | Cited | Segmented | BlockEnded
type _Rarer = Started | BlockStarted | _InBlock | LogProbs | UsageSeen | Finished | Failed

_NOT_ON_CHUNKS: Final = frozenset({"usage", "choices", "id", "object", "created", "model"})


class ChatStreamEncoder:
    """Encodes one stream: role first, each choice finished once, then usage, then `[DONE]`."""

    def __init__(self, request: ChatRequest | None, receipt: Receipt) -> None:
        self._client = Client.of(request)
        self._wants_usage = request is None or request.include_usage
        self._model = request.model if request is not None else ""
        self._receipt = receipt
        self._head: bytes | None = None  # of every chunk, up to the choice's index
        self._common: JsonObject = {}
        self._choices: dict[int, ChoiceWriter] = {}
        self._finished: set[int] = set()
        self._owner: dict[int, int] = {}  # block to choice
        self._usage: Usage | None = None
        self._over = False

    def encode(self, event: Event) -> bytes:
        """Return the bytes to send now."""
        if self._over:
            return b""
        return self._say(event) if isinstance(event, BlockDelta) else self._rarer(event)

    def _rarer(self, event: _Rarer) -> bytes:
        match event:
            case Started():
                return self._start(event) if self._head is None else b""
            case UsageSeen(usage):
                self._usage = self._usage.merged(usage) if self._usage else usage
                return b""
            case Failed(error):
                return self._fail(error)
            case Finished():
                return self._finish(event)
            case LogProbs():
                return self._logprobs(event)
            case BlockStarted():
                return self._open(event)
            case Sealed() | Cited() | Segmented() | BlockEnded():
                return self._block(event)
            case _:
                assert_never(event)

    def close(self) -> bytes:
        """Return the finish of what has none, usage if it was asked for, and `[DONE]`."""
        if self._over:
            return b""
        written = b"" if self._choices else self._choice(0)[1]
        for number in list(self._choices):
            if number not in self._finished:
                written += self._finish(Finished(stop=Stop.END, choice=number))
        self._over = True
        if self._usage is not None and self._wants_usage:
            body = {**self._common, "choices": [], "usage": encode_usage(self._usage)}
            written += b"data: " + dump(body) + b"\n\n"
        return written + DONE

    def _start(self, event: Started) -> bytes:
        mine = is_own(event.ext)
        about = {k: v for k, v in own(event.ext).items() if k not in _NOT_ON_CHUNKS}
        self._common = {
            "id": wire_id(event.id, own_kind=mine),
            "object": "chat.completion.chunk",
            "created": event.created or 0,
            "model": event.model or self._model,
            **about,
        }
        self._head = b"data: " + dump(self._common)[:-1] + b',"choices":[{"index":'
        return self._choice(0)[1]

    def _choice(self, number: int) -> tuple[ChoiceWriter, bytes]:
        """Return a choice's writer and, the first time, the chunk with its role."""
        writer = self._choices.get(number)
        if writer is not None:
            return writer, b""
        opening = b""
        if self._head is None:
            opening = self._start(Started(id="", model=""))
            if number in self._choices:
                return self._choices[number], opening
        writer = ChoiceWriter(self._client, self._receipt, f"choices[{number}]")
        self._choices[number] = writer
        return writer, opening + self._chunk(number, {"role": "assistant", "content": ""})

    def _chunk(self, number: int, delta: JsonObject) -> bytes:
        head = self._head or b""
        return b'%b%d,"delta":%b,"finish_reason":null}]}\n\n' % (head, number, dump(delta))

    def _chunks(self, number: int, deltas: Deltas) -> bytes:
        if len(deltas) == 1:
            return self._chunk(number, deltas[0])
        return b"".join([self._chunk(number, delta) for delta in deltas])

    def _open(self, event: BlockStarted) -> bytes:
        if event.choice in self._finished:
            return b""
        writer, opening = self._choice(event.choice)
        self._owner[event.index] = event.choice
        return opening + self._chunks(event.choice, writer.open(event.index, event.block))

    def _say(self, event: BlockDelta) -> bytes:
        number = self._owner.get(event.index)
        if number is None:
            return b""
        return self._chunks(number, self._choices[number].say(event.index, event.text))

    def _block(self, event: _InBlock) -> bytes:
        number = self._owner.get(event.index)
        if number is None:
            return b""
        writer = self._choices[number]
        match event:
            case Sealed():
                return self._chunks(number, writer.seal(event.index, event.seal))
            case Cited():
                writer.cite(event.index, event.citation)
                return b""
            case Segmented():
                return self._chunks(number, writer.segment(event.index))
            case BlockEnded():
                del self._owner[event.index]
                return self._chunks(number, writer.end(event.index, event.block))
            case _:
                assert_never(event)

    def _logprobs(self, event: LogProbs) -> bytes:
        if event.choice in self._finished:
            return b""
        _, opening = self._choice(event.choice)
        body: JsonObject = {
            "index": event.choice,
            "delta": {},
            "logprobs": {"content": event.items},
            "finish_reason": None,
        }
        return opening + self._whole(body, {})

    def _whole(self, choice: JsonObject, more: JsonObject) -> bytes:
        return b"data: " + dump({**self._common, **more, "choices": [choice]}) + b"\n\n"

    def _finish(self, event: Finished) -> bytes:
        if event.choice in self._finished:
            return b""
        writer, written = self._choice(event.choice)
        written += self._chunks(event.choice, writer.end_all())
        if event.stop is Stop.MALFORMED:
            self._over = True  # and no [DONE]: dataplane.md §3.7
            return written + error_frame(malformed())
        self._finished.add(event.choice)
        late = own(event.ext)
        reason = encode_stop(event.stop, event.ext, calls=writer.calls > 0, refused=writer.refused)
        if reason == "tool_calls" and self._client.legacy:
            reason = "function_call"
        more = {k: v for k, v in late.items() if k not in ("message", "response", "finish_reason")}
        body: JsonObject = {
            "index": event.choice,
            "delta": object_at(late, "message") or {},
            "finish_reason": reason,
            **more,
        }
        return written + self._whole(body, object_at(late, "response") or {})

    def _fail(self, error: GatewayError) -> bytes:
        self._over = True
        return encode_stream_error(error)
