"""The order of the chain is the program: whoever changes it sees it here."""

from mitmproxy import addons as stock
from mitmproxy.tools.web import static_viewer, webaddons

from plexus.addons.bridge import Bridge
from plexus.addons.chain import verbs
from plexus.addons.front import Front
from tests.addons.making import services

ORDER = [
    "plexus_identify",
    "plexus_authenticate",
    "plexus_recall",
    "plexus_admit",
    "plexus_route",
    "plexus_quota",
    "plexus_count",
    "plexus_dispatch",
    "plexus_intercept",
    "plexus_account",
    "plexus_record",
    "plexus_front",
]

HOOKS = {
    "requestheaders": ["plexus_identify", "plexus_authenticate", "plexus_intercept"],
    "request": [
        "plexus_identify", "plexus_recall", "plexus_admit", "plexus_route", "plexus_quota",
        "plexus_count", "plexus_dispatch", "plexus_intercept",
    ],
    "responseheaders": ["plexus_intercept"],
    "response": ["plexus_recall", "plexus_intercept", "plexus_account", "plexus_record"],
    "error": ["plexus_intercept", "plexus_account", "plexus_record"],
    "client_disconnected": ["plexus_dispatch"],
    "tls_clienthello": ["plexus_intercept"],
    "server_connect": ["plexus_intercept"],
}  # fmt: skip


async def test_the_verbs_stand_in_this_order() -> None:
    async with services() as made:
        chain = verbs(made, Front(made), Bridge())
    assert [getattr(addon, "name", None) for addon in chain] == ORDER


async def test_each_hook_runs_these_verbs() -> None:
    async with services() as made:
        chain = verbs(made, Front(made), Bridge())
    found = {
        hook: [addon.name for addon in chain if hasattr(addon, hook)]  # type: ignore[attr-defined]  # all have one
        for hook in HOOKS
    }
    assert found == HOOKS


async def test_no_verb_bears_the_name_of_an_addon_of_mitmproxys() -> None:
    names = {type(addon).__name__.lower() for addon in stock.default_addons()}
    names |= {kind.__name__.lower() for kind in (webaddons.WebAddon, webaddons.WebAuth)}
    names.add(static_viewer.StaticViewer.__name__.lower())
    assert not names & set(ORDER)
