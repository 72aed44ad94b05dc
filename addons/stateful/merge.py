"""Put what was said before into a call's body, as if its client had sent all of it."""

from __future__ import annotations

from plexus.addons.exchange import Continued, Exchange
from plexus.addons.identify import MAX_BODY, too_large
from plexus.addons.stateful.asked import STATE, Asked, input_items
from plexus.addons.stateful.history import History
from plexus.transforms.codec import Operation
from plexus.transforms.dialects.openai_responses.ids import is_minted
from plexus.transforms.wire import Json, dump, rest, text_at


def go_on(exchange: Exchange, asked: Asked, history: History) -> None:
    """Give a call its history; its provider is told all of it, and nothing of our state.

    The client's own words stay in `exchange.continued`. Raise `GatewayError(TOO_LARGE)`.
    """
    body = exchange.whole_body
    merged = rest(body, STATE)
    merged["input"] = [*replayable(history.items), *input_items(body)]
    if exchange.match.operation is Operation.CHAT:
        merged["store"] = False  # it is stored here
    raw = dump(merged)
    if len(raw) > MAX_BODY:
        raise too_large(len(raw))
    exchange.continued = Continued(
        raw=exchange.raw,
        body=body,
        previous=asked.previous,
        conversation=asked.conversation,
        ancestors=history.ancestors,
    )
    exchange.body, exchange.raw = merged, raw


def forget_empty(exchange: Exchange) -> None:
    """Take "" out of the body: it says nothing, but providers refuse it."""
    body = exchange.whole_body
    empty = frozenset(key for key in STATE & body.keys() if not body[key])
    if any(body[key] is not None for key in empty):
        exchange.body = rest(body, empty)
        exchange.raw = dump(exchange.body)


def replayable(items: list[Json]) -> list[Json]:
    """Return stored items without the ids that a provider could not make sense of.

    Ids of our own making go. Reasoning that its provider did not seal cannot be sent back to
    OpenAI, which then refuses whatever it knows, by its id, to have followed: so all ids go.
    """
    loose = any(_is_unsealed(item) for item in items)
    return [_without_id(item) if loose or _is_ours(item) else item for item in items]


def _is_unsealed(item: Json) -> bool:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    return not text_at(item, "encrypted_content")


def _is_ours(item: Json) -> bool:
    return isinstance(item, dict) and is_minted(text_at(item, "id") or "")


def _without_id(item: Json) -> Json:
    # Reasoning is judged by its id; an item_reference is nothing else.
    if not isinstance(item, dict) or item.get("type") in ("reasoning", "item_reference"):
        return item
    return rest(item, frozenset({"id"}))
