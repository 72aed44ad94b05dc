"""Write down what was captured of a call: one JSON document, without secrets."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass, field

from plexus.addons.inspection.capture import Body, Sent
from plexus.addons.inspection.masking import (
    masked,
    masked_headers,
    masked_json,
    masked_url,
    without_torn,
)
from plexus.store.records import TraceRecord
from plexus.transforms.wire import Json, JsonObject, dump

type Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A call that is over, as it was: nothing is masked, copied or encoded yet."""

    request_id: str
    started_ms: int  # since 1970
    api_key: str | None  # the key's name
    status: int | None  # what the client got
    line: str  # method and path
    headers: Headers
    body: Body
    sent: tuple[Sent, ...]
    reply_headers: Headers
    reply: Body
    story: JsonObject  # the plan, the attempts, the error
    secrets: frozenset[str] = field(repr=False)

    @property
    def size(self) -> int:
        """About how many bytes this holds in memory."""
        bodies = [self.body, self.reply, *(part for s in self.sent for part in (s.body, s.reply))]
        return 2_000 + sum(body.kept for body in bodies)


def trace_of(taken: Taken) -> TraceRecord:
    """Return what is stored; takes milliseconds for megabytes, so not on the event loop."""
    secrets = taken.secrets
    document: JsonObject = {
        "request": {
            "line": masked_url(taken.line, secrets),
            "headers": _headers(taken.headers, secrets),
            "body": _body(taken.body, secrets),
        },
        "sent": [_sent(sent, secrets) for sent in taken.sent],
        "reply": {
            "status": taken.status,
            "headers": _headers(taken.reply_headers, secrets),
            "body": _body(taken.reply, secrets),
        },
        "story": masked_json(taken.story, secrets),
    }
    return TraceRecord(
        request_id=taken.request_id,
        created_at=taken.started_ms,
        api_key=taken.api_key,
        response_status=taken.status,
        content=dump(document),
    )


def _sent(sent: Sent, secrets: Collection[str]) -> JsonObject:
    return {
        "url": masked_url(sent.url, secrets),
        "headers": _headers(tuple(sent.headers.items()), secrets),
        "body": _body(sent.body, secrets),
        "reply": {
            "status": sent.status,
            "headers": _headers(tuple(sent.reply_headers.items()), secrets),
            "body": _body(sent.reply, secrets),
        },
    }


def _headers(headers: Headers, secrets: Collection[str]) -> Json:
    return [[name, value] for name, value in masked_headers(headers, secrets)]


def _body(body: Body, secrets: Collection[str]) -> JsonObject:
    content = masked(body.content, secrets)
    if body.is_cut:
        content = without_torn(content, secrets)
    told: JsonObject = {"size": body.size, "truncated": body.is_cut}
    try:
        return told | {"text": content.decode()}
    except UnicodeDecodeError:
        if body.is_cut:  # perhaps in the middle of a character
            return told | {"text": content.decode(errors="replace")}
        return told | {"base64": base64.b64encode(content).decode()}
