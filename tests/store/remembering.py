"""Make records of responses and conversations: defaults, and what a test wants otherwise."""

from __future__ import annotations

import json
from typing import Any

from plexus.store.records import ConversationRecord, ResponseRecord, TurnRecord
from plexus.store.responses import key_of
from plexus.store.store import Store


def response(identity: str, owner: str = "app", **other: Any) -> ResponseRecord:
    """A response; `after` names the one that it goes on from."""
    after = other.pop("after", None)
    record = ResponseRecord(
        **{
            "key": key_of(owner, identity),
            "id": identity,
            "owner": owner,
            "request_id": f"call-{identity}",
            "created_at": 1000,
            "completed_at": 2000,
            "model": "m",
            "previous_key": None if after is None else key_of(owner, after),
            "input": json.dumps([f"to {identity}"]),
            "output": json.dumps([f"from {identity}"]),
            "body": json.dumps({"id": identity, "status": "completed"}),
            **other,
        }
    )
    record.size = len(record.input) + len(record.output)
    return record


def conversation(identity: str, owner: str = "app", **other: Any) -> ConversationRecord:
    """A conversation."""
    return ConversationRecord(
        **{
            "key": key_of(owner, identity),
            "id": identity,
            "owner": owner,
            "created_at": 1000,
            "updated_at": 1000,
            **other,
        }
    )


def turn(number: int, of: ConversationRecord, **other: Any) -> TurnRecord:
    """Items that were added to a conversation at once."""
    items = json.dumps([f"turn {number}"])
    return TurnRecord(
        **{
            "key": f"{of.id}-{number}",
            "conversation_key": of.key,
            "created_at": 1000 + number,
            "items": items,
            "size": len(items),
            **other,
        }
    )


async def keep(store: Store, *records: ResponseRecord | TurnRecord) -> None:
    """Store rows, and wait until they are there."""
    for record in records:
        store.keeper.put(record)
    await store.keeper.settle()
