"""What every test may use: hypothesis profiles and a scriptable provider."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import hypothesis
import pytest

from tests.fakes.provider import Provider

# Deadlines measure the machine, not the code. `thorough` is for a quiet hour, `quick` for a hook.
hypothesis.settings.register_profile("quick", max_examples=25, deadline=None)
hypothesis.settings.register_profile("default", max_examples=200, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("PLEXUS_HYPOTHESIS", "default"))


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A scriptable LLM provider on a free loopback port."""
    async with Provider() as running:
        yield running
