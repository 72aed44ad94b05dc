"""Let the answer repeat what its client asked, though the provider was told something else."""

from __future__ import annotations

from dataclasses import replace

from plexus.addons.exchange import Exchange
from plexus.addons.stateful.asked import STATE
from plexus.transforms.dialects.openai_responses.origin import NAME
from plexus.transforms.ir import ChatRequest
from plexus.transforms.wire import JsonObject, rest

_REPEATED = STATE | {"store"}


def as_asked(exchange: Exchange, request: ChatRequest) -> ChatRequest:
    """Return the request for the answer's encoder: with the state that the client gave."""
    continued = exchange.continued
    if continued is None:
        return request
    state = {key: continued.body.get(key) for key in _REPEATED}
    given: JsonObject = {key: value for key, value in state.items() if value is not None}
    said: JsonObject = {"store": True, **given}  # the provider's own word for it is no
    told = rest(request.ext.get(NAME, {}), _REPEATED)
    return replace(request, ext={**request.ext, NAME: {**told, **said}})
