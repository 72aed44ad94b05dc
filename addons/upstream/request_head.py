"""Write the head of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from plexus.addons.upstream.address import Address
from plexus.addons.upstream.failures import down
from plexus.transforms.errors import GatewayError

# How the body is delimited and when the connection ends is for the connection to say.
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_OWN: Final = _FRAMING | {"host"}
_LINE_BREAKS: Final = "\r\n\0"


def write_head(address: Address, headers: Mapping[str, str], size: int) -> bytes:
    """Return the head of a POST whose body has `size` bytes.

    A `host` among the headers takes the place of the URL's, and an `authorization` that of the
    URL's credentials. Values that are not ASCII go out as UTF-8. Raise `GatewayError` if a header
    would break out of its line.
    """
    names = {name.lower() for name in headers}
    given = headers if names.isdisjoint(_OWN) else _without_framing(headers)
    lines = [f"{name}: {value}\r\n" for name, value in given.items()]
    if address.authorization is not None and "authorization" not in names:
        lines.append(f"Authorization: {address.authorization}\r\n")
    if "host" not in names:
        lines.append(f"Host: {address.authority}\r\n")
    lines.append(f"Content-Length: {size}\r\n\r\n")
    head = address.request_line + "".join(lines)
    ends = len(lines) + 2  # one for each, the request line's, the empty line's
    if head.count("\n") != ends or head.count("\r") != ends or "\0" in head:
        raise _refused(address, headers)
    try:
        return head.encode()
    except UnicodeEncodeError:
        raise _refused(address, headers) from None


def _without_framing(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _FRAMING}


def _refused(address: Address, headers: Mapping[str, str]) -> GatewayError:
    bad = [name for name, value in headers.items() if _breaks_out(name) or _breaks_out(value)]
    named = ascii(bad[0]) if bad else "Host"  # its value may be a secret
    return down(address.origin, f"the header {named} holds a line break, a NUL or no text")


def _breaks_out(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return any(character in text for character in _LINE_BREAKS)
