"""Make the request that goes to a target: which dialect, which bytes, which headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plexus.addons.exchange import Exchange, Target
from plexus.addons.upstream.quirks import traits_of
from plexus.addons.upstream.seal_keeper import Scope
from plexus.config.dialects import base_url
from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest
from plexus.transforms.splice import patch_top_level
from plexus.transforms.wire import JsonObject, dump, object_at

# Client headers that matter to the provider and hold no secret (dataplane.md §5.0).
_FORWARDED = (
    "session-id",
    "x-client-request-id",
    "x-session-affinity",
    "x-session-id",
    "x-prompt-cache-isolation-key",
    "x-multi-turn-session-id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A request ready to be sent. `request` is set when it was translated."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    dialect: Dialect
    passthrough: bool
    hide_usage: bool = False
    request: ChatRequest | None = None
    seals: Scope | None = None  # whose reasoning state the reply may hold
    receipt: Receipt


def prepare(exchange: Exchange, target: Target, dialects: Mapping[str, Dialect]) -> Outgoing:
    """Return the request for `target`. Raise `GatewayError` when it can't be said there."""
    dialect = choose_dialect(exchange.dialect.name, target, dialects)
    base = base_url(target.provider, dialect.name) or ""
    if dialect is exchange.dialect and not _must_rewrite(exchange, target, dialect, base):
        return _pass_through(exchange, target, dialect, base)
    return _translate(exchange, target, dialect, base)


def _must_rewrite(exchange: Exchange, target: Target, dialect: Dialect, base: str) -> bool:
    body = exchange.body if exchange.body is not None else {}
    return dialect.must_rewrite(body, lambda: traits_of(target, base))


def choose_dialect(ingress: str, target: Target, dialects: Mapping[str, Dialect]) -> Dialect:
    """Return the client's own dialect if the target speaks it, else the first it speaks."""
    listed = target.model.access_via or tuple(target.provider.urls) or ("chat",)
    reachable = [name for name in listed if base_url(target.provider, name) is not None]
    spoken = [name for name in reachable if name in dialects]
    if not spoken:
        raise GatewayError(
            Kind.UNSUPPORTED,
            f"{target.name} speaks none of {', '.join(sorted(dialects))}; "
            f"give provider {target.provider.name!r} an api_base_url for one of them",
            where=target.name,
        )
    return dialects[ingress if ingress in spoken else spoken[0]]


def _pass_through(exchange: Exchange, target: Target, dialect: Dialect, base: str) -> Outgoing:
    body = exchange.body if exchange.body is not None else {}
    aim = dialect.aim(target.model.name, stream=exchange.stream)
    # Providers are asked for events; a client that reads an array instead must be sent one.
    path = aim.path.partition("?")[0] if exchange.match.framing == "array" else aim.path
    changes: JsonObject = {**aim.changes, **_extra_body(exchange, target)}
    hide_usage = exchange.stream and dialect.asks_for_usage and not dialect.wants_usage(body)
    if hide_usage:
        options = object_at(body, "stream_options") or {}
        changes["stream_options"] = {**options, "include_usage": True}
    return Outgoing(
        url=base + path,
        headers=_headers(exchange, target, dialect, {}),
        body=patch_top_level(exchange.raw, body, changes) if changes else exchange.raw,
        dialect=dialect,
        passthrough=True,
        hide_usage=hide_usage,
        receipt=Receipt(),
    )


def _translate(exchange: Exchange, target: Target, dialect: Dialect, base: str) -> Outgoing:
    body = exchange.body if exchange.body is not None else {}
    request = exchange.dialect.chat.decode_request(exchange.match, body)
    if exchange.seals is not None:
        request = exchange.seals.restore(seal_scope(exchange, target, dialect), request)
    receipt = Receipt()
    encoded = dialect.chat.encode_request(
        replace(request, model=target.model.name, stream=exchange.stream),
        traits_of(target, base),
        receipt,
    )
    _refuse_loss(exchange, target, receipt)
    return Outgoing(
        url=base + encoded.path,
        headers=_headers(exchange, target, dialect, encoded.headers),
        body=dump({**encoded.body, **_extra_body(exchange, target)}),
        dialect=dialect,
        passthrough=False,
        request=request,
        seals=seal_scope(exchange, target, dialect),
        receipt=receipt,
    )


def seal_scope(exchange: Exchange, target: Target, dialect: Dialect) -> Scope:
    """Return whose reasoning state this call may use: the caller's own, with this provider."""
    principal = exchange.principal
    return Scope(
        principal=principal.name if principal is not None else "",
        provider=target.provider.name,
        dialect=dialect.name,
    )


def _refuse_loss(exchange: Exchange, target: Target, receipt: Receipt) -> None:
    lost = [str(note) for note in receipt.notes if note.action == "dropped"]
    if lost and exchange.plan is not None and exchange.plan.lossless:
        raise GatewayError(
            Kind.UNSUPPORTED,
            f"{exchange.model!r} is marked lossless, and {target.name} would lose: "
            + "; ".join(lost),
            where=target.name,
        )


def _extra_body(exchange: Exchange, target: Target) -> JsonObject:
    # Later ones win: provider, model, alias (dataplane.md §5.2).
    alias = exchange.plan.extra_body if exchange.plan is not None else {}
    return {**target.provider.extra_body, **target.model.extra_body, **alias}


def _headers(
    exchange: Exchange, target: Target, dialect: Dialect, extra: Mapping[str, str]
) -> dict[str, str]:
    client = exchange.head.headers
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if exchange.stream else "application/json",
        # Compressed streams arrive in lumps, and cost CPU to open.
        "accept-encoding": "identity",
        "user-agent": "plexus",
        **extra,
        **dialect.credentials(target.provider.api_key),
    }
    own = dialect.own_headers if dialect.name == exchange.dialect.name else ()
    headers |= {name: client[name] for name in (*own, *_FORWARDED) if _can_be_sent(client, name)}
    headers |= {name.lower(): value for name, value in target.provider.headers.items()}
    return headers


def _can_be_sent(client: Mapping[str, str], name: str) -> bool:
    # Bytes that are no text arrive here as surrogates, which have no way back out.
    return name in client and client[name].isprintable()
