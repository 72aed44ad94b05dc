"""Keep a conversation with the target that served it last: prompt caches live there."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from plexus.addons.exchange import Exchange, Target
from plexus.transforms.wire import Json, dump, text_at

REMEMBERED: Final = 10_000  # conversations


class Served(NamedTuple):
    """Who served a conversation last; each key of a provider has prompt caches of its own."""

    provider: str
    model: str
    credential: str


class Sticky:
    """Which target served which conversation, the latest ones (dataplane.md §2.8)."""

    def __init__(self) -> None:
        self._served: OrderedDict[tuple[str, str, str], Served] = OrderedDict()

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
        for key in filter(None, (_key(exchange), response_id and f"r:{response_id}")):
            place = (plan.canonical, exchange.dialect.name, key)
            self._served[place] = Served(
                target.provider.name, target.model.name, target.credential
            )
            self._served.move_to_end(place)
        while len(self._served) > REMEMBERED:
            self._served.popitem(last=False)


def _key(exchange: Exchange) -> str | None:
    body = exchange.body
    if body is None:
        return None
    previous = text_at(body, "previous_response_id")
    if previous:
        return f"r:{previous}"
    first = list(_first_two(body.get(name) for name in ("messages", "contents", "input")))
    if len(first) < 2:
        return None
    return "m:" + hashlib.blake2b(dump(first), digest_size=16).hexdigest()


def _first_two(fields: Iterator[Json]) -> list[Json]:
    return next((value[:2] for value in fields if isinstance(value, list)), [])
