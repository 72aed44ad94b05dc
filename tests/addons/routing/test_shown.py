"""A plan for people."""

from plexus.addons.routing.shown import plan_header, plan_json
from plexus.transforms.wire import parse
from tests.addons.factories import plan, target


def test_a_plan_is_shown_with_every_reason() -> None:
    shown = plan_json(plan(target("a/x"), skipped=("b/y: rests",)))
    assert shown == {
        "requested": "m",
        "canonical": "m",
        "planned": [{"target": "a/x", "reason": "test"}],
        "skipped": ["b/y: rests"],
    }


def test_the_header_is_the_same_in_plain_ascii() -> None:
    one = plan(target("a/ü😀\x7f"), skipped=("b/y\r\nx-evil: 1",))
    text = plan_header(one)
    assert text.isascii() and text.isprintable()
    assert parse(text.encode()) == plan_json(one)


def test_a_long_plan_loses_its_end_and_says_how_much() -> None:
    one = plan(*(target(f"provider/model-{n}") for n in range(200)), skipped=("z: rests",) * 5)
    text = plan_header(one)
    found = parse(text.encode())
    assert len(text) <= 4096
    assert isinstance(found, dict) and isinstance(found["planned"], list)
    assert found["skipped"] == []
    assert found["more"] == 205 - len(found["planned"])
    assert len(found["planned"]) > 50


def test_names_beyond_all_measure_do_not_make_the_header_long() -> None:
    assert plan_header(plan(target("a/" + "x" * 9000), requested="y" * 9000)).startswith(
        '{"planned":[]'
    )
