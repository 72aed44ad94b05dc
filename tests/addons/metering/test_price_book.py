"""Prices that are renewed while the gateway runs."""

import asyncio
import os
from pathlib import Path

import pytest

from plexus.addons.metering.price_book import RETRY_S, PriceBook, catalogue_url
from plexus.config.price_catalogue import OPENROUTER_URL, shipped
from plexus.config.snapshot import Model, Pricing, Snapshot
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import dump
from tests.addons.factories import provider, snapshot

URL = "https://prices.example/list"


def listed(price: float) -> bytes:
    told = {"prompt": f"{price / 1e6:.9f}", "completion": "0"}
    return dump({"data": [{"id": "acme/large", "pricing": told}]})


def configured(**section: object) -> Snapshot:
    return snapshot(sections={"price_catalogue": section})


def price(book: PriceBook) -> float | None:
    rates = book.current.slugs.get("acme/large")
    return None if rates is None else rates.input


def date(folder: Path, seconds: float) -> None:
    """Give the one file in a folder this time."""
    (kept,) = folder.iterdir()
    os.utime(kept, (seconds, seconds))


class Web:
    """An address with a document that changes; counts how often it was asked for."""

    def __init__(self) -> None:
        self.price = 1.0
        self.failing = False
        self.asked: list[str] = []

    async def get(self, url: str) -> bytes:
        self.asked.append(url)
        if self.failing:
            raise GatewayError(Kind.UPSTREAM_DOWN, "down")
        return listed(self.price)


async def test_an_address_is_fetched_when_it_is_due(tmp_path: Path) -> None:
    web, now = Web(), 1_000_000.0
    book = PriceBook(tmp_path, web.get, lambda: now)
    config = configured(url=URL, refresh_hours=2.0)
    assert book.current is shipped() and price(book) is None
    await book.renew(config)
    assert (price(book), web.asked) == (1.0, [URL])
    date(tmp_path, now)
    web.price = 2.0
    now += 7199
    await book.renew(config)
    assert price(book) == 1.0
    now += 1
    await book.renew(config)
    assert (price(book), len(web.asked)) == (2.0, 2)
    assert "openai/gpt-5" in book.current.prices


async def test_what_was_fetched_is_there_for_others_who_do_not_fetch(tmp_path: Path) -> None:
    config = configured(url=URL)
    await PriceBook(tmp_path, Web().get).renew(config)
    other = PriceBook(tmp_path)
    other.load(config)
    assert price(other) == 1.0
    elsewhere = PriceBook(tmp_path)
    elsewhere.load(configured(url="https://another.example"))
    assert price(elsewhere) is None


async def test_a_failure_keeps_what_there_was_and_is_tried_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    web, now = Web(), 1_000_000.0
    book = PriceBook(tmp_path, web.get, lambda: now)
    config = configured(url=URL)
    await book.renew(config)
    date(tmp_path, 0.0)
    web.failing = True
    await book.renew(config)
    await book.renew(config)
    assert (price(book), len(web.asked)) == (1.0, 2)
    assert "prices.not_renewed" in caplog.text
    web.failing = False
    now += RETRY_S
    await book.renew(config)
    assert len(web.asked) == 3


async def test_a_file_takes_effect_when_it_changes_and_beats_what_was_fetched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "own.json"
    book = PriceBook(tmp_path, Web().get)
    config = configured(url=URL, file=str(file))
    await book.renew(config)
    assert price(book) == 1.0
    file.write_bytes(listed(5.0))
    await book.renew(config)
    assert price(book) == 5.0
    file.write_bytes(b"no catalogue")
    await book.renew(config)
    assert price(book) == 1.0 and "prices.unreadable" in caplog.text
    file.unlink()
    await book.renew(config)
    assert price(book) == 1.0


def test_openrouters_list_is_asked_for_only_if_a_price_needs_it() -> None:
    routed = Pricing(source="openrouter", slug="acme/large")
    needing = provider(models={"m": Model(name="m", pricing=routed)})
    later = provider(models={"m": Model(name="m", repriced=(routed,))})
    assert catalogue_url(snapshot()) is None
    assert catalogue_url(snapshot(providers=(needing,))) == OPENROUTER_URL
    assert catalogue_url(snapshot(providers=(later,))) == OPENROUTER_URL
    assert catalogue_url(configured(url=URL)) == URL


async def test_renewal_goes_on_until_it_is_stopped(tmp_path: Path) -> None:
    web, turns = Web(), 0

    async def pause(stop: asyncio.Event, _seconds: float) -> bool:
        nonlocal turns
        turns += 1
        return turns == 3

    book = PriceBook(tmp_path, web.get)
    await book.run(asyncio.Event(), lambda: configured(url=URL), pause=pause)
    assert (turns, len(web.asked), price(book)) == (3, 1, 1.0)
