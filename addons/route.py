"""Route: where the call may go."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial

from mitmproxy import hooks, http

from plexus.addons.border import stage
from plexus.addons.events import PlexusPlanHook, edited, is_heard
from plexus.addons.exchange import Exchange, Plan, Principal
from plexus.addons.probe import probe
from plexus.addons.routing.explorer import Explorer
from plexus.addons.routing.limits import check_context
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.shown import ASKED_BY
from plexus.addons.services import Services
from plexus.transforms.codec import Operation


class Route:
    """Plans each call over the snapshot that it began with."""

    name = "plexus_route"  # mitmproxy's own addons have plain names

    def __init__(
        self, services: Services, is_heard: Callable[[type[hooks.Hook]], bool] = is_heard
    ) -> None:
        self.exchanges = services.exchanges
        explorer = Explorer(
            partial(probe, services), services.tasks.start, services.health.cooldowns, time.time
        )
        self._planner = Planner(services.selectors, services.health, services.random, explorer)
        self._sticky = services.health.sticky
        self._is_heard = is_heard

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> Awaitable[None] | None:
        """Set the plan."""
        if exchange.door == "observe" or exchange.model is None or exchange.principal is None:
            return None
        if self._sticky.is_shared or self._is_heard(PlexusPlanHook):
            return self._wait(flow, exchange, exchange.model, exchange.principal)
        _set(exchange, self._plan(exchange, exchange.model, exchange.principal))
        return None

    async def _wait(
        self, flow: http.HTTPFlow, exchange: Exchange, model: str, principal: Principal
    ) -> None:
        if self._sticky.is_shared:
            await self._ask_others(exchange, model)
        plan = self._plan(exchange, model, principal)
        if self._is_heard(PlexusPlanHook):
            plan = await edited(flow, exchange, plan)
        _set(exchange, plan)

    async def _ask_others(self, exchange: Exchange, model: str) -> None:
        alias = exchange.snapshot.alias(model.removeprefix("models/"))
        if alias is not None and alias.sticky_session:
            await self._sticky.fetch(exchange, alias.name)

    def _plan(self, exchange: Exchange, model: str, principal: Principal) -> Plan:
        plan = self._planner.plan(
            Asked(
                snapshot=exchange.snapshot,
                model=model,
                principal=principal,
                dialect=exchange.dialect.name,
                operation=exchange.match.operation,
                exchange=exchange,
            )
        )
        _check_length(exchange, plan)
        return plan


def _set(exchange: Exchange, plan: Plan) -> None:
    exchange.plan = plan
    exchange.shows_plan = _may_see(exchange)
    exchange.timeline.mark("routed")


def _check_length(exchange: Exchange, plan: Plan) -> None:
    if plan.canonical is not None and exchange.match.operation is Operation.CHAT:
        check_context(exchange.snapshot.aliases[plan.canonical], exchange.body)


def _may_see(exchange: Exchange) -> bool:
    headers, admin = exchange.head.headers, exchange.snapshot.admin_key
    if headers.get(ASKED_BY) != "1" or not admin:
        return False
    given = headers.get("x-admin-key", "").encode("utf-8", "surrogateescape")
    return secrets.compare_digest(given, admin.encode("utf-8", "surrogateescape"))
