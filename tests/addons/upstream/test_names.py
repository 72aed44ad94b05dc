"""Names are asked for once, by however many, and again after a while."""

import asyncio
import socket

import pytest

from plexus.addons.upstream.names import REMEMBERED_S, Infos, Names, ask_system


class Resolver:
    """Answers when the gate is open, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.error: OSError | None = None
        self.time = 0.0

    async def ask(self, host: str, port: int) -> Infos:
        self.asked.append(host)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    def names(self) -> Names:
        return Names(self.ask, lambda: self.time)


async def waiting(names: Names, count: int) -> list[asyncio.Task[Infos]]:
    tasks = [asyncio.ensure_future(names.resolve("a.test", 80)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_a_name_is_remembered_for_a_while() -> None:
    resolver = Resolver()
    resolver.gate.set()
    names = resolver.names()
    first = await names.resolve("a.test", 80)
    resolver.time = REMEMBERED_S - 1
    assert await names.resolve("a.test", 80) == first
    assert resolver.asked == ["a.test"]
    resolver.time = REMEMBERED_S
    await names.resolve("a.test", 80)
    assert resolver.asked == ["a.test"] * 2


async def test_many_that_ask_at_once_ask_once() -> None:
    resolver = Resolver()
    tasks = await waiting(resolver.names(), 5)
    resolver.gate.set()
    assert len({str(infos) for infos in await asyncio.gather(*tasks)}) == 1
    assert resolver.asked == ["a.test"]


async def test_a_failure_is_told_to_all_who_wait_and_is_not_remembered() -> None:
    resolver = Resolver()
    names = resolver.names()
    tasks = await waiting(names, 3)
    resolver.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    resolver.gate.set()
    errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert [error.strerror for error in errors if isinstance(error, OSError)] == [
        "Name or service not known"
    ] * 3
    resolver.error = None
    assert await names.resolve("a.test", 80)
    assert resolver.asked == ["a.test"] * 2


async def test_one_who_gives_up_takes_nobody_along() -> None:
    resolver = Resolver()
    tasks = await waiting(resolver.names(), 3)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.sleep(0)
    resolver.gate.set()
    assert await tasks[2]
    assert resolver.asked == ["a.test"] * 2


async def test_memory_for_names_is_bounded() -> None:
    resolver = Resolver()
    resolver.gate.set()
    names = resolver.names()
    for number in range(1001):
        await names.resolve(f"{number}.test", 80)
    await names.resolve("1000.test", 80)
    assert len(resolver.asked) == 1001
    await names.resolve("0.test", 80)
    assert len(resolver.asked) == 1002


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
)
async def test_for_an_address_nobody_is_asked(host: str, family: socket.AddressFamily) -> None:
    resolver = Resolver()
    (info,) = await resolver.names().resolve(host, 80)
    assert (info[0], info[4], resolver.asked) == (family, (host, 80), [])


async def test_the_system_knows_localhost_and_refuses_what_is_no_name() -> None:
    assert ("127.0.0.1", 80) in [info[4] for info in await ask_system("localhost", 80)]
    with pytest.raises(OSError):  # noqa: PT011 - the system's own words
        await ask_system("a" * 70 + ".test", 80)
