"""Options are read whole: everything that is wrong is noted."""

from __future__ import annotations

from plexus.transforms.options import Options
from plexus.transforms.wire import Json, JsonObject


def options(**raw: Json) -> Options:
    return Options(raw, [])


def test_sound_options_are_read_without_a_word() -> None:
    inner: JsonObject = {"a": "x"}
    made = options(text="t", word="one", count=3, texts=["a"], objects=[inner], object=inner)
    made.only("text", "word", "count", "texts", "objects", "object")
    assert made.text("text") == "t"
    assert made.word("word", ("one", "two")) == "one"
    assert made.count("count") == 3
    assert made.texts("texts") == ("a",)
    assert [entry.raw for entry in made.objects("objects", required=True)] == [inner]
    found = made.object("object")
    assert found is not None and found.text("a") == "x"
    assert made.problems == []


def test_what_may_be_left_away_is_nothing() -> None:
    made = options()
    assert made.count("count") is None
    assert made.texts("texts") == ()
    assert list(made.objects("objects")) == []
    assert made.object("object") is None
    assert made.problems == []


def test_everything_that_is_wrong_is_told_with_its_path() -> None:
    made = options(text=1, empty="", word="three", count=0, flag=True, texts=["", 1], one="a")
    made.only("text")
    made.text("text")
    made.text("empty")
    made.text("missing")
    made.word("word", ("one", "two"))
    made.count("count")
    made.count("flag")
    made.texts("texts")
    made.texts("one")
    assert made.problems == [
        "empty: is no option; known: text",
        "word: is no option; known: text",
        "count: is no option; known: text",
        "flag: is no option; known: text",
        "texts: is no option; known: text",
        "one: is no option; known: text",
        "text: is a number",
        "empty: is required",
        "missing: is required",
        'word: "three" is none of one, two',
        "count: must be a whole number from 1",
        "flag: must be a whole number from 1",
        "texts.0: must be a text",
        "texts.1: must be a text",
        "one: must be an array, not a string",
    ]


def test_what_is_wrong_further_down_has_a_longer_path() -> None:
    made = options(rules=[{"when": {}}, 3], when=7)
    for rule in made.objects("rules"):
        rule.text("source")
        inner = rule.object("when")
        assert inner is not None
        inner.text("op")
    list(made.objects("none", required=True))
    made.object("when")
    assert made.problems == [
        "rules.0.source: is required",
        "rules.0.when.op: is required",
        "rules.1: must be an object, not a number",
        "none: needs at least one entry",
        "when: must be an object, not a number",
    ]
