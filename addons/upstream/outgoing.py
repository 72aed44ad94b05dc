"""Make the request that goes to a target: which dialect, which bytes, which headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plexus.addons.exchange import Exchange, Target
from plexus.addons.stateful.echo import as_asked
from plexus.addons.upstream.adapters import applied, steps_for
from plexus.addons.upstream.quirks import Known, known_of
from plexus.addons.upstream.seal_keeper import Scope
from plexus.config.dialects import base_url
from plexus.transforms.codec import Dialect, Receipt
from plexus.transforms.continuation import continued
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest
from plexus.transforms.splice import patch_top_level
from plexus.transforms.wire import JsonObject, dump, object_at, text_at

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


def prepare(
    exchange: Exchange,
    target: Target,
    dialects: Mapping[str, Dialect],
    request: ChatRequest | None = None,
) -> Outgoing:
    """Return the request for `target`. Raise `GatewayError` when it can't be said there.

    `request` is the decoded body, if it was decoded before.
    """
    dialect = choose_dialect(exchange.dialect.name, target, dialects)
    base = base_url(target.provider, dialect.name) or ""
    known = known_of(target, base, dialect.name)
    if dialect is exchange.dialect and not _must_rewrite(exchange, dialect, known):
        return _pass_through(exchange, target, dialect, base, known)
    if request is None:
        request = decoded(exchange)
    return _translate(exchange, target, dialect, base, known, request)


def is_translated(exchange: Exchange, target: Target, dialects: Mapping[str, Dialect]) -> bool:
    """Whether the body is written anew for the target. Raise `GatewayError` like `prepare`."""
    dialect = choose_dialect(exchange.dialect.name, target, dialects)
    if dialect is not exchange.dialect:
        return True
    base = base_url(target.provider, dialect.name) or ""
    return _must_rewrite(exchange, dialect, known_of(target, base, dialect.name))


def decoded(exchange: Exchange) -> ChatRequest:
    """Return what the client asks for. Raise `GatewayError` for a body that tells nobody."""
    body = exchange.body if exchange.body is not None else {}
    return exchange.dialect.chat.decode_request(exchange.match, body)


def _must_rewrite(exchange: Exchange, dialect: Dialect, known: Known) -> bool:
    body = exchange.body if exchange.body is not None else {}
    # Providers stream events; a client that wants a JSON array needs them put into one.
    wants_array = exchange.stream and exchange.match.framing == "array"
    if wants_array or continues(exchange) or exchange.continued is not None:
        return True
    return dialect.must_rewrite(body, lambda: known.traits)


def wire_name(target: Target, dialect: Dialect) -> str:
    """Return what the configuration calls the format, its variant included: `responses:lite`."""
    listed = target.model.access_via or tuple(target.provider.urls)
    if dialect.name in listed:
        return dialect.name
    variants = (name for name in listed if name.partition(":")[0] == dialect.name)
    return next(variants, dialect.name)


def continues(exchange: Exchange) -> bool:
    """Whether another target takes over when this call's stream breaks off."""
    return exchange.stream and exchange.plan is not None and exchange.plan.continue_stream


def choose_dialect(ingress: str, target: Target, dialects: Mapping[str, Dialect]) -> Dialect:
    """Return the client's own dialect if the target speaks it, else the first it speaks."""
    listed = target.model.access_via or tuple(target.provider.urls) or ("chat",)
    reachable = [name for name in listed if base_url(target.provider, name) is not None]
    # `responses:lite` is spoken by the codec of `responses`.
    spoken = [base for name in reachable if (base := name.partition(":")[0]) in dialects]
    if not spoken:
        raise GatewayError(
            Kind.UNSUPPORTED,
            f"{target.name} speaks none of {', '.join(sorted(dialects))}; "
            f"give provider {target.provider.name!r} an api_base_url for one of them",
            where=target.name,
        )
    return dialects[ingress if ingress in spoken else spoken[0]]


def _pass_through(
    exchange: Exchange, target: Target, dialect: Dialect, base: str, known: Known
) -> Outgoing:
    body = exchange.body if exchange.body is not None else {}
    aim = dialect.aim(known.model, stream=exchange.stream)
    changes: JsonObject = {**aim.changes, **_extra_body(exchange, target)}
    hide_usage = (
        exchange.stream
        and dialect.asks_for_usage
        and known.traits.stream_usage
        and not dialect.wants_usage(body)
    )
    if hide_usage:
        options = object_at(body, "stream_options") or {}
        changes["stream_options"] = {**options, "include_usage": True}
    receipt = Receipt()
    whole = {**body, **changes}
    sent, model = _adapted(exchange, target, dialect, known, whole, receipt)
    path = dialect.aim(model, stream=exchange.stream).path
    return Outgoing(
        url=base + path,
        headers=_headers(exchange, target, dialect, {}),
        body=_spliced(exchange, changes) if sent is whole else dump(sent),
        dialect=dialect,
        passthrough=True,
        hide_usage=hide_usage,
        receipt=receipt,
    )


def _spliced(exchange: Exchange, changes: JsonObject) -> bytes:
    body = exchange.body if exchange.body is not None else {}
    return patch_top_level(exchange.raw, body, changes) if changes else exchange.raw


def _translate(
    exchange: Exchange,
    target: Target,
    dialect: Dialect,
    base: str,
    known: Known,
    request: ChatRequest,
) -> Outgoing:
    if exchange.seals is not None:
        request = exchange.seals.restore(seal_scope(exchange, target, dialect), request)
    request = continued(request, exchange.so_far)
    if dialect is not exchange.dialect and not request.messages and not request.system:
        raise GatewayError(
            Kind.UNSUPPORTED,
            f"the request has no messages to translate for {target.name}; a prompt that one "
            "provider keeps can be used there only",
            where=target.name,
        )
    receipt = Receipt()
    encoded = dialect.chat.encode_request(
        replace(request, model=known.model, stream=exchange.stream), known.traits, receipt
    )
    whole = {**known.mended(encoded.body, receipt), **_extra_body(exchange, target)}
    sent, model = _adapted(exchange, target, dialect, known, whole, receipt)
    path = encoded.path
    if model != known.model:
        path = dialect.aim(model, stream=exchange.stream).path
    return Outgoing(
        url=base + path,
        headers=_headers(exchange, target, dialect, encoded.headers),
        body=dump(sent),
        dialect=dialect,
        passthrough=False,
        request=as_asked(exchange, request),
        seals=seal_scope(exchange, target, dialect),
        receipt=receipt,
    )


def _adapted(
    exchange: Exchange,
    target: Target,
    dialect: Dialect,
    known: Known,
    body: JsonObject,
    receipt: Receipt,
) -> tuple[JsonObject, str]:
    """Return the body after all adapters, the same object if none changed it, and its model.

    What configured adapters take away is meant to go; anything else may be refused as a loss.
    """
    steps = steps_for(target, known, dialect.name)
    # Gemini's model stands in the path; adapters find it in the body all the same.
    in_path = "model" not in dialect.aim(known.model, stream=exchange.stream).changes
    whole = {**body, "model": known.model} if in_path else body
    changed = applied(steps.implied, whole, steps.place, receipt)
    _refuse_loss(exchange, target, receipt)
    changed = applied(steps.configured, changed, steps.place, receipt)
    model = text_at(changed, "model") or known.model
    if not in_path:
        return changed, model
    if changed is whole and "model" not in body:
        return body, model
    return {key: value for key, value in changed.items() if key != "model"}, model


def seal_scope(exchange: Exchange, target: Target, dialect: Dialect) -> Scope:
    """Return whose reasoning state this call may use: the caller's own, with this provider."""
    principal = exchange.principal
    return Scope(
        principal=principal.name if principal is not None else "",
        provider=target.provider.name,
        dialect=dialect.name,
    )


def _refuse_loss(exchange: Exchange, target: Target, receipt: Receipt) -> None:
    lost = [str(note) for note in receipt.notes if note.is_loss]
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
        **dialect.credentials(target.api_key),
    }
    own = dialect.own_headers if dialect.name == exchange.dialect.name else ()
    headers |= {name: client[name] for name in (*own, *_FORWARDED) if _can_be_sent(client, name)}
    headers |= {name.lower(): value for name, value in target.provider.headers.items()}
    return headers


def _can_be_sent(client: Mapping[str, str], name: str) -> bool:
    # Bytes that are no text arrive here as surrogates, which have no way back out.
    return name in client and client[name].isprintable()
