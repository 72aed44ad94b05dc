"""Mend a request that a provider refused with a 400, for another try at the same target.

The order and the budgets are those of dataplane.md §3.6. What a provider says is not ours: a repair
that it asks for may at worst leave out a field that the provider gets from us anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plexus.transforms.repairs import advisor, lite_tools, parameter, signature
from plexus.transforms.wire import JsonObject

_SCANNED = 4_000  # characters of the provider's words that are read

type Mend = Callable[[str, JsonObject, str], JsonObject | None]


@dataclass(slots=True)
class _Repair:
    name: str
    mend: Mend
    left: int = 1  # how often it may still be made


class Repairs:
    """The repairs that are left for one target; make one for each attempt."""

    def __init__(self) -> None:
        self._repairs: tuple[_Repair, ...] = ()  # made when first needed: hardly ever

    def mend(self, dialect: str, body: JsonObject, text: str) -> tuple[str, JsonObject] | None:
        """Return the name of a repair and the body to send instead, `None` if nothing helps.

        `text` is the message of the provider's 400, `dialect` the one it was spoken to in, as
        configuration names it (`responses:lite`). The body stays as it is, the new one shares what
        has not changed. A repair that changes nothing costs nothing, and the next one is tried.
        """
        words = text[:_SCANNED]
        if not self._repairs:
            self._repairs = _all_repairs()
        for repair in self._repairs:
            mended = repair.mend(dialect, body, words) if repair.left else None
            if mended is not None:
                repair.left -= 1
                return repair.name, mended
        return None


def _all_repairs() -> tuple[_Repair, ...]:
    return (
        _Repair("thinking signature", signature.mend),
        _Repair("advisor result", advisor.mend),
        _Repair("unsupported parameter", parameter.Parameters().mend, left=2),
        _Repair("lite tools", lite_tools.mend),
    )
