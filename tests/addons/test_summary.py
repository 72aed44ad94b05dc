"""What is said at the start."""

import errno

import pytest

from plexus.addons.identify import is_served
from plexus.addons.summary import SURFACES, in_use, summary
from plexus.config.snapshot import Intercept, InterceptHost, Snapshot
from plexus.transforms import plugins
from plexus.transforms.codec import Head, Operation
from tests.addons.factories import DIALECTS, alias, key, provider, snapshot
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
        "  gateway    http://127.0.0.1:4000/v1   (POST /chat/completions, /responses, "
        "/responses/input_tokens, /messages, /messages/count_tokens; GET /models)",
        "             http://127.0.0.1:4000/v1beta   (POST /models/{model}:generateContent, "
        ":streamGenerateContent, :countTokens; GET /models)",
        "  proxy      HTTPS_PROXY=http://127.0.0.1:4000   "
        "(observing 1 provider hosts, routing b.test)",
        "  trust      ca/ca.pem   (or: plexus run -- COMMAND)",
        "  config     config/plexus.yaml",
        "  providers  acme",
        "  aliases    fast",
        "  keys       1",
        "  database   SQLite in memory",
    ]


def served_paths() -> list[str]:
    """Each path to which the summary says one can POST; of Gemini's, which share theirs, too."""
    found = []
    for _, prefix, text in SURFACES:
        posted = text.removeprefix("POST ").partition(";")[0].split(", ")
        model = posted[0].partition(":")[0].replace("{model}", "m")
        found += [prefix + (model if path[0] == ":" else "") + path for path in posted]
    return [path.replace("{model}", "m") for path in found]


def test_every_path_of_the_summary_is_served_and_none_is_left_out() -> None:
    heads = [Head("POST", path, "", {}) for path in served_paths()]
    matches = [
        (name, match)
        for head in heads
        for name, dialect in DIALECTS.items()
        if (match := dialect.match(head)) is not None
    ]
    assert len(matches) == len(heads)
    assert all(is_served(match) for _, match in matches)
    assert {name for name, _ in matches} == set(DIALECTS)
    counted = {name for name, match in matches if match.operation is Operation.COUNT_TOKENS}
    assert counted == set(plugins.counters())


async def test_what_is_missing_is_said() -> None:
    lines = await told(snapshot())
    assert "  aliases    none" in lines
    assert "  keys       none configured: calls need no key" in lines


async def test_many_names_are_cut_short() -> None:
    lines = await told(snapshot(*(alias(f"m{n}", "acme/x") for n in range(15))))
    (line,) = [line for line in lines if line.startswith("  aliases")]
    assert line.endswith("m11 and 3 more")


async def test_warnings_and_inactive_features_come_last() -> None:
    current = snapshot(alias("m", "acme/x", selector="none such"), warnings=("a warning",))
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
