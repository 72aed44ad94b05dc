"""What is said at the start."""

import errno

import pytest

from plexus.addons.summary import in_use, summary
from plexus.config.snapshot import Intercept, InterceptHost, Snapshot
from tests.addons.factories import alias, key, provider, snapshot
from tests.addons.making import services


def host(name: str, mode: str) -> InterceptHost:
    return InterceptHost(host=name, mode=mode, dialect="chat", provider=name)  # type: ignore[arg-type]  # a mode


async def told(current: Snapshot, address: str = "127.0.0.1") -> list[str]:
    async with services(current) as made:
        return summary(made, address, 4000, "1.2.3").splitlines()


async def test_the_summary_says_where_everything_is() -> None:
    hosts = {"a.test": host("a.test", "observe"), "b.test": host("b.test", "route")}
    current = snapshot(
        alias("fast", "acme/x"),
        providers=(provider("acme"), provider("off", enabled=False)),
        keys=(key(),),
        intercept=Intercept(hosts=hosts),
        source="config/plexus.yaml",
    )
    assert await told(current) == [
        "Plexus 1.2.3 is ready.",
        "  gateway    http://127.0.0.1:4000/v1   (POST /chat/completions, /messages)",
        "  proxy      HTTPS_PROXY=http://127.0.0.1:4000   "
        "(observing 1 provider hosts, routing b.test)",
        "  trust      ca/ca.pem   (or: plexus run -- COMMAND)",
        "  config     config/plexus.yaml",
        "  providers  acme",
        "  aliases    fast",
        "  keys       1",
        "  database   SQLite in memory",
    ]


async def test_what_is_missing_is_said() -> None:
    lines = await told(snapshot())
    assert "  aliases    none" in lines
    assert "  keys       none configured: calls need no key" in lines


async def test_many_names_are_cut_short() -> None:
    lines = await told(snapshot(*(alias(f"m{n}", "acme/x") for n in range(15))))
    (line,) = [line for line in lines if line.startswith("  aliases")]
    assert line.endswith("m11 and 3 more")


async def test_warnings_and_inactive_features_come_last() -> None:
    current = snapshot(alias("m", "acme/x", selector="cost"), warnings=("a warning",))
    assert [line.split()[0] for line in (await told(current))[-2:]] == ["warning", "warning"]


async def test_no_secret_is_said() -> None:
    current = snapshot(
        providers=(provider("acme", api_key="sk-acme", headers={"x": "sk-header"}),),
        keys=(key(secret="sk-app"),),
        admin_key="sk-admin",
    )
    text = "\n".join(await told(current))
    assert "sk-" not in text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("0.0.0.0", "http://127.0.0.1:4000"),
        ("", "http://127.0.0.1:4000"),
        ("::", "http://127.0.0.1:4000"),
        ("::1", "http://[::1]:4000"),
        ("gateway.lan", "http://gateway.lan:4000"),
    ],
)
async def test_an_address_is_shown_as_one_types_it(address: str, shown: str) -> None:
    assert f"  gateway    {shown}/v1   " in "\n".join(await told(snapshot(), address))


def test_an_address_that_cannot_be_had_is_said_with_a_remedy() -> None:
    taken = in_use("0.0.0.0", 4000, OSError(errno.EADDRINUSE, "Address already in use"))
    assert taken.startswith("plexus: port 4000 on 127.0.0.1 is in use")
    assert "PORT=4001" in taken
    denied = in_use("127.0.0.1", 80, OSError(errno.EACCES, "Permission denied"))
    assert denied == "plexus: cannot listen on 127.0.0.1:80: Permission denied; see HOST and PORT"
