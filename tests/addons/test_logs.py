"""Logging."""

import logging
from collections.abc import Iterator

import pytest

from plexus.addons.logs import LEVELS, set_up


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_our_lines_come_at_the_level_asked_for_and_mitmproxys_only_when_they_warn() -> None:
    set_up("info")
    assert logging.getLogger("plexus.call").isEnabledFor(logging.INFO)
    assert not logging.getLogger("plexus.call").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("mitmproxy.proxy.server").isEnabledFor(logging.INFO)
    assert logging.getLogger("mitmproxy.proxy.server").isEnabledFor(logging.WARNING)


def test_error_silences_warnings_of_libraries_too() -> None:
    set_up("error")
    assert not logging.getLogger("aiohttp").isEnabledFor(logging.WARNING)


@pytest.mark.parametrize("name", ["error", "warn", "info", "debug", "verbose", "silly"])
def test_every_level_of_the_environment_is_known(name: str) -> None:
    assert name in LEVELS
