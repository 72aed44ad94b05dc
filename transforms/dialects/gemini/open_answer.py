"""Remember an answer while it is streamed to a Gemini client."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from plexus.transforms.dialects.gemini.candidates import is_absent
from plexus.transforms.dialects.gemini.citations import encode_grounding
from plexus.transforms.dialects.gemini.keys import is_own
from plexus.transforms.dialects.gemini.response_encode import extra_fields, finish
from plexus.transforms.dialects.gemini.stops import reason_of
from plexus.transforms.events import Finished
from plexus.transforms.ir import Citation, Part, Seal, Stop, ToolCall
from plexus.transforms.wire import JsonObject, try_parse


@dataclass(slots=True)
class OpenBlock:
    """A block that has begun and not ended."""

    opening: Part
    choice: int
    begin: int  # characters of the choice's text before it
    arguments: list[str] = field(default_factory=list)
    seal: Seal | None = None
    citations: list[Citation] = field(default_factory=list)
    is_empty: bool = True


@dataclass(slots=True)
class OpenChoice:
    """A choice that has begun."""

    text: bytearray = field(default_factory=bytearray)  # UTF-8; segments of grounding quote it
    length: int = 0  # characters of text
    citations: list[Citation] = field(default_factory=list)
    calls: bool = False
    refused: bool = False
    finished: Finished | None = None
    is_empty: bool = True  # no block was opened

    def is_absent(self) -> bool:
        """Whether there was no candidate: the prompt was blocked."""
        return self.is_empty and self.finished is not None and is_absent(self.finished.ext)


def whole_call(block: OpenBlock, opening: ToolCall, restated: Part | None) -> ToolCall:
    """Return the call in a block that ends, as it was restated if it was."""
    if isinstance(restated, ToolCall):
        return replace(restated, ext=opening.ext, seal=restated.seal or block.seal or opening.seal)
    return replace(opening, arguments="".join(block.arguments), seal=block.seal or opening.seal)


def is_whole(block: OpenBlock) -> bool:
    """Whether the arguments of a call that broke off happen to be whole."""
    return isinstance(try_parse("".join(block.arguments)), dict)


def moved(block: OpenBlock, length: int, citation: Citation) -> Citation:
    """Return `citation` counted in the whole text; without an end, it goes to `length`."""
    end = length if citation.end is None else block.begin + citation.end
    return replace(citation, start=block.begin + (citation.start or 0), end=end)


def ending(number: int, choice: OpenChoice) -> JsonObject:
    """Return the candidate of the last chunk: why it ended, and its sources."""
    done = choice.finished or Finished(stop=Stop.OTHER)
    reason = finish(
        done.stop, done.stop_detail, done.ext, calls=choice.calls, refused=choice.refused
    )
    candidate: JsonObject = {
        "content": {"parts": [{"text": ""}], "role": "model"},
        **(reason or {"finishReason": reason_of(done.stop)}),
        "index": number,
        **extra_fields(done.ext),
    }
    if is_own(done.ext):
        return candidate
    if not choice.citations:
        return candidate
    text = choice.text.decode("utf-8", "surrogatepass")
    grounding = encode_grounding([(0, text, choice.citations)])
    return candidate if grounding is None else {**candidate, "groundingMetadata": grounding}
