"""The gateway is put together, and taken apart again."""

import asyncio
import time
from pathlib import Path

import pytest
from mitmproxy import exceptions, options

from plexus.addons.account import Account
from plexus.addons.assembly import (
    UNENCRYPTED,
    Gateway,
    apply_options,
    assemble,
    database_url,
    open_store,
    shares_memory,
)
from plexus.addons.master import PlexusMaster
from plexus.addons.workers import Worker
from plexus.certs.authority import KEY_FILE
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import exchange, target
from tests.addons.inspection.test_trace_json import taken


async def assembled(tmp_path: Path, **env: str) -> Gateway:
    variables = {"DATA_DIR": str(tmp_path), "CONFIG_FILE": str(tmp_path / "plexus.yaml"), **env}
    (tmp_path / "plexus.yaml").write_text(env.pop("YAML", "providers: {}\n"))
    return await assemble(read_environment(variables), variables, None, "127.0.0.1", 0)


async def test_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    await gateway.close()
    assert (tmp_path / "ca" / "ca.pem").exists()
    assert (tmp_path / "ca" / "provider-roots.pem").exists()
    assert (tmp_path / "plexus.db").exists()
    assert gateway.services.database == f"SQLite file {tmp_path}/plexus.db"


async def test_a_private_key_that_others_may_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await (await assembled(tmp_path)).close()
    assert "chmod" not in caplog.text
    (tmp_path / "ca" / KEY_FILE).chmod(0o644)
    await (await assembled(tmp_path)).close()
    assert f"chmod 600 {tmp_path / 'ca' / KEY_FILE}" in caplog.text


async def test_what_runs_beside_the_calls_ends_with_the_gateway(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    gateway.start_background()
    names = {task.get_name() for task in asyncio.all_tasks()}
    ours = {
        "watch configuration", "ledger writer", "store upkeep", "shared cooldowns", "pending rows",
        "traces",
    }  # fmt: skip
    assert ours <= names
    await gateway.close()
    left = {task.get_name() for task in asyncio.all_tasks() if not task.done()}
    assert not left & ours


async def test_rows_that_wait_are_written_at_the_end(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    gateway.services.store.writer.put(UsageRecord(request_id="r1", start_time=1))
    await gateway.close()
    store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
    found = await store.usage.get("r1")
    await store.close()
    assert found is not None


async def test_a_target_that_rests_still_rests_after_a_restart_by_the_rules_in_force(
    tmp_path: Path,
) -> None:
    yaml = "providers: {}\ncooldown: {initialMinutes: 7}\n"
    gateway = await assembled(tmp_path, YAML=yaml)
    down = GatewayError(Kind.UPSTREAM_DOWN, "oops", upstream_status=500)
    gateway.services.health.cooldowns.failed(target("acme/fast"), down, time.monotonic())
    await gateway.close()
    again = await assembled(tmp_path, YAML=yaml)
    left = again.services.health.cooldowns.remaining_s(target("acme/fast"))
    await again.close()
    assert left is not None and 300 < left <= 420


async def test_a_call_under_way_may_finish_within_the_grace(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    exchanges = gateway.services.exchanges
    assert await gateway.drain() == 0
    call = exchange()
    exchanges.add(call)
    draining = asyncio.ensure_future(gateway.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    exchanges.drop(call.id)
    assert await draining == 0
    await gateway.close()


async def test_calls_that_take_longer_are_counted(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    gateway.services.exchanges.add(exchange())
    assert await gateway.drain(0.01) == 1
    await gateway.close()


@pytest.mark.parametrize(
    ("env", "error", "words"),
    [
        ({"YAML": "providers: 7\n"}, ConfigError, "providers"),
        ({"DATABASE_URL": "sqlite:///proc/nowhere/plexus.db"}, StoreError, "SQLite"),
        ({"YAML": "intercept: {upstream_ca: plexus.yaml}\n"}, GatewayError, "plexus.yaml"),
    ],
)
async def test_what_cannot_be_put_together_is_a_sentence_and_leaves_nothing_open(
    tmp_path: Path, env: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await assembled(tmp_path, **env)


async def test_mitmproxy_is_set_up_and_the_users_options_come_last(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    opts = options.Options()
    PlexusMaster(opts).addons.add(*gateway.addons)
    apply_options(opts, gateway, ["connection_strategy=eager", "http2=false"])
    assert opts.mode == ["plexus@127.0.0.1:0"]
    assert opts.confdir == str(tmp_path / "ca")
    assert opts.ssl_verify_upstream_trusted_ca == str(tmp_path / "ca" / "provider-roots.pem")
    assert (opts.connection_strategy, opts.http2) == ("eager", False)
    with pytest.raises(exceptions.OptionsError, match="no_such_option"):
        apply_options(opts, gateway, ["no_such_option=1"])
    await gateway.close()


async def test_the_chain_has_one_accountant(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    assert sum(isinstance(addon, Account) for addon in gateway.addons) == 1
    await gateway.close()


@pytest.mark.parametrize(("worker", "shares"), [("", False), ("1/1", False), ("2/2", True)])
async def test_only_a_process_that_is_not_alone_shares_what_it_remembers(
    tmp_path: Path, worker: str, shares: bool
) -> None:
    gateway = await assembled(tmp_path, PLEXUS_WORKER=worker)
    gateway.start_background()
    names = {task.get_name() for task in asyncio.all_tasks()}
    services = gateway.services
    shared = (services.seals.is_shared, services.health.sticky.is_shared, "shared memory" in names)
    await gateway.close()
    assert shared == (shares,) * 3


def test_on_postgresql_what_is_remembered_is_always_shared() -> None:
    alone, one_of_two = Worker(), Worker(number=1, count=2)
    assert shares_memory("postgresql://u:p@db/plexus", alone)
    assert shares_memory("sqlite:///var/x/plexus.db", one_of_two)
    assert not shares_memory("sqlite:///var/x/plexus.db", alone)


def test_the_ledger_is_where_it_is_said_to_be() -> None:
    assert database_url(Environment(data_dir=Path("/var/x"))) == "sqlite:///var/x/plexus.db"
    assert database_url(Environment(data_dir=Path("data"))) == "sqlite://data/plexus.db"
    given = "postgresql://u:p@db/plexus"
    assert database_url(Environment(database_url=given)) == given


async def test_a_ledger_without_a_key_is_warned_of_and_one_with_it_is_encrypted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await (await assembled(tmp_path)).close()
    assert UNENCRYPTED in caplog.messages
    caplog.clear()
    await (await assembled(tmp_path, ENCRYPTION_KEY="a password")).close()
    assert UNENCRYPTED not in caplog.messages
    environment = read_environment({"DATA_DIR": str(tmp_path)})
    with pytest.raises(StoreError, match="ENCRYPTION_KEY is not set"):
        await open_store(environment)


async def test_traces_that_wait_are_written_at_the_end(tmp_path: Path) -> None:
    gateway = await assembled(tmp_path)
    gateway.services.traces.put(taken(request_id="r1"))
    await gateway.close()
    store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
    found = await store.traces.get("r1")
    await store.close()
    assert found is not None
