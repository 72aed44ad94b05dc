"""Conversations and what was said in them (dataplane.md §6.2); the keeper adds calls' turns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    RowMapping,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store.records import ConversationRecord, TurnRecord
from plexus.store.responses import BATCH
from plexus.store.sealed import opened_row, sealed_record
from plexus.store.tables import CONVERSATION_TURNS, CONVERSATIONS, RESPONSES

_ROWS: Final = CONVERSATIONS.c
_TURNS: Final = CONVERSATION_TURNS.c
_COLUMNS: Final = tuple(_ROWS[one.name] for one in fields(ConversationRecord))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was added to a conversation at once: JSON items."""

    key: str
    items: str
    size: int
    stored: str = field(default="", repr=False)  # the items as they stand in the table


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLog:
    """The rows of `conversations` and `conversation_turns`; `instance` names this process.

    Times in ms since 1970; `since`: what was last used before has expired.
    """

    engine: AsyncEngine
    instance: str
    sealer: Sealer = field(default_factory=Sealer)

    async def create(self, record: ConversationRecord, turn: TurnRecord | None) -> bool:
        """Add a conversation with its first items; return whether its key was free."""
        try:
            async with self.engine.begin() as connection:
                row = asdict(sealed_record(self.sealer, CONVERSATIONS, record))
                await connection.execute(insert(CONVERSATIONS), row)
                if turn is not None:
                    await connection.execute(insert(CONVERSATION_TURNS), self._stamped(turn))
        except IntegrityError:
            return False
        return True

    async def get(self, key: str, *, since: int) -> ConversationRecord | None:
        """Return a conversation, without its items."""
        query = select(*_COLUMNS).where(_ROWS.key == key, _is_fresh(since))
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return ConversationRecord(**opened_row(self.sealer, CONVERSATIONS, row))

    async def said(self, key: str, *, since: int, size: int) -> list[Said] | None:
        """Return a conversation's turns, oldest first, in one query; `None`: there is none.

        Ends behind the turn with which it is longer than `size` characters.
        """
        given = {"key": key, "since": since, "size": size}
        async with self.engine.connect() as connection:
            rows = (await connection.execute(_SAID, given)).mappings().all()
        if not rows:
            return None
        return [self._said(row) for row in rows if row["key"] is not None]

    async def describe(self, key: str, metadata: str, *, now: int) -> None:
        """Replace the metadata."""
        statement = update(CONVERSATIONS).where(_ROWS.key == key)
        async with self.engine.begin() as connection:
            await connection.execute(
                statement.values(metadata=self.sealer.seal(metadata), updated_at=now)
            )

    async def add(self, turn: TurnRecord) -> None:
        """Add items."""
        async with self.engine.begin() as connection:
            await connection.execute(insert(CONVERSATION_TURNS), self._stamped(turn))

    async def rewrite(self, before: Said, items: str) -> bool:
        """Put other items in a turn's place; return whether it was still as it was read."""
        same = (_TURNS.key == before.key, _TURNS["items"] == before.stored)
        statement = update(CONVERSATION_TURNS).where(*same)
        async with self.engine.begin() as connection:
            sealed = self.sealer.seal(items)
            changed = await connection.execute(statement.values(items=sealed, size=len(items)))
            return changed.rowcount > 0

    async def delete(self, key: str) -> bool:
        """Remove a conversation and its items; return whether there was one."""
        async with self.engine.begin() as connection:
            await connection.execute(
                delete(CONVERSATION_TURNS).where(_TURNS.conversation_key == key)
            )
            gone = await connection.execute(delete(CONVERSATIONS).where(_ROWS.key == key))
            return gone.rowcount > 0

    async def purge(self, before: int) -> int:
        """Remove what was last used before a time and no response refers to; return how many.

        Turns whose conversation is gone go with them.
        """
        removed = await self._purge_conversations(before)
        orphan = ~exists().where(_ROWS.key == _TURNS.conversation_key)
        old = select(_TURNS.number).where(_TURNS.created_at < before, orphan).limit(BATCH)
        statement = delete(CONVERSATION_TURNS).where(_TURNS.number.in_(old.scalar_subquery()))
        while await self._run(statement) == BATCH:
            pass
        return removed

    async def _purge_conversations(self, before: int) -> int:
        referred = exists().where(RESPONSES.c.conversation_key == _ROWS.key)
        old = select(_ROWS.key).where(~_is_fresh(before), ~referred).limit(BATCH)
        statement = delete(CONVERSATIONS).where(_ROWS.key.in_(old.scalar_subquery()))
        removed = batch = await self._run(statement)
        while batch == BATCH:
            batch = await self._run(statement)
            removed += batch
        return removed

    async def _run(self, statement: Delete) -> int:
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount

    def _said(self, row: RowMapping) -> Said:
        opened = opened_row(self.sealer, CONVERSATION_TURNS, row)
        return Said(**opened, stored=row["items"])

    def _stamped(self, turn: TurnRecord) -> dict[str, object]:
        sealed = sealed_record(self.sealer, CONVERSATION_TURNS, turn)
        return asdict(sealed) | {"instance": self.instance, "stored_at": turn.created_at}


def _is_fresh(since: ColumnElement[int] | int) -> ColumnElement[bool]:
    used = exists().where(_TURNS.conversation_key == _ROWS.key, _TURNS.created_at >= since)
    return (_ROWS.updated_at >= since) | used


def _read_turns() -> Select[tuple[object, ...]]:
    whole = func.sum(_TURNS.size).over(order_by=_TURNS.number)
    turns = (
        select(_TURNS.number, _TURNS.key, _TURNS["items"], _TURNS.size)
        .add_columns((whole - _TURNS.size).label("earlier"))
        .where(_TURNS.conversation_key == bindparam("key"))
        .subquery()
    )
    fits = turns.c.earlier <= bindparam("size", type_=BigInteger)
    return (
        select(turns.c.key, turns.c["items"], turns.c.size)
        .select_from(CONVERSATIONS.outerjoin(turns, fits))
        .where(_ROWS.key == bindparam("key"), _is_fresh(bindparam("since", type_=BigInteger)))
        .order_by(turns.c.number)
    )


_SAID: Final = _read_turns()
