"""What an attempt's end teaches, and whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from plexus.addons.exchange import Attempt, Exchange, Target
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.upstream.booking import book
from plexus.addons.upstream.policy import EMPTY, MALFORMED, STALLED, STOPPED
from plexus.config.resilience import Stall
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import exchange, plan, provider, target


class Noted(Cooldowns):
    """Cooldowns that only say what they were told."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.told: list[tuple[str, str, float]] = []

    def failed(self, target: Target, error: GatewayError, started: float) -> None:
        self.told.append(("failed", target.name, started))

    def succeeded(self, target: Target, started: float) -> None:
        self.told.append(("succeeded", target.name, started))


@dataclass(kw_only=True)
class Scene:
    """One attempt at its end."""

    attempt: Attempt = field(default_factory=lambda: Attempt(target=target("a/x"), started=3.0))
    cooldowns: Noted = field(default_factory=Noted)
    call: Exchange = field(default_factory=lambda: exchange(plan=plan(target("a/x"), sticky=True)))

    def book(self, failure: GatewayError | None) -> list[tuple[str, str, float]]:
        self.health = Health(cooldowns=self.cooldowns)
        book(self.health, self.call, self.attempt, failure)
        return self.cooldowns.told


@pytest.mark.parametrize(
    ("failure", "rests"),
    [
        (GatewayError(Kind.UPSTREAM_DOWN, "refused"), True),
        (GatewayError(Kind.RATE_LIMITED, "slow down", upstream_status=429), True),
        (GatewayError(Kind.UPSTREAM_TIMEOUT, "late"), True),
        (GatewayError(Kind.UPSTREAM_TIMEOUT, "trickle", code=STALLED), False),
        (GatewayError(Kind.UPSTREAM_INVALID, "nothing", code=EMPTY), False),
        (GatewayError(Kind.OVERLOADED, "unreadable", code=MALFORMED), False),
        (GatewayError(Kind.UPSTREAM_DOWN, "by a script", code=STOPPED), False),
        (GatewayError(Kind.INTERNAL, "a bug of ours"), False),
        (GatewayError(Kind.UNSUPPORTED, "cannot be said there"), False),
    ],
)
def test_a_target_rests_for_its_own_failures_only(failure: GatewayError, rests: bool) -> None:
    assert Scene().book(failure) == ([("failed", "a/x", 3.0)] if rests else [])


def test_a_stall_calls_for_a_rest_where_that_is_configured() -> None:
    touchy = target("a/x", provider=provider("a", stall=Stall(cooldown=True)))
    scene = Scene(attempt=Attempt(target=touchy, started=3.0))
    stalled = GatewayError(Kind.UPSTREAM_TIMEOUT, "trickle", code=STALLED)
    assert scene.book(stalled) == [("failed", "a/x", 3.0)]


def test_a_success_ends_a_rest_and_keeps_the_conversation() -> None:
    body = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    scene = Scene(call=exchange(plan=plan(target("a/x"), sticky=True), body=body))
    assert scene.book(None) == [("succeeded", "a/x", 3.0)]
    assert scene.health.sticky.pick(scene.call, "m") == ("a", "x", "")
