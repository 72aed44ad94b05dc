"""The event loop: uvloop where there is one, made to accept mitmproxy's eager tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, override

try:
    import uvloop
except ImportError:  # Windows has none
    uvloop = None  # type: ignore[assignment]  # the stand-in is checked for below

type _Factory = Callable[..., Any]  # asyncio's own type for it is not expressible


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a new loop."""
    return asyncio.new_event_loop() if uvloop is None else Loop()


if uvloop is not None:

    class Loop(uvloop.Loop):
        """uvloop hands `eager_start` to the task factory, which asyncio's eager factory refuses."""

        @override
        def set_task_factory(self, factory: _Factory | None) -> None:
            super().set_task_factory(None if factory is None else _deaf(factory))


def _deaf(factory: _Factory) -> _Factory:
    def make(loop: asyncio.AbstractEventLoop, coro: Any, **kwargs: Any) -> Any:
        kwargs.pop("eager_start", None)
        return factory(loop, coro, **kwargs)

    return make
