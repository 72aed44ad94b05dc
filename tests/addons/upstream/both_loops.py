"""Run tests on both event loops: asyncio's own, and uvloop where there is one."""

from __future__ import annotations

import asyncio

import pytest

from plexus.addons.loop import new_event_loop


class Policy(asyncio.DefaultEventLoopPolicy):
    """Makes the loops that Plexus runs on."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return a new loop."""
        return new_event_loop()


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, Policy], ids=["asyncio", "uvloop"])
def event_loop_policy(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoopPolicy:
    """What pytest-asyncio makes its loops with."""
    policy: asyncio.AbstractEventLoopPolicy = request.param()
    return policy
