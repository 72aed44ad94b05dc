"""Let `plexus serve` import modules of large libraries without all that these import in turn.

`mitmproxy.addons` imports its thirty-odd addons, of which we run seven; the others bring LDAP,
Flask and Jinja along. mitmproxy parses what people type at its console with pyparsing; we have
none. Its UDP servers are a library of 8 MB; we listen for TCP. `sqlalchemy.ext.asyncio` imports the
ORM. `aiohttp` imports its client, of whose TLS settings two are made at once; we serve pages, and
need neither the proxies that urllib finds nor, before there is an error page, all entities of HTML.
`cryptography` can read SSH keys with passwords, hence bcrypt.
Together that is a sixth of a gateway's memory and a quarter of its start.

A light module is the real one, its code not yet run: that happens when somebody, such as a user's
script, asks for more than is declared here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import MappingProxyType, ModuleType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What is to be had from a module before its code has run."""

    submodules: bool = False  # whether any name may be a submodule's: the code rebinds none
    homes: Mapping[str, str] = field(default_factory=dict)  # names, and the submodules they are of
    functions: frozenset[str] = frozenset()  # handed out as stand-ins; calling one runs the code
    types: frozenset[str] = frozenset()  # stand-ins of which nothing is an instance: to annotate
    parts: Mapping[str, Light] = field(default_factory=dict)  # submodules that only the code makes
    has_version: bool = False  # whether its `__version__` is that of the package as installed


_MEANT: Final = frozenset({"__all__", "__version__"})  # by whoever asks for them

LIGHT: Final[Mapping[str, Light]] = MappingProxyType(
    {
        "aiohttp": Light(submodules=True, has_version=True),
        "bcrypt": Light(functions=frozenset({"kdf"})),
        "html": Light(functions=frozenset({"escape", "unescape"})),
        "mitmproxy.addons": Light(submodules=True),
        "mitmproxy.command_lexer": Light(functions=frozenset({"unquote"})),
        "mitmproxy_rs": Light(
            types=frozenset({"Stream"}),
            parts={
                "certs": Light(),
                "contentviews": Light(),
                "dns": Light(),
                "local": Light(),
                "process_info": Light(),
                "syntax_highlight": Light(),
                "tun": Light(),
                "udp": Light(types=frozenset({"UdpServer"})),
                "wireguard": Light(types=frozenset({"WireGuardServer"})),
            },
        ),
        "pyparsing": Light(),
        "service_identity": Light(),
        "sqlalchemy.ext.asyncio": Light(
            submodules=True,
            homes={
                "AsyncConnection": "engine",
                "AsyncEngine": "engine",
                "create_async_engine": "engine",
            },
        ),
        "urllib.request": Light(functions=frozenset({"getproxies", "proxy_bypass"})),
    }
)


def lighten(modules: Mapping[str, Light] = LIGHT) -> None:
    """Make these modules light; one that is imported already stays as it is."""
    for name, light in modules.items():
        if name not in sys.modules:
            _install(name, light)


def _install(name: str, light: Light) -> None:
    spec = find_spec(name)
    assert spec is not None, name
    module = module_from_spec(spec)
    run = _once(partial(_run, module))
    _enter(module, light, run)
    for part, how in light.parts.items():
        _enter(ModuleType(f"{name}.{part}"), how, run)


def _enter(module: ModuleType, light: Light, run: Callable[[], None]) -> None:
    name = module.__name__

    def find(attribute: str) -> object:
        early = _early(name, light, attribute, run)
        if early is not None:
            return early
        if attribute.startswith("__") and attribute not in _MEANT:
            raise AttributeError(attribute)  # what importlib and inspect ask of every module
        run()
        return _defined(name, attribute)

    for one in light.types:
        module.__dict__[one] = type(one, (), {"__module__": name})
    module.__dict__["__getattr__"] = find  # PEP 562: asked for names that the module lacks
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _early(name: str, light: Light, attribute: str, run: Callable[[], None]) -> object | None:
    if attribute in light.homes:
        found: object = getattr(import_module(f"{name}.{light.homes[attribute]}"), attribute)
        return found
    if attribute in light.functions:
        return _stand_in(name, attribute, run)
    if light.has_version and attribute == "__version__":
        return version(name)
    if light.submodules and find_spec(f"{name}.{attribute}") is not None:
        return import_module(f"{name}.{attribute}")
    return None


def _stand_in(module: str, name: str, run: Callable[[], None]) -> Callable[..., object]:
    def call(*args: object, **named: object) -> object:
        run()
        function: Callable[..., object] = vars(sys.modules[module])[name]
        return function(*args, **named)

    return call


def _once(work: Callable[[], None]) -> Callable[[], None]:
    # Another thread waits for the end, as it would at an import; the code itself may ask, too.
    lock, begun = RLock(), list[bool]()

    def run() -> None:
        with lock:
            if not begun:
                begun.append(True)
                work()

    return run


def _run(module: ModuleType) -> None:
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    module.__spec__.loader.exec_module(module)


def _defined(module: str, name: str) -> object:
    try:
        return vars(sys.modules[module])[name]  # the code may have put another module there
    except KeyError:
        raise AttributeError(f"module {module!r} has no attribute {name!r}") from None
