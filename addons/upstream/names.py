"""Resolve the names of providers, and remember the answers for a while."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

REMEMBERED_S: Final = 60.0
_MOST_NAMES: Final = 1000

type Infos = list[tuple[Any, Any, int, str, Any]]  # as getaddrinfo has them: shapes vary by family
type Ask = Callable[[str, int], Awaitable[Infos]]


@dataclass(slots=True)
class _Lookup:
    """One question to the resolver that several connections may wait for."""

    done: asyncio.Event = field(default_factory=asyncio.Event)
    error: OSError | None = None


class Names:
    """The names of one loop; `ask` is the resolver, `now` in seconds."""

    def __init__(self, ask: Ask, now: Callable[[], float]) -> None:
        self._question = ask
        self._now = now
        self._known: dict[tuple[str, int], tuple[float, Infos]] = {}  # until when
        self._asking: dict[tuple[str, int], _Lookup] = {}

    async def resolve(self, host: str, port: int) -> Infos:
        """Return the addresses of a host. Raise `OSError` if there are none."""
        if (literal := _literal(host, port)) is not None:
            return literal
        name = (host, port)
        while True:
            until, infos = self._known.get(name, (0.0, []))
            if infos and self._now() < until:
                return infos
            lookup = self._asking.get(name)
            if lookup is None:
                return await self._ask(name)
            await lookup.done.wait()  # if its task was cancelled, there is no answer: ask again
            if lookup.error is not None:
                raise OSError(*lookup.error.args)

    async def _ask(self, name: tuple[str, int]) -> Infos:
        lookup = self._asking[name] = _Lookup()
        try:
            infos = await self._question(*name)
        except OSError as error:
            lookup.error = error
            raise
        finally:
            del self._asking[name]
            lookup.done.set()
        self._remember(name, infos)
        return infos

    def _remember(self, name: tuple[str, int], infos: Infos) -> None:
        self._known.pop(name, None)
        while len(self._known) >= _MOST_NAMES:
            del self._known[next(iter(self._known))]
        self._known[name] = (self._now() + REMEMBERED_S, infos)


async def ask_system(host: str, port: int) -> Infos:
    """Return what the system's resolver says. Raise `OSError` if that is nothing."""
    try:
        return await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except UnicodeError as error:  # a label that is too long, say
        raise OSError(f"{host!r} is no name of a host") from error


def _literal(host: str, port: int) -> Infos | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
