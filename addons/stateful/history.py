"""Load what was said before: a chain of responses, or a conversation (dataplane.md §6.2)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from plexus.addons.services import Services
from plexus.addons.stateful.asked import CONVERSATION, PREVIOUS, Asked
from plexus.addons.stateful.cleaning import expired_before
from plexus.addons.stateful.shown import items_of
from plexus.store.conversations import Said
from plexus.store.errors import TROUBLE, reason
from plexus.store.responses import Link, key_of
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json

DEPTH: Final = 1000  # turns
SIZE: Final = 30 * 1024 * 1024  # characters, as much as a request may have
# An answer's row is written a moment after its last byte, perhaps by another worker or node.
_LOOK_AGAIN_S: Final = (0.03, 0.1, 0.25)
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")

type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was said before, oldest first, and the ids of the responses that it is made of."""

    items: list[Json]
    ancestors: frozenset[str] = frozenset()


def is_id(text: str) -> bool:
    """Whether something can be the id of a stored response or conversation."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Historian:
    """Reads histories. `since` says from when on, ms since 1970, they are alive.

    `is_shared`: other processes write to the database, too.
    """

    store: Store
    since: Callable[[], int]
    is_shared: bool
    sleep: Sleep = asyncio.sleep

    async def load(self, owner: str, asked: Asked) -> History:
        """Return what a call goes on from.

        Raise `GatewayError`: `NOT_FOUND` for what is unknown, expired or another key's,
        `TOO_LARGE` for what is more than fits into a request, `UNAVAILABLE` without a database.
        """
        try:
            await self.store.keeper.settle()
            if asked.conversation is not None:
                return await self._conversation(owner, asked.conversation)
            return await self._chain(owner, asked.previous or "")
        except TROUBLE as exc:
            raise unreadable(exc) from exc

    async def _chain(self, owner: str, identity: str) -> History:
        key, since = key_of(owner, identity), self.since()

        async def read() -> list[Link] | None:
            links = await self.store.responses.chain(key, since=since, depth=DEPTH, size=SIZE)
            return links or None

        links = await self.persistently(read) if is_id(identity) else None
        if links is None:
            raise not_found(PREVIOUS, identity)
        if len(links) > DEPTH or sum(link.size for link in links) > SIZE:
            raise _too_long(PREVIOUS)
        if links[0].previous_key is not None:
            raise _broken(identity)
        chained = [item for link in links for item in _said(link)]
        return History(
            items=[*await self._before(links[0], since), *chained],
            ancestors=frozenset(link.id for link in links),
        )

    async def _before(self, first: Link, since: int) -> list[Json]:
        # The first may itself have gone on from a conversation, as it was then.
        if first.conversation_key is None:
            return []
        turns = await self.store.conversations.said(first.conversation_key, since=since, size=SIZE)
        places = [place for place, turn in enumerate(turns or ()) if turn.key == first.request_id]
        if turns is None or not places:
            raise _broken(first.id)
        return [item for turn in turns[: places[0]] for item in items_of(turn.items)]

    async def _conversation(self, owner: str, identity: str) -> History:
        key, since = key_of(owner, identity), self.since()

        async def read() -> list[Said] | None:
            return await self.store.conversations.said(key, since=since, size=SIZE)

        turns = await self.persistently(read) if is_id(identity) else None
        if turns is None:
            raise not_found(CONVERSATION, identity)
        if sum(turn.size for turn in turns) > SIZE:
            raise _too_long(CONVERSATION)
        return History(items=[item for turn in turns for item in items_of(turn.items)])

    async def persistently[T](self, read: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what is read, looking again for what another process may be about to write."""
        found = await read()
        for delay_s in _LOOK_AGAIN_S if self.is_shared else ():
            if found is not None:
                break
            await self.sleep(delay_s)
            found = await read()
        return found


def historian(services: Services) -> Historian:
    """Return who reads what these services have stored."""
    store = services.store
    return Historian(
        store=store,
        since=lambda: expired_before(services.config.current),
        is_shared=services.worker.is_one_of_several or store.engine.dialect.name != "sqlite",
    )


def unreadable(exc: BaseException) -> GatewayError:
    """The error for a database that fails."""
    return GatewayError(
        Kind.UNAVAILABLE, f"stored responses cannot be read or written now: {reason(exc)}"
    )


def not_found(what: str, identity: str) -> GatewayError:
    """The error for what is not there, or not this key's: nobody may learn which."""
    thing = "conversation" if what == CONVERSATION else "response"
    return GatewayError(
        Kind.NOT_FOUND,
        f"{thing} {identity[:80]!r} is not known: it was never stored with this key, has expired "
        "or was deleted",
        where=what,
        code=f"{thing}_not_found",
    )


def _broken(identity: str) -> GatewayError:
    return GatewayError(
        Kind.NOT_FOUND,
        f"response {identity!r} goes on from one that has expired or was deleted; send the "
        "conversation's items without previous_response_id",
        where=PREVIOUS,
        code="response_not_found",
    )


def _too_long(what: str) -> GatewayError:
    return GatewayError(
        Kind.TOO_LARGE,
        f"what was said before is more than {DEPTH:,} turns or {SIZE:,} characters; begin anew "
        "with a summary",
        where=what,
    )


def _said(link: Link) -> list[Json]:
    return [*items_of(link.input), *items_of(link.output)]
