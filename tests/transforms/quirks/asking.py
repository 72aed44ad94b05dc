"""Send a request of another dialect to a provider with a quirk, as the gateway would."""

from __future__ import annotations

from typing import Any

from plexus.transforms.codec import Dialect, Receipt, Traits
from plexus.transforms.ir import ChatRequest, Message, Text
from plexus.transforms.quirk import Quirk
from plexus.transforms.registry import discover

DIALECTS: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
GREETING = Message(role="user", parts=(Text(text="hi"),))


def asked(*messages: Message, model: str, **fields: Any) -> ChatRequest:
    """A request that came in another dialect; without messages, a greeting."""
    return ChatRequest(model=model, messages=messages or (GREETING,), **fields)


def sent(quirk: Quirk, request: ChatRequest, dialect: str = "chat") -> Any:
    """The body that goes to the provider."""
    traits = quirk.traits(request.model, Traits())
    encoded = DIALECTS[dialect].chat.encode_request(request, traits, Receipt())
    return quirk.mend_request(encoded.body, request.model, Receipt())
