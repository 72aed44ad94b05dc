"""Read an adapter's options, noting everything that is wrong and not only the first of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from plexus.transforms.wire import Json, JsonObject, kind_of


@dataclass(frozen=True, slots=True)
class Options:
    """An object of options, its path, and the list for what is wrong in it."""

    raw: JsonObject
    problems: list[str]
    path: str = ""

    def complain(self, key: str, what: str) -> None:
        """Note that something is wrong with an option."""
        self.problems.append(f"{self.at(key)}: {what}")

    def at(self, key: str) -> str:
        """Return the path of an option."""
        return f"{self.path}.{key}" if self.path else key

    def only(self, *known: str) -> None:
        """Complain about options that are not known."""
        for key in self.raw:
            if key not in known:
                self.complain(key, f"is no option; known: {', '.join(known)}")

    def text(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.raw.get(key)
        if isinstance(value, str) and value:
            return value
        self.complain(key, "is required" if value in (None, "") else f"is {kind_of(value)}")
        return ""

    def word(self, key: str, known: Collection[str]) -> str:
        """Return one of the known words."""
        value = self.text(key)
        if value and value not in known:
            self.complain(key, f'"{value}" is none of {", ".join(known)}')
        return value

    def count(self, key: str) -> int | None:
        """Return a positive whole number, if it is there."""
        value = self.raw.get(key)
        if value is None or (type(value) is int and value > 0):
            return value
        self.complain(key, "must be a whole number from 1")
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of texts, empty if it is not there."""
        items = self._array(key)
        for n, item in enumerate(items):
            if not isinstance(item, str) or not item:
                self.complain(f"{key}.{n}", "must be a text")
        return tuple(item for item in items if isinstance(item, str))

    def objects(self, key: str, *, required: bool = False) -> Iterator[Options]:
        """Yield the objects of an array."""
        items = self._array(key)
        if required and not items:
            self.complain(key, "needs at least one entry")
        for n, item in enumerate(items):
            if isinstance(item, dict):
                yield Options(item, self.problems, self.at(f"{key}.{n}"))
            else:
                self.complain(f"{key}.{n}", f"must be an object, not {kind_of(item)}")

    def object(self, key: str) -> Options | None:
        """Return an object, if it is there."""
        value = self.raw.get(key)
        if isinstance(value, dict):
            return Options(value, self.problems, self.at(key))
        if value is not None:
            self.complain(key, f"must be an object, not {kind_of(value)}")
        return None

    def _array(self, key: str) -> list[Json]:
        value = self.raw.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.complain(key, f"must be an array, not {kind_of(value)}")
        return []
