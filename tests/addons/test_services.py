"""What the verbs share: defaults that are each gateway's own."""

from tests.addons.making import services


async def test_every_gateway_has_its_own_calls_tasks_and_memory() -> None:
    async with services() as one, services() as other:
        assert one.exchanges is not other.exchanges
        assert one.tasks is not other.tasks
        assert one.seals is not other.seals


async def test_the_verbs_read_the_configuration_where_it_is_exchanged() -> None:
    async with services() as made:
        assert made.config.current.source == "test"
