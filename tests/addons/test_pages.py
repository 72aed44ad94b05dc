"""The local pages: health, models, and what there is not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohttp import web

from plexus.addons.pages import (
    LOCAL_PATHS,
    anthropic_models,
    gemini_models,
    json_response,
    make_pages,
    openai_models,
)
from plexus.config.snapshot import Snapshot
from tests.addons.factories import alias, key, snapshot
from tests.addons.making import services

TWO = snapshot(alias("fast", "acme/x"), alias("slow", "acme/y"))
NONE = snapshot()


@asynccontextmanager
async def pages(current: Snapshot) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages."""
    async with services(current) as made:
        runner = web.AppRunner(make_pages(made), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with httpx.AsyncClient(base_url=url) as client:
                yield client
        finally:
            await runner.cleanup()


async def test_health_is_said_in_words_and_in_json() -> None:
    async with pages(NONE) as client:
        words, told = await client.get("/health"), await client.get("/healthz")
        head = await client.head("/health")
    assert (words.status_code, words.text) == (200, "OK")
    assert told.content == b'{"ok":true}'  # `plexus run` knows a gateway by these bytes
    assert head.status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "names"),
    [
        ("/v1/models", {}, lambda page: [one["id"] for one in page["data"]]),
        ("/models", {}, lambda page: [one["id"] for one in page["data"]]),
        (
            "/v1/models",
            {"anthropic-version": "2023-06-01"},
            lambda page: [one["display_name"] for one in page["data"]],
        ),
        (
            "/v1/models",
            {"x-goog-api-key": "k"},
            lambda page: [one["name"].removeprefix("models/") for one in page["models"]],
        ),
        (
            "/v1beta/models",
            {},
            lambda page: [one["name"].removeprefix("models/") for one in page["models"]],
        ),
    ],
)
async def test_models_are_listed_in_the_callers_format(
    path: str, headers: Mapping[str, str], names: object
) -> None:
    async with pages(TWO) as client:
        page = await client.get(path, headers=headers)
    assert callable(names)
    assert page.headers["content-type"].startswith("application/json")
    assert names(page.json()) == ["fast", "slow"]


async def test_a_reload_changes_the_list() -> None:
    async with services(TWO) as made:
        runner = web.AppRunner(make_pages(made), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.config.current = NONE
        async with httpx.AsyncClient() as client:
            page = await client.get(f"http://127.0.0.1:{runner.addresses[0][1]}/v1/models")
        await runner.cleanup()
    assert page.json() == {"object": "list", "data": []}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("path", ["/", "/v1/nothing", "/v0/management/keys", "/ui"])
async def test_what_there_is_not_says_what_there_is(method: str, path: str) -> None:
    async with pages(NONE) as client:
        page = await client.request(method, f"{path}?key=sk-secret")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("application/json")
    message = page.json()["error"]["message"]
    assert message.startswith(f"{method} {path} is not served here")
    assert "/v1/chat/completions" in message and "sk-secret" not in page.text


async def test_a_websocket_is_sent_back_to_http() -> None:
    async with pages(NONE) as client:
        upgrade = {"connection": "upgrade", "upgrade": "WebSocket"}
        page = await client.get("/v1/responses", headers=upgrade)
    assert page.status_code == 426
    assert page.json()["error"]["code"] == "upgrade_required"


@pytest.mark.parametrize("with_keys", [True, False])
async def test_pages_of_others_may_read_where_keys_are_asked_for(with_keys: bool) -> None:
    current = snapshot(keys=(key(),)) if with_keys else NONE
    async with pages(current) as client:
        asked = await client.options("/v1/chat/completions", headers={"origin": "http://x.test"})
        page = await client.get("/v1/models", headers={"origin": "http://x.test"})
        missing = await client.get("/nothing")
    assert asked.status_code == 204
    assert ("access-control-allow-methods" in asked.headers) is with_keys
    for reply in (asked, page, missing):
        assert ("access-control-allow-origin" in reply.headers) is with_keys


def test_an_empty_list_is_a_list_in_every_format() -> None:
    assert openai_models(NONE, 0) == {"object": "list", "data": []}
    assert gemini_models(NONE) == {"models": []}
    assert anthropic_models(NONE, 0) == {
        "data": [], "has_more": False, "first_id": None, "last_id": None,
    }  # fmt: skip


def test_geminis_list_says_which_methods_are_served() -> None:
    listed = gemini_models(snapshot(alias("m", "acme/x")))["models"]
    methods = ["generateContent", "streamGenerateContent", "countTokens"]
    entry = {"name": "models/m", "displayName": "m", "supportedGenerationMethods": methods}
    assert listed == [entry]


def test_anthropics_list_has_its_ends_and_dates() -> None:
    listed = anthropic_models(TWO, 86400)
    assert (listed["first_id"], listed["last_id"]) == ("fast", "slow")
    assert isinstance(listed["data"], list) and isinstance(listed["data"][0], dict)
    assert listed["data"][0]["created_at"] == "1970-01-02T00:00:00Z"


def test_local_paths_are_no_calls() -> None:
    assert not any("/v1/chat/completions".startswith(path) for path in LOCAL_PATHS)


def test_a_json_page_has_its_status() -> None:
    page = json_response({"a": 1}, 418)
    assert (page.status, page.body, page.content_type) == (418, b'{"a":1}', "application/json")
