"""Find, list and remove stored responses; the keeper adds them (dataplane.md §6.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Final, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store.records import ResponseRecord
from plexus.store.sealed import opened_row
from plexus.store.tables import RESPONSES

BATCH: Final = 100  # rows that are removed in one transaction

type Order = Literal["asc", "desc"]

_ROWS: Final = RESPONSES.c
_COLUMNS: Final = tuple(_ROWS[one.name] for one in fields(ResponseRecord))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A turn of a chain: what went in and what came out, both JSON."""

    id: str
    key: str
    request_id: str
    previous_key: str | None
    conversation_key: str | None
    size: int
    input: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Which part of a list is asked for: `after` or `before` the response with this id."""

    limit: int
    order: Order = "desc"
    after: str | None = None
    before: str | None = None


def key_of(owner: str, identity: str) -> str:
    """Return the key of a response or conversation; an id has no slash, so it is unambiguous."""
    return f"{owner}/{identity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLog:
    """The rows of `responses`. `since`, ms since 1970: what is older has expired."""

    engine: AsyncEngine
    sealer: Sealer = field(default_factory=Sealer)

    async def get(self, key: str, *, since: int) -> ResponseRecord | None:
        """Return one response."""
        query = select(*_COLUMNS).where(_ROWS.key == key, _ROWS.created_at >= since)
        async with self.engine.connect() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else ResponseRecord(**opened_row(self.sealer, RESPONSES, row))

    async def chain(self, key: str, *, since: int, depth: int, size: int) -> list[Link]:
        """Return a response and those before it, oldest first, in one query.

        The walk ends behind the link with which it is longer than `depth` links or `size`
        characters, and before one that is gone: its `previous_key` is then not `None`.
        """
        given = {"key": key, "since": since, "depth": depth, "size": size}
        async with self.engine.connect() as connection:
            rows = await connection.execute(_CHAIN, given)
            return [Link(**opened_row(self.sealer, RESPONSES, row)) for row in rows.mappings()]

    async def page(self, owner: str, cursor: Cursor, *, since: int) -> list[ResponseRecord] | None:
        """Return up to `limit` + 1 responses in the order asked for; `None`: no such cursor.

        `before` gives the ones right before it.
        """
        backwards = cursor.after is None and cursor.before is not None
        downwards = (cursor.order == "desc") is not backwards
        query = select(*_COLUMNS).where(_ROWS.owner == owner, _ROWS.created_at >= since)
        at = cursor.before if backwards else cursor.after
        if at is not None:
            edge = await self.get(key_of(owner, at), since=since)
            if edge is None:
                return None
            query = query.where(_beyond(edge, downwards=downwards))
        found = await self._read(query.order_by(*_order(downwards)).limit(cursor.limit + 1))
        return found[::-1] if backwards else found

    async def delete(self, key: str) -> bool:
        """Remove one response; return whether there was one."""
        return await self._run(delete(RESPONSES).where(_ROWS.key == key)) > 0

    async def purge(self, before: int) -> int:
        """Remove what was created before a time, in small transactions; return how many."""
        old = select(_ROWS.key).where(_ROWS.created_at < before).limit(BATCH)
        statement = delete(RESPONSES).where(_ROWS.key.in_(old.scalar_subquery()))
        removed = batch = await self._run(statement)
        while batch == BATCH:
            batch = await self._run(statement)
            removed += batch
        return removed

    async def _run(self, statement: Delete) -> int:
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount

    async def _read(self, query: Select[tuple[object, ...]]) -> list[ResponseRecord]:
        async with self.engine.connect() as connection:
            rows = await connection.execute(query)
            found = rows.mappings()
            return [ResponseRecord(**opened_row(self.sealer, RESPONSES, row)) for row in found]


def _beyond(edge: ResponseRecord, *, downwards: bool) -> ColumnElement[bool]:
    at, key = edge.created_at, edge.key
    if downwards:
        return or_(_ROWS.created_at < at, and_(_ROWS.created_at == at, _ROWS.key < key))
    return or_(_ROWS.created_at > at, and_(_ROWS.created_at == at, _ROWS.key > key))


def _order(downwards: bool) -> tuple[ColumnElement[int], ColumnElement[str]]:
    columns = (_ROWS.created_at, _ROWS.key)
    return (columns[0].desc(), columns[1].desc()) if downwards else columns


def _walk() -> Select[tuple[object, ...]]:
    since = bindparam("since", type_=BigInteger)
    walked = (
        select(_ROWS.key, _ROWS.previous_key, _ROWS.size.label("total"), literal(1).label("depth"))
        .where(_ROWS.key == bindparam("key"), _ROWS.created_at >= since)
        .cte("walked", recursive=True)
    )
    up = RESPONSES.alias("up")
    walked = walked.union_all(
        select(
            up.c.key,
            up.c.previous_key,
            cast(walked.c.total + up.c.size, BigInteger),
            walked.c.depth + literal_column("1"),
        ).where(
            up.c.key == walked.c.previous_key,
            up.c.created_at >= since,
            walked.c.depth <= bindparam("depth", type_=BigInteger),
            walked.c.total <= bindparam("size", type_=BigInteger),
        )
    )
    columns = [_ROWS[one.name] for one in fields(Link)]
    return select(*columns).join(walked, walked.c.key == _ROWS.key).order_by(walked.c.depth.desc())


_CHAIN: Final = _walk()
