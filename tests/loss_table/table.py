"""Derive from the codecs what becomes of each feature between each two formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from plexus.transforms import wire
from plexus.transforms.codec import Note, Receipt, Traits
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import ChatRequest, ChatResponse
from tests.conformance.answers import answer_differences
from tests.conformance.corpus import dialects
from tests.conformance.declared import Difference
from tests.conformance.formats import FORMATS
from tests.conformance.requests import request_differences
from tests.conformance.requests_check import decoded
from tests.loss_table.probes import ANSWERS, REQUESTS, asked

NAMES = ("chat", "responses", "messages", "gemini")
WORDS = {"carried": "✓", "coerced": "~", "invented": "+", "dropped": "✗", "unsaid": "·"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What becomes of a feature on its way; `unsaid`: the source cannot say it at all."""

    feature: str
    source: str
    target: str
    outcome: str  # a key of WORDS
    notes: tuple[str, ...] = ()


def request_cells() -> Iterator[Cell]:
    """Every feature of requests from every format to every other."""
    for feature, probe in REQUESTS.items():
        for source in NAMES:
            wanted = probe(source)
            tried = [_reread(wanted, source, traits) for traits in _clients(source)]
            said = [
                read
                for read in tried
                if read is not None and _holds(request_differences(wanted, read))
            ]
            for target in NAMES:
                if said:
                    yield _request_cell(feature, source, target, said[0])
                else:
                    yield Cell(feature=feature, source=source, target=target, outcome="unsaid")


def _clients(source: str) -> tuple[Traits, ...]:
    # The vendor's own clients, and those of what resembles it.
    lenient = Traits(reasoning_field="reasoning_content", cache_marks=True, developer_role=True)
    return FORMATS[source].official, lenient


def _holds(found: Sequence[Difference]) -> bool:
    # The source says the feature if nothing is lost in it; what it needs besides does not matter.
    return not [each for each in found if not each.gained]


def _reread(request: ChatRequest, source: str, traits: Traits) -> ChatRequest | None:
    """What a client of the source makes of the request, if it can make it at all."""
    dialect = dialects()[source]
    try:
        return decoded(dialect, dialect.chat.encode_request(request, traits, Receipt()))
    except GatewayError:
        return None


def _request_cell(feature: str, source: str, target: str, request: ChatRequest) -> Cell:
    notes = _notes(request, target)
    plain = _reread(asked(), source, FORMATS[source].official)
    common = _notes(plain, target) if plain is not None else ()
    return _cell(feature, source, target, [note for note in notes if note not in common])


def _notes(request: ChatRequest, target: str) -> tuple[Note, ...]:
    receipt = Receipt()
    dialects()[target].chat.encode_request(request, FORMATS[target].official, receipt)
    return receipt.notes


def answer_cells() -> Iterator[Cell]:
    """Every feature of answers from every provider's format to every client's."""
    for feature, probe in ANSWERS.items():
        for source in NAMES:
            wanted = probe(source)
            read = _reread_answer(wanted, source)
            for target in NAMES:
                if read is None or not _holds(answer_differences(wanted, read, source)):
                    yield Cell(feature=feature, source=source, target=target, outcome="unsaid")
                else:
                    yield _answer_cell(feature, source, target, read)


def _reread_answer(answer: ChatResponse, source: str) -> ChatResponse | None:
    codec = dialects()[source].chat
    body = wire.parse_object(wire.dump(codec.encode_response(answer, None, Receipt())))
    read = codec.decode_response(body)
    return read if read.stop is answer.stop else None


def _answer_cell(feature: str, source: str, target: str, answer: ChatResponse) -> Cell:
    receipt = Receipt()
    codec = dialects()[target].chat
    body = codec.encode_response(answer, None, receipt)
    again = codec.decode_response(wire.parse_object(wire.dump(body)))
    notes = [*receipt.notes]
    if again.stop is not answer.stop:
        detail = f"told as {again.stop.value}"
        notes.append(Note(path="stop", action="coerced", detail=detail))
    return _cell(feature, source, target, notes)


def _cell(feature: str, source: str, target: str, notes: Sequence[Note]) -> Cell:
    actions = [note.action for note in notes]
    rank: Callable[[str], bool] = actions.__contains__
    outcome = next((word for word in ("dropped", "coerced", "invented") if rank(word)), "carried")
    return Cell(
        feature=feature,
        source=source,
        target=target,
        outcome=outcome,
        notes=tuple(str(note) for note in notes),
    )
