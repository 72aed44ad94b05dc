"""Check a recorded answer: back to its own format unchanged, to the others with nothing unsaid."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.transforms import wire
from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Receipt, as_json_object
from plexus.transforms.errors import GatewayError
from plexus.transforms.ir import ChatResponse, Stop
from plexus.transforms.wire import JsonObject, object_at, objects_at
from tests.conformance.answers import answer_differences
from tests.conformance.corpus import Case, dialects
from tests.conformance.declared import undeclared
from tests.conformance.formats import FORMATS
from tests.conformance.outcome import Outcome, unlike


def check_response(case: Case, outcome: Outcome) -> None:
    """Run all checks of a whole answer."""
    try:
        response = dialects()[case.dialect].chat.decode_response(as_json_object(case.body))
    except GatewayError as error:
        reason = str(error)
        outcome.run("decode", lambda: [reason])
        return
    outcome.run("own dialect", lambda: own_dialect(case, response))
    outcome.run("replayed", lambda: unlike_answers(collect(replay(response)), response))
    for target in dialects():
        if target != case.dialect:
            cross(response, target, outcome)


def check_error(case: Case, outcome: Outcome) -> None:
    """Check that an error is understood, and that each format can tell it."""
    outcome.run("understood", lambda: list(error_problems(case)))


def error_problems(case: Case) -> Iterator[str]:
    """Say what of a provider's error is not understood, or cannot be told."""
    body = case.body.encode() if isinstance(case.body, str) else wire.dump(case.body)
    error = dialects()[case.dialect].decode_error(case.status, {}, body)
    if error.upstream_status != case.status:
        yield f"the status is {error.upstream_status}"
    if not error.message:
        yield "there is no message"
    for name, dialect in dialects().items():
        told = dialect.encode_error(error, "req_1")
        if error.message not in wire.dump_text(told) and '"' not in error.message:
            again = dialect.decode_error(dialect.status(error), {}, wire.dump(told))
            if again.message != error.message:
                yield f"{name} tells {again.message!r} for {error.message!r}"


def own_dialect(case: Case, response: ChatResponse) -> list[str]:
    """Return what the answer loses on its way through the IR."""
    receipt = Receipt()
    form = FORMATS[case.dialect]
    written = dialects()[case.dialect].chat.encode_response(response, None, receipt)
    before = form.answer(as_json_object(case.body))
    after = form.answer(wire.parse_object(wire.dump(written)))
    if case.dialect == "chat":
        _forget_minted(before, after)
    if not str(before.get("id")).startswith("resp_") and case.dialect == "responses":
        after["id"] = before.get("id")  # clients of this format count on the prefix
    return unlike(before, after) + [str(note) for note in receipt.notes]


def _forget_minted(before: JsonObject, after: JsonObject) -> None:
    # Calls that came without an id get one of ours; clients want a model, too.
    if "model" not in before:
        after.pop("model", None)
    pairs = zip(_calls(before), _calls(after), strict=False)
    for was, now in pairs:
        if was.get("id") == "minted":
            now["id"] = "minted"


def _calls(body: JsonObject) -> list[JsonObject]:
    messages = [object_at(choice, "message") or {} for choice in objects_at(body, "choices")]
    return [call for message in messages for call in objects_at(message, "tool_calls")]


def cross(response: ChatResponse, target: str, outcome: Outcome) -> None:
    """Check that the target's SDK takes the answer, and that it says there what it said here."""
    receipt = Receipt()
    dialect = dialects()[target]
    try:
        body = wire.parse_object(wire.dump(dialect.chat.encode_response(response, None, receipt)))
    except GatewayError as error:
        # No format but Gemini's can tell that the model's call was unreadable (§10, case 70).
        reason = str(error)
        is_right = response.stop is Stop.MALFORMED
        outcome.run(f"to {target}", lambda: [] if is_right else [reason])
        return
    outcome.run(f"to {target}: types", lambda: _types(target, body))
    outcome.run(f"to {target} and back", lambda: _back(response, target, body, receipt))


def _types(target: str, body: JsonObject) -> list[str]:
    FORMATS[target].check_answer(body)
    return []


def _back(response: ChatResponse, target: str, body: JsonObject, receipt: Receipt) -> list[str]:
    try:
        again = dialects()[target].chat.decode_response(body)
    except GatewayError as error:
        return [] if response.stop is Stop.MALFORMED else [str(error)]
    return undeclared(answer_differences(response, again, target), receipt.notes)


def unlike_answers(one: ChatResponse, other: ChatResponse) -> list[str]:
    """Say where two answers of the IR differ."""
    return [] if one == other else [f"{one!r:.100} is not {other!r:.100}"]
