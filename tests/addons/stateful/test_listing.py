"""Pages of lists, forwards and backwards."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plexus.addons.stateful.listing import cursor_of, page_of, page_of_items
from plexus.store.responses import Cursor
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject

ITEMS: list[JsonObject] = [{"id": name} for name in "abcde"]


def test_a_query_without_wishes_gets_twenty_newest_first() -> None:
    assert cursor_of({}) == Cursor(limit=20, order="desc")


def test_a_query_says_which_part() -> None:
    query = {"limit": "100", "order": "asc", "after": "resp_1", "before": ""}
    assert cursor_of(query) == Cursor(limit=100, order="asc", after="resp_1")


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"order": "up"}, "order"),
        ({"after": "a", "before": "b"}, "after"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(query: Mapping[str, str], where: str) -> None:
    with pytest.raises(GatewayError) as refused:
        cursor_of(query)
    assert (refused.value.kind, refused.value.where) == (Kind.BAD_REQUEST, where)


def test_a_page_leaves_out_the_one_too_many_on_its_far_side() -> None:
    found = ITEMS[:3]
    page = page_of(found, Cursor(limit=2))
    assert page == {
        "object": "list", "data": ITEMS[:2], "first_id": "a", "last_id": "b", "has_more": True,
    }  # fmt: skip
    assert page_of(found, Cursor(limit=2, before="d"))["data"] == ITEMS[1:3]


def test_an_empty_page_has_no_ends() -> None:
    assert page_of([], Cursor(limit=2)) == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cursor", "names", "more"),
    [
        (Cursor(limit=2), "ed", True),
        (Cursor(limit=5), "edcba", False),
        (Cursor(limit=2, order="asc", after="b"), "cd", True),
        (Cursor(limit=2, order="asc", after="c"), "de", False),
        (Cursor(limit=2, after="e"), "dc", True),
        (Cursor(limit=2, before="b"), "dc", True),
        (Cursor(limit=2, order="asc", before="c"), "ab", False),
        (Cursor(limit=2, order="asc", after="e"), "", False),
    ],
)
def test_items_are_paged_in_memory(cursor: Cursor, names: str, more: bool) -> None:
    page = page_of_items(ITEMS, cursor)
    assert page["data"] == [{"id": name} for name in names]
    assert page["has_more"] is more


def test_a_page_cannot_begin_at_what_is_not_there() -> None:
    with pytest.raises(GatewayError, match="no 'z' in this list") as refused:
        page_of_items(ITEMS, Cursor(limit=2, after="z"))
    assert refused.value.kind is Kind.NOT_FOUND
