"""The chain: the verbs, in the order in which they meet a call. This list is the program."""

from __future__ import annotations

from plexus.addons.account import Account
from plexus.addons.admit import Admit
from plexus.addons.authenticate import Authenticate
from plexus.addons.bridge import Bridge
from plexus.addons.count import Count
from plexus.addons.dispatch import Dispatch
from plexus.addons.front import Front
from plexus.addons.identify import Identify
from plexus.addons.intercept import Intercept
from plexus.addons.quota import Quota
from plexus.addons.recall import Recall
from plexus.addons.record import Record
from plexus.addons.route import Route
from plexus.addons.services import Services


def verbs(services: Services, front: Front, bridge: Bridge) -> list[object]:
    """Return the addons of the gateway, to be added to a mitmproxy master in this order."""
    return [
        Identify(services),
        Authenticate(services),
        Recall(services),
        Admit(services),
        Route(services),
        Quota(services),
        Count(services),
        Dispatch(services),
        Intercept(services, bridge),
        Account(services),
        Record(services),
        front,
    ]
