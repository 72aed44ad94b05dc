"""Our master: the stock manager's behaviour from a table of handlers."""

import asyncio
from pathlib import Path

import pytest
from mitmproxy import exceptions, hooks, options
from mitmproxy.certs import CertStore
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.test import tflow

from plexus.addons.events import PlanEdit, PlexusPlanHook
from plexus.addons.identify import GATEWAY_MARK
from plexus.addons.master import HandlerTable, PlexusMaster, ProxyTls, has_spectators
from tests.addons.factories import plan, snapshot


class Noting:
    """Notes which hooks reach it."""

    def __init__(self, name: str, seen: list[str], error: Exception | None = None) -> None:
        self.name = name
        self.seen = seen
        self.error = error

    def request(self, flow: object) -> None:
        self.seen.append(self.name)
        if self.error is not None:
            raise self.error

    async def response(self, flow: object) -> None:
        self.seen.append(f"{self.name} waited")


@pytest.fixture
async def master() -> PlexusMaster:
    return PlexusMaster(options.Options())


async def test_handlers_run_in_the_order_of_the_chain(master: PlexusMaster) -> None:
    seen: list[str] = []
    master.addons.add(Noting("one", seen), Noting("two", seen))
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    assert seen == ["one", "two"]


async def test_a_flows_hook_without_an_object_for_it_reaches_the_same_handlers_and_those_of_update(
    master: PlexusMaster,
) -> None:
    updated: list[object] = []

    class Watching:
        name = "watching"

        def update(self, flows: list[object]) -> None:
            updated.extend(flows)

    seen: list[str] = []
    master.addons.add(Noting("one", seen), Watching())
    shown = tflow.tflow()
    await master.addons.flow_hook("request", shown)
    await master.addons.flow_hook("response", shown)
    assert (seen, updated) == (["one", "one waited"], [shown, shown])


async def test_a_flows_hook_ends_when_nobody_holds_the_flow_any_more(master: PlexusMaster) -> None:
    held = tflow.tflow()
    held.intercept()
    running = asyncio.create_task(master.addons.flow_hook("request", held))
    await asyncio.sleep(0)
    was_waiting = not running.done()
    held.resume()
    await running
    assert was_waiting


async def test_a_hook_is_about_nothing_or_about_several_things(master: PlexusMaster) -> None:
    told: list[tuple[object, ...]] = []

    class Listening:
        name = "listening"

        def running(self) -> None:
            told.append(())

        async def plexus_plan(self, flow: object, plan_edit: object) -> None:
            told.append((flow, plan_edit))

    master.addons.chain.append(Listening())
    await master.addons.trigger_event(hooks.RunningHook())
    planned = PlexusPlanHook(tflow.tflow(), PlanEdit(plan(), snapshot()))
    await master.addons.trigger_event(planned)
    assert told == [(), (planned.flow, planned.plan_edit)]


@pytest.mark.parametrize("door", ["gateway", "proxy"])
async def test_upgrades_are_taken_off_what_comes_through_the_proxy(
    master: PlexusMaster, door: str
) -> None:
    asked = tflow.tflow()
    asked.request.headers["upgrade"] = "h2c"
    if door == "gateway":
        asked.metadata[GATEWAY_MARK] = True
    await master.addons.handle_lifecycle(HttpRequestHook(asked))
    assert ("upgrade" in asked.request.headers) == (door == "gateway")


@pytest.mark.parametrize(("door", "status"), [("gateway", None), ("proxy", 200)])
def test_revoked_certificates_are_listed_for_what_comes_through_the_proxy(
    tmp_path: Path, door: str, status: int | None
) -> None:
    tls = ProxyTls()
    tls.certstore = CertStore.from_store(tmp_path, "mitmproxy", 2048)
    asked = tflow.tflow()
    asked.live = True
    asked.request.path = f"/mitmproxy-{tls.certstore.default_ca.serial}.crl"
    if door == "gateway":
        asked.metadata[GATEWAY_MARK] = True
    tls.request(asked)
    assert (asked.response and asked.response.status_code) == status


async def test_an_addon_that_comes_or_goes_changes_the_table(master: PlexusMaster) -> None:
    seen: list[str] = []
    first, second = Noting("one", seen), Noting("two", seen)
    master.addons.add(first)
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    master.addons.add(second)
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    master.addons.remove(first)
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    assert seen == ["one", "one", "two", "two"]


async def test_an_addons_failure_is_logged_and_the_chain_goes_on(
    master: PlexusMaster, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    master.addons.add(Noting("bad", seen, RuntimeError("broken")), Noting("good", seen))
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    assert seen == ["bad", "good"]
    assert "broken" in caplog.text


async def test_halt_ends_the_chain_for_this_hook(master: PlexusMaster) -> None:
    seen: list[str] = []
    master.addons.add(Noting("halting", seen, exceptions.AddonHalt()), Noting("never", seen))
    await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))
    assert seen == ["halting"]


async def test_update_follows_a_flow_hook_when_somebody_listens(master: PlexusMaster) -> None:
    updated: list[object] = []

    class Watching:
        def update(self, flows: list[object]) -> None:
            updated.extend(flows)

    flow = tflow.tflow()
    await master.addons.handle_lifecycle(HttpRequestHook(flow))
    master.addons.add(Watching())
    await master.addons.handle_lifecycle(HttpRequestHook(flow))
    assert updated == [flow]


async def test_an_attribute_that_is_no_handler_is_refused(master: PlexusMaster) -> None:
    class Odd:
        request = "not a function"

    master.addons.chain.append(Odd())
    with pytest.raises(exceptions.AddonManagerError, match="not callable"):
        await master.addons.handle_lifecycle(HttpRequestHook(tflow.tflow()))


async def test_a_module_of_a_hooks_name_in_a_script_is_no_handler(master: PlexusMaster) -> None:
    class Importing:
        running = pytest  # as `from x import running` would leave it

    master.addons.chain.append(Importing())
    assert isinstance(master.addons, HandlerTable)
    await master.addons.trigger_event(hooks.RunningHook())


async def test_only_addons_of_others_are_spectators(master: PlexusMaster) -> None:
    assert has_spectators() is False
    watching = Noting("watching", [])
    master.addons.add(watching)
    assert has_spectators() is True
    master.addons.remove(watching)
    assert has_spectators() is False
