"""Who asks for a page, and what they are told when it fails."""

from __future__ import annotations

import httpx
import pytest
from aiohttp import web

from plexus.addons.stateful.caller import body_of, is_admin, served
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject
from tests.addons.factories import key, snapshot
from tests.addons.making import services
from tests.addons.stateful.serving import serving

LOCKED = snapshot(keys=(key("app", "sk-app", allowed_ips=("10.0.0.1",)),))


async def ask(
    page: object, current: object = None, *, content: bytes = b"", **headers: str
) -> httpx.Response:
    """Ask for a page that is served at every path."""
    async with services(current or snapshot()) as made:  # type: ignore[arg-type]  # a snapshot
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", served(made, page))  # type: ignore[arg-type]  # a page
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
            reply = await client.post(url, headers=sent, content=content)
        await runner.cleanup()
    return reply


async def tells(request: web.Request, owner: str) -> JsonObject:
    return {"owner": owner, "body": await body_of(request)}


async def test_a_page_is_given_the_owner_and_its_object_is_printed() -> None:
    current = snapshot(keys=(key("app", "sk-app"),))
    reply = await ask(tells, current, content=b'{"a":1}', x_api_key="sk-app:label")
    assert (reply.status_code, reply.json()) == (200, {"owner": "app", "body": {"a": 1}})
    assert reply.headers["content-type"].startswith("application/json")
    assert len(reply.headers["x-request-id"]) == 36


async def test_where_no_keys_are_asked_for_everybody_is_anonymous() -> None:
    assert (await ask(tells)).json() == {"owner": "anonymous", "body": {}}


@pytest.mark.parametrize(
    ("current", "headers", "status"),
    [
        (LOCKED, {}, 401),
        (LOCKED, {"authorization": "Bearer nobody"}, 401),
        (LOCKED, {"authorization": "Bearer sk-app"}, 403),  # not from this address
        (None, {"origin": "https://evil.test"}, 403),
    ],
)
async def test_who_may_not_call_may_not_look_either(
    current: object, headers: dict[str, str], status: int
) -> None:
    reply = await ask(tells, current, **headers)
    assert reply.status_code == status
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert "sk-app" not in reply.text


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (GatewayError(Kind.NOT_FOUND, "no", code="response_not_found"), 404, "response_not_found"),
        (OSError("the disk is gone"), 503, "server_is_overloaded"),
        (RuntimeError("a bug"), 500, None),
    ],
)
async def test_failures_look_like_openais(failure: Exception, status: int, code: str) -> None:
    async def fails(request: web.Request, owner: str) -> JsonObject:
        raise failure

    reply = await ask(fails)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert "a bug" not in reply.text


async def test_a_body_that_is_no_object_is_refused() -> None:
    reply = await ask(tells, content=b"[1]")
    assert reply.status_code == 400
    assert "must be a JSON object" in reply.json()["error"]["message"]


async def test_the_admin_key_tells_an_administrator() -> None:
    async with serving() as on:
        current = on.made.config.current
    seen = []

    async def looks(request: web.Request, owner: str) -> JsonObject:
        seen.append((is_admin(current, request), is_admin(snapshot(), request)))
        return {}

    for given in ("admin-secret", "wrong", "", "späß"):
        async with services() as made:
            app = web.Application()
            app.router.add_get("/x", served(made, looks))
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/x"
            async with httpx.AsyncClient() as client:
                await client.get(url, headers={b"x-admin-key": given.encode()})
            await runner.cleanup()
    assert seen == [(True, False), (False, False), (False, False), (False, False)]
