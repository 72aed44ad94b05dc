"""Let `plexus serve` import modules of large libraries without all that these import in turn.

`mitmproxy.addons` imports its thirty-odd addons, of which we run seven; the others bring LDAP,
Flask and Jinja along. `sqlalchemy.ext.asyncio` imports the ORM. mitmproxy parses what people type
at its console with pyparsing; we have none. `aiohttp` imports its client, of whose TLS settings two
are made at once; we serve pages. Together that is a sixth of a gateway's memory and a quarter of
its start. A light module is the real one, its code not yet run: that happens when
somebody, such as a user's script, asks for more than is declared here.
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
    has_version: bool = False  # whether its `__version__` is that of the package as installed


LIGHT: Final[Mapping[str, Light]] = MappingProxyType(
    {
        "aiohttp": Light(submodules=True, has_version=True),
        "anyio": Light(),
        "mitmproxy.addons": Light(submodules=True),
        "mitmproxy.command_lexer": Light(functions=frozenset({"unquote"})),
        "mitmproxy.utils.emoji": Light(),
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

    def find(attribute: str) -> object:
        early = _early(module, light, attribute, run)
        if early is not None:
            return early
        if attribute.startswith("__") and attribute != "__all__":
            raise AttributeError(attribute)  # what importlib and inspect ask of every module
        run()
        return _defined(module, attribute)

    module.__dict__["__getattr__"] = find  # PEP 562: asked for names that the module lacks
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _early(
    module: ModuleType, light: Light, attribute: str, run: Callable[[], None]
) -> object | None:
    name = module.__name__
    if attribute in light.homes:
        found: object = getattr(import_module(f"{name}.{light.homes[attribute]}"), attribute)
        return found
    if attribute in light.functions:
        return _stand_in(module, attribute, run)
    if light.has_version and attribute == "__version__":
        return version(name)
    if light.submodules and find_spec(f"{name}.{attribute}") is not None:
        return import_module(f"{name}.{attribute}")
    return None


def _stand_in(module: ModuleType, name: str, run: Callable[[], None]) -> Callable[..., object]:
    def call(*args: object, **named: object) -> object:
        run()
        function: Callable[..., object] = module.__dict__[name]
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


def _defined(module: ModuleType, name: str) -> object:
    try:
        return module.__dict__[name]
    except KeyError:
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None
