"""Open `enc:v1:` values, so that a file may hold secrets without telling them.

They come from `plexus encrypt`. An `${NAME}` may stand for one, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plexus.certs.sealer import PREFIX, Sealer, SealError
from plexus.config.problems import At, Problem
from plexus.transforms.wire import Json, JsonObject

_REMEDY: Final = (
    "make it anew with `plexus encrypt`, under the ENCRYPTION_KEY that Plexus runs with"
)


def unseal(
    tree: JsonObject, sealer: Callable[[], Sealer]
) -> tuple[JsonObject, tuple[Problem, ...]]:
    """Return `tree` with every sealed value opened, and a problem for each that could not be.

    The sealer is asked for only where something is sealed: to make one may take 50 ms.
    """
    opener = _Opener(sealer)
    opened = {key: opener.walk(value, (key,)) for key, value in tree.items()}
    return opened, tuple(opener.problems)


class _Opener:
    def __init__(self, make: Callable[[], Sealer]) -> None:
        self._make = make
        self._sealer: Sealer | None = None
        self.problems: list[Problem] = []

    def walk(self, value: Json, at: At) -> Json:
        match value:
            case str() if value.startswith(PREFIX):
                return self._open(value, at)
            case list():
                return [self.walk(item, (*at, n)) for n, item in enumerate(value)]
            case dict():
                return {key: self.walk(item, (*at, key)) for key, item in value.items()}
            case _:
                return value

    def _open(self, text: str, at: At) -> str:
        if self._sealer is None:
            self._sealer = self._make()
        try:
            return self._sealer.open(text)
        except SealError as error:
            remedy = _REMEDY if self._sealer.has_key else "set it to the key it was sealed with"
            self.problems.append(Problem(at=at, message=str(error), remedy=remedy))
            return ""
