"""Make the rows that remember a call: its response, and its turn in a conversation."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.addons.exchange import Exchange
from plexus.addons.stateful.asked import input_items, wants_store
from plexus.addons.stateful.history import is_id
from plexus.addons.stateful.shown import identified
from plexus.store.records import ResponseRecord, TurnRecord
from plexus.store.responses import key_of
from plexus.transforms.wire import Json, JsonObject, dump_text, list_at, rest, text_at

_FINISHED = frozenset({"completed", "incomplete"})
_OUTPUT = frozenset({"output"})


def is_finished(answer: JsonObject) -> bool:
    """Whether an answer can be gone on from: it has an id and did not fail."""
    return answer.get("status") in _FINISHED and is_id(text_at(answer, "id") or "")


def response_record(exchange: Exchange, answer: JsonObject, *, now: int) -> ResponseRecord | None:
    """Return a finished answer's row (dataplane.md §6.2); `now` in ms since 1970.

    `None`: the client does not want it stored, or a provider gave it the id of one that it goes
    on from, which would close the chain to a circle.
    """
    body, continued = _said(exchange), exchange.continued
    identity = text_at(answer, "id") or ""
    if not wants_store(body) or (continued and identity in continued.ancestors):
        return None
    owner, target = _owner(exchange), exchange.target
    given, output = dump_text(input_items(body)), dump_text(list_at(answer, "output"))
    previous = continued.previous if continued else None
    conversation = continued.conversation if continued else None
    return ResponseRecord(
        key=key_of(owner, identity),
        id=identity,
        owner=owner,
        request_id=exchange.id,
        created_at=exchange.timeline.started_ms,
        completed_at=now,
        status=text_at(answer, "status") or "",
        model=exchange.model,
        provider=target.provider.name if target else None,
        target_model=target.model.name if target else None,
        api_type=exchange.spoken.name,
        canonical_model=exchange.plan.canonical if exchange.plan else None,
        previous_key=None if previous is None else key_of(owner, previous),
        conversation_key=None if conversation is None else key_of(owner, conversation),
        size=len(given) + len(output),
        input=given,
        output=output,
        body=dump_text(rest(answer, _OUTPUT)),
    )


def turn_record(exchange: Exchange, answer: JsonObject, *, now: int) -> TurnRecord | None:
    """Return what a call adds to its conversation: only this turn's input and output."""
    continued = exchange.continued
    if continued is None or continued.conversation is None:
        return None
    said: list[Json] = [*input_items(continued.body), *list_at(answer, "output")]
    items = dump_text(identified(said, exchange.id))
    return TurnRecord(
        key=exchange.id,
        conversation_key=key_of(_owner(exchange), continued.conversation),
        created_at=now,
        size=len(items),
        items=items,
    )


def _said(exchange: Exchange) -> Mapping[str, Json]:
    if exchange.continued is not None:
        return exchange.continued.body
    return exchange.body if exchange.body is not None else {}


def _owner(exchange: Exchange) -> str:
    return exchange.principal.name if exchange.principal is not None else ""
