"""Pages of lists: which part a client asks for, and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.store.responses import Cursor
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject

_USUAL: Final = 20
_MOST: Final = 100


def cursor_of(query: Mapping[str, str]) -> Cursor:
    """Return the part that a query asks for. Raise `GatewayError(BAD_REQUEST)`."""
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise GatewayError(Kind.BAD_REQUEST, "order must be asc or desc", where="order")
    after, before = query.get("after") or None, query.get("before") or None
    if after is not None and before is not None:
        raise GatewayError(Kind.BAD_REQUEST, "give after or before, not both", where="after")
    return Cursor(
        limit=_limit(query.get("limit")),
        order="asc" if order == "asc" else "desc",
        after=after,
        before=before,
    )


def page_of(found: list[JsonObject], cursor: Cursor) -> JsonObject:
    """Return a page of what was found: up to one more than the limit, on the far side."""
    has_more = len(found) > cursor.limit
    data = found[: cursor.limit] if cursor.before is None else found[-cursor.limit :]
    return {
        "object": "list",
        "data": [*data],
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": has_more,
    }


def page_of_items(items: list[JsonObject], cursor: Cursor) -> JsonObject:
    """Return a page of all items, oldest first. Raise `GatewayError(NOT_FOUND)`: no such cursor."""
    ordered = items[::-1] if cursor.order == "desc" else items
    if cursor.after is not None:
        ordered = ordered[_place(ordered, cursor.after) + 1 :]
    if cursor.before is not None:
        ordered = ordered[: _place(ordered, cursor.before)][-cursor.limit - 1 :]
        return page_of(ordered, cursor)
    return page_of(ordered[: cursor.limit + 1], cursor)


def no_such_cursor(identity: str) -> GatewayError:
    """The error for a list that is to begin at what is not in it."""
    return GatewayError(
        Kind.NOT_FOUND, f"there is no {identity[:80]!r} in this list", where="after"
    )


def _place(items: list[JsonObject], identity: str) -> int:
    for place, item in enumerate(items):
        if item.get("id") == identity:
            return place
    raise no_such_cursor(identity)


def _limit(given: str | None) -> int:
    if given is None:
        return _USUAL
    if given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= _MOST:
        return int(given)
    raise GatewayError(Kind.BAD_REQUEST, f"limit must be 1 to {_MOST}", where="limit")
