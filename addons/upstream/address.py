"""Read a provider's URL: whom to connect to, and what the request line and `Host` say."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from yarl import URL

from plexus.addons.upstream.failures import down, origin
from plexus.transforms.errors import GatewayError

type Place = tuple[bool, str, int]  # whether TLS is spoken, host, port: what a connection is for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Address:
    """A URL, taken apart. What may hold a secret is not in the repr.

    It equals itself only: it is a key of caches, and each URL is parsed once.
    """

    origin: str  # as it is shown to people
    place: Place
    request_line: str = field(repr=False)  # with its line end
    authority: str  # what `Host` says
    authorization: str | None = field(repr=False)  # for the credentials in the URL, if any


def parse_address(url: str) -> Address:
    """Return the address. Raise `GatewayError` if the URL is none of HTTP."""
    try:
        return _parsed(url)
    except ValueError as error:  # yarl's, and a label that IDNA refuses
        raise _none(url) from error


def _parsed(url: str) -> Address:
    # Characters that a URL must not hold are percent-encoded, names are put into IDNA's letters.
    parsed = URL(url)
    host, port, authority = parsed.raw_host, parsed.port, parsed.host_port_subcomponent
    if parsed.scheme not in ("http", "https") or not host or port is None or authority is None:
        raise _none(url)
    return Address(
        origin=origin(url),
        place=(parsed.scheme == "https", host, port),
        request_line=f"POST {parsed.raw_path_qs} HTTP/1.1\r\n",
        authority=authority,
        authorization=_basic(parsed.user, parsed.password),
    )


def _basic(user: str | None, password: str | None) -> str | None:
    if not user and not password:
        return None
    pair = f"{user or ''}:{password or ''}".encode("latin-1")
    return f"Basic {base64.b64encode(pair).decode()}"


def _none(url: str) -> GatewayError:
    return down(origin(url), "this is no address of the form https://host/path")
