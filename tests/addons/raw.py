"""Talk to a port in bytes."""

from __future__ import annotations

import asyncio

PATIENCE_S = 10.0


async def exchange_bytes(port: int, request: bytes) -> bytes:
    """Send bytes and return everything that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()
