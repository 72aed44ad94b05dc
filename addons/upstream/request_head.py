"""Write the head of a request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from plexus.addons.upstream.address import Address
from plexus.addons.upstream.failures import down
from plexus.transforms.errors import GatewayError

# How the body is delimited and when the connection ends is for the connection to say.
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_LINE_BREAKS: Final = "\r\n\0"


def write_head(address: Address, headers: Mapping[str, str], size: int) -> bytes:
    """Return the head of a POST whose body has `size` bytes.

    A `host` among the headers takes the place of the URL's, and an `authorization` that of the
    URL's credentials. Values that are not ASCII go out as UTF-8. Raise `GatewayError` if a header
    would break out of its line.
    """
    form, ends = _form(address, tuple(headers))
    head = form % (*headers.values(), size)
    if head.count("\n") != ends or head.count("\r") != ends or "\0" in head:
        raise _refused(address, headers)
    try:
        return head.encode()
    except UnicodeEncodeError:
        raise _refused(address, headers) from None


@lru_cache(maxsize=128)  # nearly all calls to a target bear the same headers
def _form(address: Address, names: tuple[str, ...]) -> tuple[str, int]:
    """Return a head with gaps for the headers' values and the size; and how many line ends it has.

    The gap for a value that is not to be sent takes none of its letters.
    """
    lower = {name.lower() for name in names}
    lines = [_literally(address.request_line)]
    for name in names:
        is_framing = name.lower() in _FRAMING
        lines.append("%.0s" if is_framing else f"{_literally(name)}: %s\r\n")
    if address.authorization is not None and "authorization" not in lower:
        lines.append(f"Authorization: {address.authorization}\r\n")
    if "host" not in lower:
        lines.append(f"Host: {_literally(address.authority)}\r\n")
    lines.append("Content-Length: %d\r\n")
    ends = sum(line.endswith("\n") for line in lines) + 1
    return "".join(lines) + "\r\n", ends


def _literally(text: str) -> str:
    return text.replace("%", "%%")


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
