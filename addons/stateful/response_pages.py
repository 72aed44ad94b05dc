"""Stored responses over HTTP: list, retrieve, delete, input items (dataplane.md §6.2)."""

from __future__ import annotations

from aiohttp import web

from plexus.addons.services import Services
from plexus.addons.stateful.asked import PREVIOUS
from plexus.addons.stateful.caller import Served, is_admin, served
from plexus.addons.stateful.history import historian, not_found
from plexus.addons.stateful.listing import cursor_of, no_such_cursor, page_of, page_of_items
from plexus.addons.stateful.shown import (
    deleted,
    identified,
    items_of,
    response_object,
    served_by,
)
from plexus.store.records import ResponseRecord
from plexus.store.responses import key_of
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject

_ROOTS = ("/v1/responses", "/responses", "/v1/codex/responses")


class ResponsePages:
    """Each sees the caller's own responses only."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._log = services.store.responses
        self._historian = historian(services)

    def add_to(self, app: web.Application, no_websocket: Served) -> None:
        """Add the routes; `no_websocket` answers clients that want one at the same path."""
        listed = served(self._services, self._list)

        async def listed_or_told(request: web.Request) -> web.StreamResponse:
            return await (no_websocket if "upgrade" in request.headers else listed)(request)

        for root in _ROOTS:
            app.router.add_get(root, listed_or_told)
            app.router.add_get(f"{root}/{{id}}", served(self._services, self._get))
            app.router.add_delete(f"{root}/{{id}}", served(self._services, self._delete))
            app.router.add_get(f"{root}/{{id}}/input_items", served(self._services, self._input))

    async def _list(self, request: web.Request, owner: str) -> JsonObject:
        cursor = cursor_of(request.query)
        found = await self._log.page(owner, cursor, since=self._historian.since())
        if found is None:
            raise no_such_cursor(cursor.after or cursor.before or "")
        return page_of([self._shown(request, record) for record in found], cursor)

    async def _get(self, request: web.Request, owner: str) -> JsonObject:
        if request.query.get("stream") == "true":
            raise GatewayError(
                Kind.BAD_REQUEST,
                "stored responses are not streamed again; leave stream out",
                where="stream",
            )
        return self._shown(request, await self._find(request, owner))

    async def _delete(self, request: web.Request, owner: str) -> JsonObject:
        record = await self._find(request, owner)
        if not await self._log.delete(record.key):
            raise not_found(PREVIOUS, record.id)
        return deleted(record.id, "response")

    async def _input(self, request: web.Request, owner: str) -> JsonObject:
        record = await self._find(request, owner)
        items = identified(items_of(record.input), record.id)
        return page_of_items(items, cursor_of(request.query))

    async def _find(self, request: web.Request, owner: str) -> ResponseRecord:
        identity, since = request.match_info["id"], self._historian.since()

        async def read() -> ResponseRecord | None:
            return await self._log.get(key_of(owner, identity), since=since)

        record = await self._historian.persistently(read)
        if record is None:
            raise not_found(PREVIOUS, identity)
        return record

    def _shown(self, request: web.Request, record: ResponseRecord) -> JsonObject:
        shown = response_object(record)
        if is_admin(self._services.config.current, request):
            shown["plexus"] = served_by(record)
        return shown
