"""Recall: give a Responses call what was said before, and remember what it is answered."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable

from mitmproxy import http

from plexus.addons.border import outcome_stage, stage
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.services import Services
from plexus.addons.stateful.asked import read_asked, says_state, wants_store
from plexus.addons.stateful.given import Given
from plexus.addons.stateful.history import historian
from plexus.addons.stateful.keep import is_finished, response_record, turn_record
from plexus.addons.stateful.merge import forget_empty, go_on
from plexus.store.errors import TROUBLE, reason
from plexus.transforms.codec import Operation
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.wire import JsonObject, try_parse

log = logging.getLogger(__name__)


class Recall:
    """Loads a chain or a conversation before the call is planned; stores after the last byte.

    Calls that say nothing of state and are not to be stored pass without a wait (dataplane.md §6).
    """

    name = "plexus_recall"  # mitmproxy's own addons have plain names

    def __init__(self, services: Services) -> None:
        self.exchanges = services.exchanges
        self._keeper = services.store.keeper
        self._historian = historian(services)

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> Awaitable[None] | None:
        """Add the history to the body, if the call goes on from one."""
        if exchange.body is None or not _is_ours(exchange):
            return None
        if exchange.match.operation is Operation.CHAT and wants_store(exchange.body):
            exchange.given = Given()
        return self._recall(exchange) if says_state(exchange.body) else None

    async def _recall(self, exchange: Exchange) -> None:
        asked = read_asked(exchange.body or {})
        if asked.previous is None and asked.conversation is None:
            forget_empty(exchange)
            return
        owner = exchange.principal.name if exchange.principal is not None else ""
        go_on(exchange, asked, await self._historian.load(owner, asked))
        if asked.conversation is not None and exchange.match.operation is Operation.CHAT:
            exchange.given = exchange.given or Given()
        exchange.timeline.mark("recalled")

    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Store what the client was given, if it was given all of it.

        Nobody waits for that, but one case: another process that reads a conversation cannot tell
        that its last turn is still missing, as it could of a response.
        """
        self._remember(flow)
        exchange = self.exchanges.get(flow.id)
        continued = exchange.continued if exchange is not None else None
        if continued is None or continued.conversation is None or not self._historian.is_shared:
            return None
        return self._settle()

    @outcome_stage
    def _remember(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        if exchange.given is None or exchange.cancelled:
            return
        answer = _answer(flow, exchange, exchange.given)
        if answer is None or not is_finished(answer):
            return
        now = time.time_ns() // 1_000_000
        record = response_record(exchange, answer, now=now)
        if record is not None:
            self._keeper.put(record)
        turn = turn_record(exchange, answer, now=now)
        if turn is not None:
            self._keeper.put(turn)

    async def _settle(self) -> None:
        try:
            await self._keeper.settle()
        except TROUBLE as exc:  # the writer goes on trying
            log.warning("responses.late reason=%s", reason(exc))


def _is_ours(exchange: Exchange) -> bool:
    # An observed call belongs to its provider, state and all.
    return exchange.dialect.name == NAME and exchange.door != "observe"


def _answer(flow: http.HTTPFlow, exchange: Exchange, given: Given) -> JsonObject | None:
    if isinstance(exchange.reply, Streamed):
        return given.answer
    if flow.response is None or flow.response.status_code != 200:
        return None
    answer = try_parse(flow.response.get_content(strict=False) or b"")
    return answer if isinstance(answer, dict) else None
