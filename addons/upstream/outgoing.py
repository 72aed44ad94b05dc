"""Make the request that goes to a target: which dialect, which bytes, which headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plexus.addons.exchange import Exchange, Target
from plexus.addons.stateful.echo import as_asked
from plexus.addons.upstream.adapters import applied
from plexus.addons.upstream.approach import Approach, approach_of
from plexus.addons.upstream.seal_keeper import Scope
from plexus.transforms.codec import Aim, Dialect, Receipt
from plexus.transforms.continuation import continued
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest
from plexus.transforms.splice import patch_top_level
from plexus.transforms.value import quickly_made
from plexus.transforms.wire import Json, JsonObject, dump, object_at, text_at


@quickly_made
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
    approach = approach_of(target, exchange.dialect.name, dialects)
    if approach.dialect is exchange.dialect and not _must_rewrite(exchange, approach):
        return _pass_through(exchange, target, approach)
    if request is None:
        request = decoded(exchange)
    return _translate(exchange, target, approach, request)


def is_translated(exchange: Exchange, target: Target, dialects: Mapping[str, Dialect]) -> bool:
    """Whether the body is written anew for the target. Raise `GatewayError` like `prepare`."""
    approach = approach_of(target, exchange.dialect.name, dialects)
    return approach.dialect is not exchange.dialect or _must_rewrite(exchange, approach)


def decoded(exchange: Exchange) -> ChatRequest:
    """Return what the client asks for. Raise `GatewayError` for a body that tells nobody."""
    return exchange.dialect.chat.decode_request(exchange.match, exchange.whole_body)


def _must_rewrite(exchange: Exchange, approach: Approach) -> bool:
    body = exchange.body if exchange.body is not None else {}
    # Providers stream events; a client that wants a JSON array needs them put into one.
    wants_array = exchange.stream and exchange.match.framing == "array"
    if wants_array or continues(exchange) or exchange.continued is not None:
        return True
    return approach.dialect.must_rewrite(body, approach.known.traits)


def continues(exchange: Exchange) -> bool:
    """Whether another target takes over when this call's stream breaks off."""
    return exchange.stream and exchange.plan is not None and exchange.plan.continue_stream


def _pass_through(exchange: Exchange, target: Target, approach: Approach) -> Outgoing:
    body = exchange.body if exchange.body is not None else {}
    aim = approach.aim(stream=exchange.stream)
    extra = _extra_body(exchange, approach)
    changes: JsonObject = {**aim.changes, **extra}
    hide_usage = exchange.stream and _asks_for_usage(approach, body)
    if hide_usage:
        options = object_at(body, "stream_options") or {}
        changes["stream_options"] = {**options, "include_usage": True}
    receipt, path = Receipt(), None
    if extra or _is_adapted(approach, aim, body):
        whole = {**exchange.whole_body, **changes}
        adapted, path = _adapted(exchange, target, approach, whole, receipt)
        sent = _spliced(exchange, changes) if adapted is whole else dump(adapted)
    else:
        sent = _spliced(exchange, changes)
    return Outgoing(
        url=approach.base + (aim.path if path is None else path),
        headers=_headers(exchange, target, approach, {}),
        body=sent,
        dialect=approach.dialect,
        passthrough=True,
        hide_usage=hide_usage,
        receipt=receipt,
    )


def _is_adapted(approach: Approach, aim: Aim, body: Mapping[str, Json]) -> bool:
    # A model in the body must not contradict the one in the path.
    has_two_models = "model" not in aim.changes and "model" in body
    return has_two_models or bool(approach.steps.implied or approach.steps.configured)


def _asks_for_usage(approach: Approach, body: Mapping[str, Json]) -> bool:
    dialect = approach.dialect
    if not dialect.asks_for_usage or not approach.known.traits.stream_usage:
        return False
    return not dialect.wants_usage(body)


def _spliced(exchange: Exchange, changes: JsonObject) -> bytes:
    body = exchange.body if exchange.body is not None else {}
    return patch_top_level(exchange.raw, body, changes) if changes else exchange.raw


def _translate(
    exchange: Exchange, target: Target, approach: Approach, request: ChatRequest
) -> Outgoing:
    dialect, known = approach.dialect, approach.known
    scope = seal_scope(exchange, target, dialect)
    if exchange.seals is not None:
        request = exchange.seals.restore(scope, request)
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
    whole = {**known.mended(encoded.body, receipt), **_extra_body(exchange, approach)}
    sent, path = _adapted(exchange, target, approach, whole, receipt)
    return Outgoing(
        url=approach.base + (encoded.path if path is None else path),
        headers=_headers(exchange, target, approach, encoded.headers),
        body=dump(sent),
        dialect=dialect,
        passthrough=False,
        request=as_asked(exchange, request),
        seals=scope,
        receipt=receipt,
    )


def _adapted(
    exchange: Exchange, target: Target, approach: Approach, body: JsonObject, receipt: Receipt
) -> tuple[JsonObject, str | None]:
    """Return the body after all adapters, the same object if none changed it.

    And the path, if they have changed the model. What configured adapters take away is meant to go;
    anything else may be refused as a loss.
    """
    known, steps = approach.known, approach.steps
    # Gemini's model stands in the path; adapters find it in the body all the same.
    in_path = "model" not in approach.aim(stream=exchange.stream).changes
    whole = {**body, "model": known.model} if in_path else body
    changed = applied(steps.implied, whole, steps.place, receipt)
    _refuse_loss(exchange, target, receipt)
    changed = applied(steps.configured, changed, steps.place, receipt)
    model = text_at(changed, "model") or known.model
    path = None
    if model != known.model:
        path = approach.dialect.aim(model, stream=exchange.stream).path
    if not in_path:
        return changed, path
    if changed is whole and "model" not in body:
        return body, path
    return {key: value for key, value in changed.items() if key != "model"}, path


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


def _extra_body(exchange: Exchange, approach: Approach) -> JsonObject:
    # Later ones win: provider, model, alias (dataplane.md §5.2).
    alias = exchange.plan.extra_body if exchange.plan is not None else {}
    return {**approach.extra_body, **alias}


def _headers(
    exchange: Exchange, target: Target, approach: Approach, extra: Mapping[str, str]
) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "accept": "text/event-stream" if exchange.stream else "application/json",
        # Compressed streams arrive in lumps, and cost CPU to open.
        "accept-encoding": "identity",
        "user-agent": "plexus",
        **extra,
        **approach.dialect.credentials(target.api_key),
        **_forwarded(exchange.head.headers, approach),
        **approach.headers,
    }


def _forwarded(client: Mapping[str, str], approach: Approach) -> dict[str, str]:
    # Bytes that are no text arrive here as surrogates, which have no way back out.
    return {
        name: client[name]
        for name in approach.forwarded
        if name in client and client[name].isprintable()
    }
