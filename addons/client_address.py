"""Where a call comes from, and whether a key may be used from there; unreadable means no."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(
    peer: str | None, headers: Mapping[str, str], trusted: Sequence[str]
) -> str | None:
    """Return the client's address.

    Forwarding headers count only when the peer is a trusted proxy: X-Forwarded-For is walked from
    the right past trusted hops (dataplane.md §1.3).
    """
    if not trusted or peer is None or not is_allowed(peer, trusted):
        return peer
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    for hop in reversed(hops):
        if not is_allowed(hop, trusted):
            return hop
    return hops[-1] if hops else peer


def is_allowed(address: str | None, rules: Sequence[str]) -> bool:
    """Whether `address` is covered by an address, a CIDR, `a.b.c.d-N` or `first-last` rule."""
    parsed = parse_address(address)
    return parsed is not None and any(_covers(rule, parsed) for rule in rules)


@lru_cache(maxsize=4096)
def parse_address(text: str | None) -> Address | None:
    """Read an address as clients write it: brackets, port and zone are taken off."""
    if not text:
        return None
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _covers(rule: str, address: Address) -> bool:
    bounds = _bounds(rule)
    if bounds is None or bounds[0].version != address.version:
        return False
    return int(bounds[0]) <= int(address) <= int(bounds[1])


@lru_cache(maxsize=4096)
def _bounds(rule: str) -> tuple[Address, Address] | None:
    first, dash, last = (part.strip() for part in rule.partition("-"))
    try:
        if not dash:
            network = ipaddress.ip_network(first, strict=False)
            return network.network_address, network.broadcast_address
        if last.isdecimal():
            last = f"{first.rpartition('.')[0]}.{last}"
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    except ValueError:
        return None
    return (low, high) if low.version == high.version else None
