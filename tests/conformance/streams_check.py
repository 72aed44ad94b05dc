"""Check a recorded stream: the same events at any split, the SDK's answer, and every other format.

Single bytes are fed for the first 20 kB; what is behind comes in frames and at random cuts, for a
stream of a megabyte costs minutes byte by byte and shows nothing new.
"""

from __future__ import annotations

import random
import zlib

from plexus.transforms.assemble import collect
from plexus.transforms.codec import Receipt
from plexus.transforms.errors import GatewayError
from plexus.transforms.events import BlockEnded, BlockStarted, Event, Failed, Finished, Started
from plexus.transforms.ir import ChatResponse, Refusal, Stop, Text
from plexus.transforms.transcode import Passthrough
from plexus.transforms.wire import JsonObject, objects_at, text_at
from tests.conformance.accumulate import (
    chat_suits_sdk,
    joined,
    said,
    sdk_chunks,
    sdk_completion,
    sdk_message,
    sdk_response,
    terminal,
)
from tests.conformance.answers import answer_differences
from tests.conformance.corpus import Case, dialects
from tests.conformance.declared import undeclared
from tests.conformance.formats import FORMATS
from tests.conformance.outcome import Outcome, unlike
from tests.strategies import bytewise, pieces
from tests.transforms.dialects.openai_responses.canonical import canonical_response, without_seals

SINGLY = 20_000  # bytes that are fed one by one


def check_stream(case: Case, outcome: Outcome) -> None:
    """Run all checks of a stream."""
    data = case.data
    whole = decoded(case.dialect, [data])
    outcome.run("whole", lambda: _balance(whole))
    rand = random.Random(zlib.crc32(case.name.encode()))
    cuts = sorted(rand.randrange(len(data)) for _ in range(40))
    by_frame = data.replace(b"\n\n", b"\n\n\0").split(b"\0")
    for check, split in (
        ("byte by byte", [*bytewise(data[:SINGLY]), data[SINGLY:]]),
        ("by frame", by_frame),
        ("at random splits", pieces(data, cuts)),
    ):
        outcome.run(check, lambda split=split: _same(whole, decoded(case.dialect, split)))  # type: ignore[misc]  # bound now
    outcome.run("passed through", lambda: _passed(case))
    if not whole or isinstance(whole[-1], Failed):
        return
    outcome.run("what the SDK accumulates", lambda: _as_the_sdk(case, collect(whole)))
    if collect(whole).stop is Stop.MALFORMED:
        return  # told as an error by every format but Gemini's (wire-formats.md §10, case 70)
    for target in dialects():
        _cross(whole, case, target, outcome)


def decoded(dialect: str, split: list[bytes]) -> list[Event]:
    """The events of a stream that arrives in pieces."""
    decoder = dialects()[dialect].chat.stream_decoder()
    events = [event for piece in split for event in decoder.feed(piece)]
    return events + decoder.close()


def _balance(events: list[Event]) -> list[str]:
    if events and isinstance(events[-1], Failed):
        return [f"failed: {events[-1].error}"]
    opened = [event.index for event in events if isinstance(event, BlockStarted)]
    ended = [event.index for event in events if isinstance(event, BlockEnded)]
    finished = [event.choice for event in events if isinstance(event, Finished)]
    found = []
    if not events or not isinstance(events[0], Started):
        found.append("it does not begin with its start")
    if sorted(ended) != opened or opened != list(range(len(opened))):
        found.append(f"opened {opened}, ended {ended}")
    if not finished or len(finished) != len(set(finished)):
        found.append(f"finished {finished}")
    return found


def _same(whole: list[Event], split: list[Event]) -> list[str]:
    # Errors are equal if they say the same.
    one, other = [repr(event) for event in whole], [repr(event) for event in split]
    if one == other:
        return []
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    return [f"{len(one)} events became {len(other)}, the first to differ is {at}"]


def _passed(case: Case) -> list[str]:
    pipe = Passthrough(dialects()[case.dialect], "req_1")
    step = 997
    data = case.data
    out = b"".join(pipe.feed(data[i : i + step]) for i in range(0, len(data), step)) + pipe.close()
    if pipe.failed is not None:
        return [f"seen as failed: {pipe.failed}"]
    return [] if out == data else ["passing through changed it"]


def _as_the_sdk(case: Case, answer: ChatResponse) -> list[str]:
    form = FORMATS[case.dialect]
    match case.dialect:
        case "messages":
            codec = dialects()["messages"].chat
            ours = form.answer(codec.encode_response(answer, None, Receipt()))
            return unlike(form.answer(sdk_message(case.data)), ours)
        case "chat":
            return _as_openai_chat(case.data, answer)
        case "gemini":
            theirs = sdk_chunks(case.data)
            return [] if theirs is None else unlike(_read(theirs), _read(said(answer.parts)))
        case _:
            return _as_openai_responses(case.data, answer)


def _as_openai_chat(data: bytes, answer: ChatResponse) -> list[str]:
    if not chat_suits_sdk(data):
        return []
    ours = (joined(answer.parts, Text), joined(answer.parts, Refusal), said(answer.parts)[1])
    theirs = sdk_completion(data)
    return [] if theirs is None else unlike([*theirs], [*ours])


def _as_openai_responses(data: bytes, answer: ChatResponse) -> list[str]:
    last = terminal(data)
    found: list[str] = []
    if last is not None:
        codec = dialects()["responses"].chat
        ours = codec.encode_response(answer, None, Receipt())
        found = unlike(_told(last), _told(ours))
    theirs = sdk_response(data)
    if theirs is not None and b'"namespace":"' not in data:  # which is part of our names
        found += unlike([*theirs], [*said(answer.parts)])
    return found


def _told(body: JsonObject) -> JsonObject:
    # Copilot gives everything another id in each event; the last one encrypts anew (§2.3).
    out = without_seals(canonical_response(body))
    items = objects_at(out, "output")
    items.sort(key=_rank)
    for thing in (out, *items):
        thing.pop("id", None)
        for part in objects_at(thing, "content"):
            for note in objects_at(part, "annotations"):  # whose place the types require
                note.update({"start_index": 0, "end_index": 0, **note})
    return {**out, "output": [*items]}


def _rank(item: JsonObject) -> list[str]:
    # An item whose end was left out can only come last.
    return [text_at(item, key) or "" for key in ("type", "call_id", "server_label", "name")]


def _read(said_: tuple[str, list[tuple[str, str]]]) -> list[object]:
    return [said_[0], [[name, text.replace(" ", "")] for name, text in said_[1]]]


def _cross(events: list[Event], case: Case, target: str, outcome: Outcome) -> None:
    receipt = Receipt()
    encoder = dialects()[target].chat.stream_encoder(None, receipt)
    data = b"".join([encoder.encode(event) for event in events]) + encoder.close()
    if target != case.dialect or _is_well_formed(case):
        outcome.run(f"to {target}: well-formed", lambda: _types(target, data))
    outcome.run(f"to {target} and back", lambda: _back(events, case.dialect, target, data, receipt))


def _is_well_formed(case: Case) -> bool:
    # Types lag behind the wire, in both directions: then they cannot judge what we write, either.
    try:
        return _types(case.dialect, case.data) == []
    except (AssertionError, ValueError, RuntimeError, KeyError, TypeError):
        return False


def _types(target: str, data: bytes) -> list[str]:
    FORMATS[target].check_stream(data)
    return []


def _back(
    events: list[Event], source: str, target: str, data: bytes, receipt: Receipt
) -> list[str]:
    before = collect(events)
    try:
        after = collect(decoded(target, [data]))
    except GatewayError as error:
        return [str(error)]
    found = undeclared(answer_differences(before, after, target), receipt.notes)
    return found + ([str(note) for note in receipt.notes] if source == target else [])
