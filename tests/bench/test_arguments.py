"""Lists on a command line are of known names."""

from __future__ import annotations

import argparse

import pytest

from tests.bench.arguments import list_of


def test_names_have_commas_between_and_may_have_spaces() -> None:
    assert list_of(["a b", "c"])("c, a b") == ["c", "a b"]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="unknown 'd'; known: a b, c"):
        list_of(["a b", "c"])("c,d")
