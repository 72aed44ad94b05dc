"""First boot with a key, a wrong key, no key any more, another key: nothing lost, nothing plain."""

import asyncio
import logging
from pathlib import Path

import pytest
from sqlalchemy import text

from plexus.certs.sealer import Sealer, is_sealed
from plexus.store.encryption import (
    NO_KEY,
    WRONG_KEY,
    check_key,
    is_encrypted,
    rekey,
    seal_plaintext,
)
from plexus.store.engine import open_engine
from plexus.store.errors import StoreError
from plexus.store.sealed import SEALED, open_value
from plexus.store.store import Store
from plexus.store.url import parse_url
from tests.store.sealed_rows import COLUMNS, PLAIN, fill, plain_of, stored_in

OLD = Sealer(b"o" * 32)
NEW = Sealer(b"n" * 32)


async def opened_once(url: str, sealer: Sealer | None = None) -> None:
    await (await Store.open(url, sealer=sealer)).close()


async def plain_database(url: str) -> None:
    await opened_once(url)
    await fill(url)


def files_of(url: str) -> bytes:
    path = Path(url.removeprefix("sqlite://"))
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


async def test_the_first_start_with_a_key_seals_all_that_is_there(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await plain_database(database_url)
    with caplog.at_level(logging.WARNING):
        await opened_once(database_url, OLD)
    sealed = await stored_in(database_url)
    assert [open_value(OLD, value) for value in sealed] == [plain_of(one) for one in COLUMNS]
    assert all(is_sealed(value) for value in sealed)
    assert f"store.encrypted values={len(COLUMNS)}" in caplog.messages
    assert PLAIN not in caplog.text


async def test_after_that_nothing_is_written_any_more(database_url: str) -> None:
    await plain_database(database_url)
    await opened_once(database_url, OLD)
    before = await stored_in(database_url)
    engine = await open_engine(parse_url(database_url))
    assert await seal_plaintext(engine, parse_url(database_url), OLD) == 0
    await engine.dispose()
    assert await stored_in(database_url) == before


async def test_what_is_plain_among_sealed_values_is_sealed_at_the_next_start(
    database_url: str,
) -> None:
    await opened_once(database_url, OLD)
    await fill(database_url)
    await opened_once(database_url, OLD)
    assert all(is_sealed(value) for value in await stored_in(database_url))


async def test_no_plain_text_is_left_in_any_file(empty_sqlite: str) -> None:
    await plain_database(empty_sqlite)
    assert PLAIN.encode() in files_of(empty_sqlite)
    await opened_once(empty_sqlite, OLD)
    assert PLAIN.encode() not in files_of(empty_sqlite)


async def test_what_was_deleted_before_the_key_came_is_gone_too(empty_sqlite: str) -> None:
    await plain_database(empty_sqlite)
    engine = await open_engine(parse_url(empty_sqlite))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("PRAGMA secure_delete = OFF")  # some builds have it on
        for table in SEALED:
            await connection.execute(table.delete())
    await engine.dispose()
    assert PLAIN.encode() in files_of(empty_sqlite)
    await opened_once(empty_sqlite, OLD)
    assert PLAIN.encode() not in files_of(empty_sqlite)


async def test_a_start_that_died_before_the_file_was_rewritten_is_made_good(
    empty_sqlite: str,
) -> None:
    await plain_database(empty_sqlite)
    await opened_once(empty_sqlite, OLD)
    engine = await open_engine(parse_url(empty_sqlite))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("PRAGMA secure_delete = OFF")  # some builds have it on
        await connection.execute(text("UPDATE sealing SET is_scrubbed = false"))
        await connection.execute(text("CREATE TABLE gone (secret TEXT)"))
        await connection.execute(text("INSERT INTO gone VALUES (:plain)"), {"plain": PLAIN})
        await connection.execute(text("DROP TABLE gone"))
    await engine.dispose()
    assert PLAIN.encode() in files_of(empty_sqlite)
    await opened_once(empty_sqlite, OLD)
    assert PLAIN.encode() not in files_of(empty_sqlite)


async def test_a_wrong_key_is_refused_and_nothing_is_modified(database_url: str) -> None:
    await opened_once(database_url, OLD)
    await fill(database_url)
    before = await stored_in(database_url)
    with pytest.raises(StoreError) as caught:
        await Store.open(database_url, sealer=NEW)
    assert caught.value.message == WRONG_KEY
    assert await stored_in(database_url) == before


async def test_a_key_that_was_taken_away_is_missed(database_url: str) -> None:
    await opened_once(database_url, OLD)
    with pytest.raises(StoreError) as caught:
        await Store.open(database_url)
    assert caught.value.message == NO_KEY
    assert "database contains encrypted values but ENCRYPTION_KEY is not set" in NO_KEY


async def test_without_a_key_nothing_is_sealed(database_url: str) -> None:
    await plain_database(database_url)
    await opened_once(database_url)
    assert await stored_in(database_url) == [plain_of(one) for one in COLUMNS]
    engine = await open_engine(parse_url(database_url))
    assert not await is_encrypted(engine)
    await engine.dispose()


async def test_a_failure_midway_leaves_everything_plain(database_url: str) -> None:
    await plain_database(database_url)
    url = parse_url(database_url)
    engine = await open_engine(url)

    class Failing(Sealer):
        def __init__(self) -> None:
            super().__init__(b"x" * 32)
            self.done = 0

        def seal(self, text: str) -> str:
            raise OSError("midway")

    with pytest.raises(StoreError, match="nothing was changed"):
        await seal_plaintext(engine, url, Failing())
    assert not await is_encrypted(engine)
    await engine.dispose()
    assert await stored_in(database_url) == [plain_of(one) for one in COLUMNS]


async def test_a_new_key_opens_everything_and_the_old_one_nothing(database_url: str) -> None:
    await plain_database(database_url)
    await opened_once(database_url, OLD)
    url = parse_url(database_url)
    engine = await open_engine(url)
    assert await rekey(engine, url, old=OLD, new=NEW) == len(COLUMNS)
    await check_key(engine, NEW)
    with pytest.raises(StoreError):
        await check_key(engine, OLD)
    await engine.dispose()
    sealed = await stored_in(database_url)
    assert [open_value(NEW, value) for value in sealed] == [plain_of(one) for one in COLUMNS]
    await opened_once(database_url, NEW)


async def test_a_rekey_seals_what_was_left_plain(database_url: str) -> None:
    await opened_once(database_url, OLD)
    await fill(database_url)
    url = parse_url(database_url)
    engine = await open_engine(url)
    assert await rekey(engine, url, old=OLD, new=NEW) == len(COLUMNS)
    await engine.dispose()
    assert all(is_sealed(value) for value in await stored_in(database_url))


async def test_a_rekey_with_the_wrong_old_key_changes_nothing(database_url: str) -> None:
    await opened_once(database_url, OLD)
    await fill(database_url)
    before = await stored_in(database_url)
    url = parse_url(database_url)
    engine = await open_engine(url)
    with pytest.raises(StoreError):
        await rekey(engine, url, old=NEW, new=OLD)
    await check_key(engine, OLD)
    await engine.dispose()
    assert await stored_in(database_url) == before


async def test_a_rekey_that_meets_a_damaged_value_changes_nothing(database_url: str) -> None:
    await opened_once(database_url, OLD)
    await fill(database_url)
    await opened_once(database_url, OLD)
    url = parse_url(database_url)
    engine = await open_engine(url)
    column = COLUMNS[-1]
    broken = b"enc:v1:broken" if isinstance(plain_of(column), bytes) else "enc:v1:broken"
    async with engine.begin() as connection:
        await connection.execute(column.table.update().values({column: broken}))
    before = await stored_in(database_url)
    with pytest.raises(StoreError, match=r"damaged.*nothing was changed"):
        await rekey(engine, url, old=OLD, new=NEW)
    await check_key(engine, OLD)
    await engine.dispose()
    assert await stored_in(database_url) == before


async def test_a_database_that_never_was_plexuss_needs_no_key(database_url: str) -> None:
    engine = await open_engine(parse_url(database_url))
    await check_key(engine, Sealer())
    assert not await is_encrypted(engine)
    await engine.dispose()


async def test_workers_that_start_at_the_same_time_seal_everything_once(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await plain_database(database_url)
    with caplog.at_level(logging.WARNING):
        opened = await asyncio.gather(*(Store.open(database_url, sealer=OLD) for _ in range(3)))
    for store in opened:
        await store.close()
    sealed = await stored_in(database_url)
    assert [open_value(OLD, value) for value in sealed] == [plain_of(one) for one in COLUMNS]
    assert len([line for line in caplog.messages if "store.encrypted" in line]) == 1
    await opened_once(database_url, OLD)


async def test_workers_that_start_with_different_keys_do_not_mix_them(database_url: str) -> None:
    await plain_database(database_url)
    opened = await asyncio.gather(
        Store.open(database_url, sealer=OLD),
        Store.open(database_url, sealer=NEW),
        return_exceptions=True,
    )
    refused = [one for one in opened if isinstance(one, StoreError)]
    (used,) = [one for one in opened if isinstance(one, Store)]
    await used.close()
    assert len(refused) == 1
    assert WRONG_KEY in refused[0].message
    sealed = await stored_in(database_url)
    assert [open_value(used.sealer, value) for value in sealed] == [
        plain_of(one) for one in COLUMNS
    ]
