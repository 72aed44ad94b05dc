"""Check a recorded request: back to its own format unchanged, to the others with nothing unsaid."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms import wire
from plexus.transforms.codec import Dialect, Encoded, Head, Match, Receipt, as_json_object
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest
from tests.conformance.corpus import Case, dialects
from tests.conformance.declared import undeclared
from tests.conformance.formats import FORMATS
from tests.conformance.outcome import Outcome, unlike
from tests.conformance.requests import request_differences

_ROOTS = {"gemini": "/v1beta", "messages": "", "chat": "/v1", "responses": "/v1"}


def check_request(case: Case, outcome: Outcome) -> None:
    """Run all checks of a request."""
    match, body = case.match, case.body
    assert match is not None
    assert isinstance(body, dict)
    try:
        request = dialects()[case.dialect].chat.decode_request(match, body)
    except GatewayError as error:
        # We may refuse what its provider refused, too.
        is_right = error.kind is Kind.BAD_REQUEST and 400 <= case.status < 500
        reason = str(error)
        outcome.run("decode", lambda: [] if is_right else [reason])
        return
    if case.status >= 400:
        return  # it is wrong in some way, and need not be right elsewhere
    outcome.run("own dialect", lambda: own_dialect(case, match, request))
    # The target's model is the router's to name; Gemini's stands in the path.
    sent = replace(request, model="model-1")
    for target in dialects():
        if target != case.dialect:
            cross(sent, target, outcome)


def own_dialect(case: Case, match: Match, request: ChatRequest) -> list[str]:
    """Return what the request loses on its way through the IR."""
    form = FORMATS[case.dialect]
    body = as_json_object(case.body)
    receipt = Receipt()
    traits = form.traits(body) if _is_vendors(case) else replace(form.traits(body), official=False)
    again = dialects()[case.dialect].chat.encode_request(request, traits, receipt)
    dropped = [str(note) for note in receipt.notes if note.action == "dropped"]
    written = wire.parse_object(wire.dump(again.body))
    return unlike(form.request(body, match), form.request(written, match)) + dropped


def _is_vendors(case: Case) -> bool:
    return not case.format.startswith("other-")


def cross(request: ChatRequest, target: str, outcome: Outcome) -> None:
    """Check that the target's SDK takes the request, and that it says there what it said here."""
    receipt = Receipt()
    dialect = dialects()[target]
    form = FORMATS[target]
    try:
        encoded = dialect.chat.encode_request(request, form.official, receipt)
    except GatewayError as error:
        reason = f"{error}"
        outcome.run(f"to {target}", lambda: [reason])
        return
    outcome.run(f"to {target}: types", lambda: form.request_problems(encoded))
    outcome.run(
        f"to {target} and back",
        lambda: undeclared(request_differences(request, decoded(dialect, encoded)), receipt.notes),
    )


def decoded(dialect: Dialect, encoded: Encoded) -> ChatRequest:
    """Read a request that we wrote, as a server of its format would."""
    path, _, query = encoded.path.partition("?")
    root = _ROOTS[dialect.name] if not path.startswith(("/v1/", "/v1beta/")) else ""
    match = dialect.match(Head("POST", root + path, query, {}))
    assert match is not None, f"no path of {dialect.name}: {path}"
    return dialect.chat.decode_request(match, wire.parse_object(wire.dump(encoded.body)))
