"""Serve a page of the Responses API: who asks, and errors as OpenAI shows them."""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

from plexus.addons.authenticate import identify_principal, trusted_proxies
from plexus.addons.border import as_gateway_error
from plexus.addons.client_address import client_address
from plexus.addons.exchange import Exchange
from plexus.addons.services import Services
from plexus.addons.stateful.history import unreadable
from plexus.config.snapshot import Snapshot
from plexus.store.errors import TROUBLE
from plexus.transforms.codec import Head, Match, Operation
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import JsonObject, dump, parse_object

log = logging.getLogger(__name__)

type Page = Callable[[web.Request, str], Awaitable[JsonObject]]
type Served = Callable[[web.Request], Awaitable[web.StreamResponse]]


def served(services: Services, page: Page) -> Served:
    """Return a handler that authenticates, gives `page` the owner's name and prints its object."""

    async def serve(request: web.Request) -> web.Response:
        identity = str(uuid.uuid4())
        try:
            owner = owner_of(services, request, identity)
            await services.store.keeper.settle()
            return _json(await page(request, owner), 200, identity)
        except TROUBLE as exc:
            return _refusal(services, unreadable(exc), identity)
        except GatewayError as exc:
            return _refusal(services, exc, identity)
        except web.HTTPException:
            raise
        except Exception as exc:  # as for calls: never a page that is not OpenAI's
            return _refusal(services, as_gateway_error(exc, identity), identity)

    return serve


def owner_of(services: Services, request: web.Request, identity: str) -> str:
    """Return on whose behalf a page is asked for. Raise `GatewayError` as `authenticate` does."""
    snapshot = services.config.current
    head = _head(request)
    asked = Exchange(
        id=identity,
        door="gateway",
        snapshot=snapshot,
        head=head,
        dialect=services.dialects[NAME],
        match=Match(Operation.CHAT),
        source_ip=client_address(request.remote, head.headers, trusted_proxies(snapshot)),
    )
    return identify_principal(asked).name


def is_admin(snapshot: Snapshot, request: web.Request) -> bool:
    """Whether the request bears the admin key."""
    given = request.headers.get("x-admin-key", "").encode("utf-8", "surrogateescape")
    known = (snapshot.admin_key or "").encode("utf-8", "surrogateescape")
    return bool(known) and secrets.compare_digest(given, known)


async def body_of(request: web.Request) -> JsonObject:
    """Return a request's JSON body, an empty one where there is none."""
    raw = await request.read()
    return parse_object(raw, where="the request body") if raw.strip() else {}


def _head(request: web.Request) -> Head:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), value)
    return Head(request.method, request.path, request.query_string, headers)


def _refusal(services: Services, error: GatewayError, identity: str) -> web.Response:
    dialect = services.dialects[NAME]
    return _json(dialect.encode_error(error, identity), dialect.status(error), identity)


def _json(value: JsonObject, status: int, identity: str) -> web.Response:
    return web.Response(
        status=status,
        body=dump(value),
        content_type="application/json",
        headers={"x-request-id": identity},
    )
