"""The local pages: health and the list of models. No flow is made for them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from plexus.addons.cors import CORS_PREFLIGHT, CORS_REPLY, is_cors_open
from plexus.addons.identify import MAX_BODY
from plexus.addons.services import Services
from plexus.addons.stateful.conversation_pages import ConversationPages
from plexus.addons.stateful.response_pages import ResponsePages
from plexus.config.snapshot import Snapshot
from plexus.transforms.wire import Json, JsonObject, dump

LOCAL_PATHS: Final = (
    "/v0/",
    "/ui",
    "/health",
    "/metrics",
    "/.well-known/",
    "/v1/conversations",
    "/conversations",
)
_NO_WEBSOCKETS: Final[JsonObject] = {
    "error": {
        "message": "WebSockets are not served; use HTTP",
        "type": "invalid_request_error",
        "code": "upgrade_required",
    }
}


class Pages:
    """Handlers that read the current configuration."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._created = int(time.time())

    async def health(self, request: web.Request) -> web.Response:
        """Say that the gateway answers."""
        return web.Response(text="OK")

    async def healthz(self, request: web.Request) -> web.Response:
        """Say that the gateway answers, in JSON."""
        return json_response({"ok": True})

    async def models(self, request: web.Request) -> web.Response:
        """List the aliases in the caller's format: Gemini's, Anthropic's or OpenAI's."""
        snapshot = self._services.config.current
        if "x-goog-api-key" in request.headers or request.path.startswith("/v1beta"):
            return json_response(gemini_models(snapshot))
        if "anthropic-version" in request.headers:
            return json_response(anthropic_models(snapshot, self._created))
        return json_response(openai_models(snapshot, self._created))

    async def preflight(self, request: web.Request) -> web.Response:
        """Answer a browser's question whether it may call."""
        allowed = is_cors_open(self._services.config.current)
        return web.Response(status=204, headers=CORS_PREFLIGHT if allowed else None)

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """Anything else."""
        if request.headers.get("upgrade", "").lower() == "websocket":
            # Codex tries a WebSocket first: on 426 it falls back to HTTP at once.
            return json_response(_NO_WEBSOCKETS, status=426)
        body = not_found_page(request.method, request.path)
        return web.Response(status=404, body=body, content_type="application/json")


def make_pages(services: Services) -> web.Application:
    """Return the application behind the local paths."""
    pages = Pages(services)
    app = web.Application(client_max_size=MAX_BODY + 1)
    app.router.add_get("/health", pages.health)
    app.router.add_get("/healthz", pages.healthz)
    for path in ("/v1/models", "/v1beta/models", "/models"):
        app.router.add_get(path, pages.models)
    ResponsePages(services).add_to(app, pages.unknown)
    ConversationPages(services).add_to(app)
    app.router.add_route("OPTIONS", "/{tail:.*}", pages.preflight)
    app.router.add_route("*", "/{tail:.*}", pages.unknown)
    app.on_response_prepare.append(_cors(services))
    return app


def _cors(services: Services) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def add(request: web.Request, response: web.StreamResponse) -> None:
        if is_cors_open(services.config.current):
            response.headers.update(CORS_REPLY)

    return add


def json_response(value: JsonObject, status: int = 200) -> web.Response:
    """Return a JSON page."""
    return web.Response(status=status, body=dump(value), content_type="application/json")


def not_found_page(method: str, path: str) -> bytes:
    """Return the body of a 404, which says what there is (dataplane.md §1.1)."""
    error: JsonObject = {
        "message": f"{method} {path} is not served here; chat calls go to "
        "/v1/chat/completions, /v1/messages, /v1/responses or "
        "/v1beta/models/{model}:generateContent",
        "type": "not_found_error",
        "code": "not_found",
    }
    return dump({"error": error})


def openai_models(snapshot: Snapshot, created: int) -> JsonObject:
    """The aliases as OpenAI lists models."""
    data: list[Json] = [
        {"id": name, "object": "model", "created": created, "owned_by": "plexus"}
        for name in snapshot.aliases
    ]
    return {"object": "list", "data": data}


def anthropic_models(snapshot: Snapshot, created: int) -> JsonObject:
    """The aliases as Anthropic lists models."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created))
    data: list[Json] = [
        {"type": "model", "id": name, "display_name": name, "created_at": at}
        for name in snapshot.aliases
    ]
    names = list(snapshot.aliases)
    return {
        "data": data,
        "has_more": False,
        "first_id": names[0] if names else None,
        "last_id": names[-1] if names else None,
    }


def gemini_models(snapshot: Snapshot) -> JsonObject:
    """The aliases as Gemini lists models."""
    models: list[Json] = [
        {
            "name": f"models/{name}",
            "displayName": name,
            "supportedGenerationMethods": [
                "generateContent",
                "streamGenerateContent",
                "countTokens",
            ],
        }
        for name in snapshot.aliases
    ]
    return {"models": models}
