"""Conversations over HTTP: create, retrieve, update, delete, and their items."""

from __future__ import annotations

import re
import time
import uuid
from typing import Final

from aiohttp import web

from plexus.addons.services import Services
from plexus.addons.stateful.asked import CONVERSATION
from plexus.addons.stateful.caller import body_of, served
from plexus.addons.stateful.cleaning import expired_before
from plexus.addons.stateful.history import SIZE, not_found
from plexus.addons.stateful.listing import cursor_of, page_of_items
from plexus.addons.stateful.shown import conversation_object, deleted, identified, items_of
from plexus.store.conversations import Said
from plexus.store.records import ConversationRecord, TurnRecord
from plexus.store.responses import key_of
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump_text, list_at, text_at

_ROOTS: Final = ("/v1/conversations", "/conversations")
_OWN_ID: Final = re.compile(r"conv_[A-Za-z0-9_-]{1,100}")
_TRIES: Final = 3


class ConversationPages:
    """Each sees the caller's own conversations only."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._log = services.store.conversations

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        pages = self._services
        for root in _ROOTS:
            one, items = f"{root}/{{id}}", f"{root}/{{id}}/items"
            app.router.add_post(root, served(pages, self._create))
            app.router.add_get(one, served(pages, self._get))
            app.router.add_post(one, served(pages, self._update))
            app.router.add_delete(one, served(pages, self._delete))
            app.router.add_get(items, served(pages, self._items))
            app.router.add_post(items, served(pages, self._add))
            app.router.add_get(f"{items}/{{item}}", served(pages, self._item))
            app.router.add_delete(f"{items}/{{item}}", served(pages, self._remove))

    async def _create(self, request: web.Request, owner: str) -> JsonObject:
        body, now = await body_of(request), _now()
        identity = _identity(body)
        record = ConversationRecord(
            key=key_of(owner, identity),
            id=identity,
            owner=owner,
            created_at=now,
            updated_at=now,
            metadata=_metadata(body),
        )
        turn, _ = _turn(record.key, body, now)
        if not await self._log.create(record, turn if body.get("items") else None):
            raise GatewayError(
                Kind.BAD_REQUEST,
                f"there is a conversation {identity!r} already",
                where="id",
                code="conversation_exists",
            )
        return conversation_object(record)

    async def _get(self, request: web.Request, owner: str) -> JsonObject:
        return conversation_object(await self._find(request, owner))

    async def _update(self, request: web.Request, owner: str) -> JsonObject:
        record = await self._find(request, owner)
        metadata = _metadata(await body_of(request))
        await self._log.describe(record.key, metadata, now=_now())
        record.metadata = metadata
        return conversation_object(record)

    async def _delete(self, request: web.Request, owner: str) -> JsonObject:
        record = await self._find(request, owner)
        if not await self._log.delete(record.key):
            raise not_found(CONVERSATION, record.id)
        return deleted(record.id, "conversation.deleted")

    async def _items(self, request: web.Request, owner: str) -> JsonObject:
        return page_of_items(_items_in(await self._said(request, owner)), cursor_of(request.query))

    async def _add(self, request: web.Request, owner: str) -> JsonObject:
        record, body = await self._find(request, owner), await body_of(request)
        if not body.get("items"):
            raise _bad_items()
        turn, items = _turn(record.key, body, _now())
        await self._log.add(turn)
        return {
            "object": "list",
            "data": [*items],
            "first_id": items[0]["id"],
            "last_id": items[-1]["id"],
            "has_more": False,
        }

    async def _item(self, request: web.Request, owner: str) -> JsonObject:
        wanted = request.match_info["item"]
        for item in _items_in(await self._said(request, owner)):
            if item["id"] == wanted:
                return item
        raise _no_item(wanted)

    async def _remove(self, request: web.Request, owner: str) -> JsonObject:
        wanted = request.match_info["item"]
        for _ in range(_TRIES):  # somebody else may remove another item at the same time
            holder, left = _without(await self._said(request, owner), wanted)
            if await self._log.rewrite(holder, dump_text(left)):
                return conversation_object(await self._find(request, owner))
        raise GatewayError(Kind.UNAVAILABLE, "the conversation is being changed; try again")

    async def _find(self, request: web.Request, owner: str) -> ConversationRecord:
        identity = request.match_info["id"]
        record = await self._log.get(key_of(owner, identity), since=self._since())
        if record is None:
            raise not_found(CONVERSATION, identity)
        return record

    async def _said(self, request: web.Request, owner: str) -> list[Said]:
        identity = request.match_info["id"]
        turns = await self._log.said(key_of(owner, identity), since=self._since(), size=SIZE)
        if turns is None:
            raise not_found(CONVERSATION, identity)
        return turns

    def _since(self) -> int:
        return expired_before(self._services.config.current)


def _identity(body: JsonObject) -> str:
    given = body.get("id")
    if given is None:
        return f"conv_{uuid.uuid4().hex}"
    if isinstance(given, str) and _OWN_ID.fullmatch(given):
        return given
    raise GatewayError(
        Kind.BAD_REQUEST, "id must begin with conv_ and hold letters, digits, _ and -", where="id"
    )


def _metadata(body: JsonObject) -> str:
    given = body.get("metadata")
    if given is None:
        return "{}"
    if not isinstance(given, dict):
        raise GatewayError(Kind.BAD_REQUEST, "metadata must be an object", where="metadata")
    return dump_text(given)


def _turn(conversation_key: str, body: JsonObject, now: int) -> tuple[TurnRecord, list[JsonObject]]:
    given = body.get("items")
    if given is not None and not isinstance(given, list):
        raise _bad_items()
    if not all(isinstance(item, dict) for item in given or ()):
        raise _bad_items()
    key = str(uuid.uuid4())
    items = identified(list_at(body, "items"), key)
    text = dump_text(items)
    turn = TurnRecord(
        key=key,
        conversation_key=conversation_key,
        created_at=now,
        size=len(text),
        items=text,
    )
    return turn, items


def _items_in(turns: list[Said]) -> list[JsonObject]:
    return [item for turn in turns for item in identified(items_of(turn.items), turn.key)]


def _without(turns: list[Said], wanted: str) -> tuple[Said, list[JsonObject]]:
    for turn in turns:
        items = identified(items_of(turn.items), turn.key)
        left = [item for item in items if text_at(item, "id") != wanted]
        if len(left) < len(items):
            return turn, left
    raise _no_item(wanted)


def _no_item(identity: str) -> GatewayError:
    return GatewayError(
        Kind.NOT_FOUND,
        f"the conversation has no item {identity[:80]!r}",
        where="item_id",
        code="item_not_found",
    )


def _bad_items() -> GatewayError:
    return GatewayError(
        Kind.BAD_REQUEST, "items must be an array of objects, at least one", where="items"
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
