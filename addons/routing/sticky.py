"""Keep a conversation with the target that served it last: prompt caches live there."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from plexus.addons.exchange import Exchange, Target
from plexus.store.memory import Memory
from plexus.transforms.wire import Json, dump, dump_text, try_parse

REMEMBERED: Final = 10_000  # conversations
KEPT_S: Final = 24 * 3600.0  # for other workers; prompt caches live for an hour at most

type Place = tuple[str, str, str]  # alias, format, conversation


class Served(NamedTuple):
    """Who served a conversation last; each key of a provider has prompt caches of its own."""

    provider: str
    model: str
    credential: str

    @classmethod
    def of(cls, text: str | None) -> Self | None:
        """Return what another worker has written, if it is that."""
        match None if text is None else try_parse(text):
            case [str(provider), str(model), str(credential)]:
                return cls(provider, model, credential)
            case _:
                return None


class Sticky:
    """Which target served which conversation, the latest ones (dataplane.md §2.8).

    `memory` is shared with other workers, who may serve the next turn.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory
        self._served: OrderedDict[Place, Served] = OrderedDict()

    @property
    def is_shared(self) -> bool:
        """Whether other workers may know what is not known here."""
        return self._memory is not None

    async def fetch(self, exchange: Exchange, alias: str) -> None:
        """Ask other workers who served the conversation last, if nobody here knows."""
        key = _key(exchange)
        if self._memory is None or key is None:
            return
        place = (alias, exchange.dialect.name, key)
        if place in self._served:
            return
        shared = _shared_key(place)
        served = Served.of((await self._memory.read([shared]) or {}).get(shared))
        if served is not None:
            self._remember(place, served)

    def pick(self, exchange: Exchange, alias: str) -> Served | None:
        """Return who served the conversation's last turn."""
        key = _key(exchange)
        if key is None:
            return None
        place = (alias, exchange.dialect.name, key)
        found = self._served.get(place)
        if found is not None:
            self._served.move_to_end(place)
        return found

    def keep(self, exchange: Exchange, target: Target, response_id: str | None = None) -> None:
        """Remember who served a call of a sticky alias.

        `response_id`, of a Responses answer, is what the next turn will refer to.
        """
        plan = exchange.plan
        if plan is None or plan.canonical is None or not plan.sticky:
            return
        served = Served(target.provider.name, target.model.name, target.credential)
        for key in filter(None, (_key(exchange), response_id and f"r:{response_id}")):
            place = (plan.canonical, exchange.dialect.name, key)
            self._remember(place, served)
            if self._memory is not None:
                self._memory.put(_shared_key(place), dump_text(list(served)), KEPT_S)

    def _remember(self, place: Place, served: Served) -> None:
        self._served[place] = served
        self._served.move_to_end(place)
        while len(self._served) > REMEMBERED:
            self._served.popitem(last=False)


def _key(exchange: Exchange) -> str | None:
    body, continued = exchange.body, exchange.continued
    if continued is not None:
        return f"r:{continued.previous}" if continued.previous else f"c:{continued.conversation}"
    if body is None:
        return None
    first = list(_first_two(body.get(name) for name in ("messages", "contents", "input")))
    if len(first) < 2:
        return None
    return "m:" + hashlib.blake2b(dump(first), digest_size=16).hexdigest()


def _first_two(fields: Iterator[Json]) -> list[Json]:
    return next((value[:2] for value in fields if isinstance(value, list)), [])


def _shared_key(place: Place) -> str:
    return hashlib.blake2b(dump(["sticky", *place]), digest_size=16).hexdigest()
