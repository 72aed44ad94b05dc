"""Every SDK, in front of every provider, in every case."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.matrix.cases import CASES
from tests.matrix.stage import CLIENTS, Stage, staged
from tests.matrix.targets import TARGETS, Target

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELLS = [
    pytest.param(client.name, target, case, id=f"{client.name}→{target.name}-{case}")
    for client in CLIENTS
    for target in TARGETS
    for case, what in CASES.items()
    if client.name in what.clients
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One gateway for all of them."""
    async with staged(tmp_path_factory.mktemp("matrix")) as running:
        yield running


@pytest.mark.parametrize(("client", "target", "case"), CELLS)
async def test_the_client_is_told_what_the_provider_said(
    stage: Stage, client: str, target: Target, case: str
) -> None:
    await CASES[case].play(stage.pair(client, target))
