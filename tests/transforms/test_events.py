"""The stream alphabet is closed and immutable."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from plexus.transforms import events
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import BlockDelta, BlockStarted, Event, Failed, Finished
from plexus.transforms.ir import Stop, Text

LETTERS = typing.get_args(Event.__value__)


def test_every_event_of_the_module_is_in_the_union() -> None:
    defined = {
        kind
        for kind in vars(events).values()
        if dataclasses.is_dataclass(kind) and kind.__module__ == events.__name__
    }
    assert defined == set(LETTERS)


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.__name__)
def test_events_cannot_be_changed(letter: type) -> None:
    assert letter.__dataclass_params__.frozen  # type: ignore[attr-defined]  # a dataclass
    assert hasattr(letter, "__slots__")


def test_events_compare_by_value() -> None:
    assert BlockDelta(0, "text", "a") == BlockDelta(0, "text", "a")
    assert BlockStarted(index=0, block=Text(text="")) != BlockStarted(index=1, block=Text(text=""))
    assert Finished(stop=Stop.END) == Finished(stop=Stop.END, choice=0)


def test_failures_are_the_same_only_if_their_error_is() -> None:
    error = GatewayError(Kind.UPSTREAM_DOWN, "gone")
    assert Failed(error) == Failed(error)
    assert Failed(error) != Failed(GatewayError(Kind.UPSTREAM_DOWN, "gone"))
