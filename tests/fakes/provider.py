"""A scriptable LLM provider on a free loopback port.

    async with Provider() as provider:
        provider.script(script.json_reply(chat.error(503, "busy"), status=503))
        …                               # point something at provider.url
        request = await provider.received()
        assert request.body["model"] == "m"

It speaks the four formats at their native paths and without a script echoes the user's last words.
`python -m tests.fakes.provider --help` runs it by itself; there, and wherever nothing is scripted,
the model's name chooses what happens (see `tests/fakes/defaults.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import ssl
import struct
from pathlib import Path
from types import TracebackType
from typing import Literal, Never, Self

from aiohttp import web

from plexus.transforms.wire import try_parse
from tests.fakes.defaults import default_reply
from tests.fakes.script import PATIENCE, End, Received, Reply, Scripted
from tests.fakes.tls import Authority


class Provider:
    """Serves, records and follows its script."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._script: list[Scripted] = []
        self._always: Scripted | None = None
        self._port = port
        self._tls = tls
        self._runner: web.ServerRunner | None = None
        self._arrived = asyncio.Condition()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def url(self) -> str:
        """The root, without a path and a slash at its end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def script(self, *replies: Scripted) -> None:
        """Answer the next requests with these, one each, in order of arrival."""
        self._script += replies

    def always(self, reply: Scripted | None) -> None:
        """Answer so whenever the script is at its end; `None`: with the default again."""
        self._always = reply

    def forget(self) -> None:
        """Drop what is left of the script, and the requests so far."""
        self._script.clear()
        self._always = None
        self.requests.clear()

    async def received(self, number: int = 1) -> Received:
        """Wait for the first, second, … request and return it."""
        async with asyncio.timeout(PATIENCE), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= number)
        return self.requests[number - 1]

    async def refuse(self) -> None:
        """Stop listening: connections are refused from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.refuse()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        received = await self._record(request)
        scripted = self._script.pop(0) if self._script else self._always
        try:
            reply = scripted(received) if callable(scripted) else scripted
            return await self._answer(request, received, reply or default_reply(received))
        except (asyncio.CancelledError, ConnectionError):
            _settle(received, "closed")
            raise

    async def _record(self, request: web.BaseRequest) -> Received:
        raw = await request.content.read()  # read() stops at 1 MiB
        loop = asyncio.get_running_loop()
        received = Received(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            raw=raw,
            body=try_parse(raw),
            at=loop.time(),
            end=loop.create_future(),
        )
        async with self._arrived:
            self.requests.append(received)
            self._arrived.notify_all()
        return received

    async def _answer(
        self, request: web.BaseRequest, received: Received, reply: Reply
    ) -> web.StreamResponse:
        if reply.gate is not None:
            await reply.gate.wait()
        if not reply.head:
            return await _hang_up(request, received, "reset")
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        if not reply.streamed:
            missing = 1 if reply.ending == "cut" else 0
            sizes = [len(step) for step in reply.steps if isinstance(step, bytes)]
            response.content_length = sum(sizes) + missing
        await response.prepare(request)
        for step in reply.steps:
            await (response.write(step) if isinstance(step, bytes) else step.wait())
        if reply.ending != "done":
            return await _hang_up(request, received, reply.ending)
        await response.write_eof()
        _settle(received, "completed")
        return response


async def _hang_up(
    request: web.BaseRequest, received: Received, ending: Literal["cut", "reset"]
) -> Never:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client was faster")
    _settle(received, ending)
    if ending == "cut":
        transport.close()
    else:
        # A zero linger time makes the kernel send RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    await asyncio.Event().wait()  # the server cancels the handler of a lost connection
    raise AssertionError("an event that nobody knows was set")


def _settle(received: Received, end: End) -> None:
    if not received.end.done():
        received.end.set_result(end)


async def _run_alone(port: int, tls_hosts: list[str], ca: str | None) -> None:
    context = None
    if tls_hosts:
        authority = Authority()
        context = authority.server_context(*tls_hosts)
        if ca:
            authority.write_root(Path(ca))
    async with Provider(port=port, tls=context) as provider:
        print(provider.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted; the first line of output is the URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.provider", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--tls-host", action="append", default=[], metavar="NAME")
    parser.add_argument("--ca", metavar="FILE", help="write the root certificate here (PEM)")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run_alone(options.port, options.tls_host, options.ca))


if __name__ == "__main__":
    main()
