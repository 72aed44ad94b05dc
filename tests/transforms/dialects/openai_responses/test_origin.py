"""What is kept of an original."""

from __future__ import annotations

from plexus.transforms.dialects.openai_responses.origin import (
    is_own,
    item_of,
    keep_item,
    keep_part,
    own,
    part_of,
)


def test_an_item_and_a_part_are_kept_side_by_side() -> None:
    ext = keep_part({"logprobs": []}, {"id": "msg_1"})
    assert is_own(ext)
    assert (item_of(ext), part_of(ext)) == ({"id": "msg_1"}, {"logprobs": []})
    assert own(keep_item({"id": "fc_1"})) == {"item": {"id": "fc_1"}}


def test_an_item_without_fields_still_begins_one() -> None:
    assert item_of(keep_part({}, {})) == {}
    assert item_of(keep_part({})) is None


def test_another_formats_original_is_none_of_ours() -> None:
    ext = {"chat": {"item": {"id": "x"}}}
    assert not is_own(ext)
    assert (own(ext), item_of(ext), part_of(ext)) == ({}, None, {})
