"""Share the reasoning that seal keepers keep: any worker may serve a conversation's next turn."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, override

from plexus.addons.exchange import Exchange, Target
from plexus.addons.upstream.approach import choose_dialect
from plexus.addons.upstream.outgoing import decoded, is_translated, seal_scope
from plexus.addons.upstream.seal_json import parts_of, turn_text
from plexus.addons.upstream.seal_keeper import KEPT_S, Others, Outline, Scope
from plexus.store.memory import MOST_KEYS, Memory
from plexus.transforms.codec import Dialect
from plexus.transforms.ir import ChatRequest
from plexus.transforms.wire import dump

MOST_MISSED: Final = 50_000


class SharedSeals(Others):
    """Turns in the store's memory, under hashes of their scope and name.

    An earlier turn that nobody keeps is asked for once. The last one may have been answered a
    moment ago, by a worker that has yet to write it down: it is asked for again.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory: Final = memory
        self._missed: Final[OrderedDict[str, None]] = OrderedDict()

    @override
    def put(self, scope: Scope, name: str, parts: Outline) -> None:
        self._memory.put(_key(scope, name), turn_text(parts), KEPT_S)

    @override
    async def find(
        self, scope: Scope, latest: Sequence[str], earlier: Sequence[str]
    ) -> Mapping[str, Outline]:
        """Return what is kept of these turns, at most 1,000 of them; one query."""
        wanted = {_key(scope, name): name for name in latest}
        old = {key: name for name in earlier if (key := _key(scope, name)) not in self._missed}
        asked = list(wanted | old)[:MOST_KEYS]
        found = await self._memory.read(asked)
        if found is None:
            return {}
        self._note_missed(key for key in asked if key in old and key not in found)
        names = wanted | old
        read = {names[key]: parts_of(text) for key, text in found.items()}
        return {name: parts for name, parts in read.items() if parts is not None}

    def _note_missed(self, keys: Iterable[str]) -> None:
        self._missed.update(dict.fromkeys(keys))
        while len(self._missed) > MOST_MISSED:
            self._missed.popitem(last=False)


async def with_shared_seals(
    exchange: Exchange, target: Target, dialects: Mapping[str, Dialect]
) -> ChatRequest | None:
    """Return the request after what others keep of it was fetched; `None` if nothing is shared.

    Nor for calls whose bytes pass: their clients carry the seals. Raise `GatewayError` for a body
    that cannot be decoded.
    """
    seals = exchange.seals
    if seals is None or not seals.is_shared or not is_translated(exchange, target, dialects):
        return None
    request = decoded(exchange)
    dialect = choose_dialect(exchange.dialect.name, target, dialects)
    await seals.fetch(seal_scope(exchange, target, dialect), request)
    return request


def _key(scope: Scope, name: str) -> str:
    said = dump(["seals", scope.principal, scope.provider, scope.dialect, name])
    return hashlib.blake2b(said, digest_size=16).hexdigest()
