"""Our mitmproxy Master: only the addons that a gateway needs, and a handler table per hook.

Stock mitmproxy walks every addon for every hook; that walk is about half of its time per call.
"""

from __future__ import annotations

import inspect
import logging
import types
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Final, override

from mitmproxy import addonmanager, ctx, exceptions, flow, hooks, http, master, options
from mitmproxy.addonmanager import traverse
from mitmproxy.addons import block, core, disable_h2c, next_layer, proxyserver, script, tlsconfig

from plexus.addons.identify import GATEWAY_MARK

log = logging.getLogger(__name__)

_WATCHED_HOOKS: Final = ("requestheaders", "request", "responseheaders", "response")
_PLUMBING: Final = ("plexus.", "mitmproxy.addons.")  # of which `serve` loads the needed few only

type Handler = Callable[..., Awaitable[None] | None]


class HandlerTable(addonmanager.AddonManager):
    """The stock manager's behaviour, from a list of bound handlers per hook."""

    def __init__(self, owner: master.Master) -> None:
        super().__init__(owner)
        self._handlers: dict[str, list[Handler]] = {}
        self._fields: dict[type[hooks.Hook], tuple[str, ...]] = {}
        self._spectators: bool | None = None

    @override
    def register(self, addon: object) -> object:
        self._forget()
        return super().register(addon)

    @override
    def remove(self, addon: object) -> None:
        super().remove(addon)
        self._forget()

    @override
    def clear(self) -> None:
        super().clear()
        self._forget()

    @property
    def has_spectators(self) -> bool:
        """Whether an addon that is neither ours nor mitmproxy's plumbing looks at requests."""
        if self._spectators is None:
            watching = [h for name in _WATCHED_HOOKS for h in self.handlers(name)]
            self._spectators = any(not _is_plumbing(handler) for handler in watching)
        return self._spectators

    def _forget(self) -> None:
        self._handlers = {}
        self._spectators = None

    def handlers(self, name: str) -> list[Handler]:
        """Return the handlers of a hook in chain order; built when first asked for.

        An addon that comes or goes, a reloaded script too, empties the table.
        """
        found = self._handlers.get(name)
        return self._look_up(name) if found is None else found

    def _look_up(self, name: str) -> list[Handler]:
        found = self._handlers[name] = [
            handler
            for top in self.chain
            for addon in traverse([top])
            if (handler := _handler(addon, name)) is not None
        ]
        return found

    @override
    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        await self.trigger_event(event)
        if isinstance(event, hooks.UpdateHook) or not self.handlers("update"):
            return
        message = event.args()[0]
        if isinstance(message, flow.Flow):
            await self.trigger_event(hooks.UpdateHook([message]))

    @override
    async def trigger_event(self, event: hooks.Hook) -> None:
        handlers = self.handlers(event.name)
        if not handlers:
            return
        args = [getattr(event, name) for name in self._field_names(type(event))]
        if len(args) == 1:
            await self._run(event.name, handlers, args[0])
        else:
            await self._run(event.name, [partial(_spread, handler) for handler in handlers], args)

    async def flow_hook(self, name: str, about: flow.Flow) -> None:
        """Do what `handle_lifecycle` does for a flow's hook, without an object for the hook.

        Then wait while somebody holds the flow, as mitmproxy does.
        """
        await self._run(name, self.handlers(name), about)
        if listening := self.handlers("update"):
            await self._run("update", listening, [about])
        if about.intercepted and about.error is None:
            await about.wait_for_resume()

    async def _run(self, name: str, handlers: Sequence[Handler], about: object) -> None:
        # Nearly all hooks are about one thing; a call with `*` costs half as much again.
        for handler in handlers:
            try:
                result = handler(about)
                if result is not None and inspect.isawaitable(result):
                    await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception:  # as stock mitmproxy: an addon's failure is not the proxy's
                log.exception("addon.failed hook=%s", name)

    def _field_names(self, event: type[hooks.Hook]) -> tuple[str, ...]:
        found = self._fields.get(event)
        if found is None:
            found = tuple(field.name for field in fields(event))  # type: ignore[arg-type]  # every hook is a dataclass
            self._fields[event] = found
        return found


def has_spectators() -> bool:
    """Whether anybody watches the running master's requests; under mitmweb somebody always does."""
    manager = ctx.master.addons
    return not isinstance(manager, HandlerTable) or manager.has_spectators


def _spread(handler: Handler, args: Sequence[object]) -> Awaitable[None] | None:
    return handler(*args)


def _is_plumbing(handler: Handler) -> bool:
    module = type(getattr(handler, "__self__", None)).__module__
    return module.startswith(_PLUMBING)


def _handler(addon: object, name: str) -> Handler | None:
    handler = getattr(addon, name, None)
    if handler is None or isinstance(handler, types.ModuleType):
        return None  # a script may have imported a module of the hook's name
    if not callable(handler):
        raise exceptions.AddonManagerError(f"Addon handler {name} ({addon}) not callable")
    found: Handler = handler
    return found


class NoUpgrades(disable_h2c.DisableH2C):
    """Stock behaviour for what comes through the proxy; the listener's server knows no upgrades."""

    name = "disableh2c"

    @override
    def request(self, f: http.HTTPFlow) -> None:
        if GATEWAY_MARK not in f.metadata:
            super().request(f)


class ProxyTls(tlsconfig.TlsConfig):
    """Stock behaviour for what comes through the proxy; the listener's calls ask for no CRL.

    To see that, mitmproxy has each request's path compared with the serial number of its CA.
    """

    name = "tlsconfig"

    @override
    def request(self, flow: http.HTTPFlow) -> None:
        if GATEWAY_MARK not in flow.metadata:
            super().request(flow)


class PlexusMaster(master.Master):
    """Runs the gateway without mitmproxy's console: `plexus serve`."""

    def __init__(self, opts: options.Options) -> None:
        super().__init__(opts)
        self.addons = HandlerTable(self)
        self.addons.add(
            core.Core(),
            block.Block(),
            NoUpgrades(),
            proxyserver.Proxyserver(),
            script.ScriptLoader(),
            next_layer.NextLayer(),
            ProxyTls(),
        )

    async def stop_listening(self) -> None:
        """Accept no more connections; those that are open go on."""
        server = self.addons.get("proxyserver")
        if server is not None:
            await server.servers.update([])
