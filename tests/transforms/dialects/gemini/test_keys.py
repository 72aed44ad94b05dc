"""Field names in either spelling are one field."""

from __future__ import annotations

from plexus.transforms.dialects.gemini import keys
from plexus.transforms.wire import JsonObject


def test_snake_case_becomes_camel_case_at_the_top_only() -> None:
    obj = keys.camel({"inline_data": {"mime_type": "a"}, "text": "b_c"})
    assert obj == {"inlineData": {"mime_type": "a"}, "text": "b_c"}


def test_of_both_spellings_camel_case_wins() -> None:
    assert keys.camel({"top_p": 1, "topP": 2}) == {"topP": 2}
    assert keys.camel({"topP": 2, "top_p": 1}) == {"topP": 2}


def test_an_object_in_camel_case_is_returned_as_it_is() -> None:
    obj: JsonObject = {"topP": 1}
    assert keys.camel(obj) is obj


def test_a_lone_value_is_a_list_of_one() -> None:
    assert keys.as_list({"a": 1}) == [{"a": 1}]
    assert keys.as_list(None) == []
    assert keys.as_list([1]) == [1]


def test_only_objects_of_a_repeated_field_are_read() -> None:
    assert keys.as_objects([{"a_b": 1}, 2, None]) == [{"aB": 1}]


def test_what_is_kept_of_an_original_is_found_again() -> None:
    ext = keys.mark({"inner": {"a": 1}, "x": 2})
    assert keys.is_own(ext)
    assert keys.own(ext) == {"inner": {"a": 1}, "x": 2}
    assert keys.own_object(ext, "inner") == {"a": 1}
    assert keys.own_object(ext, "x") == {}


def test_what_came_from_elsewhere_is_not_ours() -> None:
    assert not keys.is_own({"chat": {}})
    assert keys.own({"chat": {"a": 1}}) == {}


def test_a_missing_object_reads_as_an_empty_one() -> None:
    assert keys.dict_at({"a": 1}, "a") == {}
    assert keys.dict_at({"a": {"b_c": 1}}, "a") == {"bC": 1}
