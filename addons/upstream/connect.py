"""Open connections to providers: their name, TCP to the quickest of their addresses, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

from aiohappyeyeballs import start_connection

from plexus.addons.upstream.address import Address, Place
from plexus.addons.upstream.connection import Connection
from plexus.addons.upstream.failures import distrusted, late, unconnected
from plexus.addons.upstream.names import Names

PATIENCE_S: Final = 30.0
_NEXT_ADDRESS_S: Final = 0.25  # RFC 8305 §5: after this long the next address is tried beside it


async def open_connection(
    address: Address,
    names: Names,
    tls: ssl.SSLContext,
    make: Callable[[Place], Connection],
    *,
    patience_s: float = PATIENCE_S,
) -> Connection:
    """Return a new connection, made by `make` and connected. Raise `GatewayError`."""
    try:
        async with asyncio.timeout(patience_s) as limit:
            return await _open(address.place, names, tls, make)
    except ssl.SSLCertVerificationError as error:
        raise distrusted(address.origin, error) from error
    except OSError as error:
        if limit.expired():  # TimeoutError is an OSError, and may be the kernel's own too
            raise late(address.origin) from error
        raise unconnected(address.origin, error) from error
    except RuntimeError as error:  # uvloop's word for some failures of sockets
        raise unconnected(address.origin, OSError(str(error))) from error


async def _open(
    place: Place, names: Names, tls: ssl.SSLContext, make: Callable[[Place], Connection]
) -> Connection:
    is_tls, host, port = place
    loop = asyncio.get_running_loop()
    infos = await names.resolve(host, port)
    sock = await start_connection(infos, happy_eyeballs_delay=_NEXT_ADDRESS_S, loop=loop)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection = make(place)
    try:
        await loop.create_connection(
            lambda: connection,
            sock=sock,
            ssl=tls if is_tls else None,
            # Certificates name hosts without the dot that ends a name.
            server_hostname=host.rstrip(".") if is_tls else None,
        )
    except BaseException:
        # It may know its transport by now, and uvloop does not tell it of the end of that.
        connection.drop()
        raise
    return connection
