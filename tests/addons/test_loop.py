"""The event loop."""

import asyncio

from plexus.addons.loop import new_event_loop


def test_eager_tasks_run_on_our_loop() -> None:
    async def one() -> int:
        return 1

    async def main() -> int:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        try:
            return await loop.create_task(one()) + await asyncio.create_task(one(), name="named")
        finally:
            loop.set_task_factory(None)

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(main()) == 2
