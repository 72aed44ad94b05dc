"""Find plug-ins: scan a package, take one named constant from each of its modules."""

from __future__ import annotations

import importlib
import pkgutil


def discover[T](package: str, attribute: str) -> dict[str, T]:
    """Return the constants `attribute` of all modules in `package`, keyed by their `name`.

    Annotate the result (`found: dict[str, Selector] = discover(…)`); that each constant is one is
    proven where it is defined. Raise `LookupError` for a module without the constant and for two
    that claim one name.
    """
    found: dict[str, T] = {}
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package}.{info.name}")
        plugin = getattr(module, attribute, None)
        if plugin is None:
            raise LookupError(f"{module.__name__} must end with a constant {attribute}")
        name = plugin.name
        if name in found:
            raise LookupError(f"{module.__name__}: the name {name!r} is taken")
        found[name] = plugin
    return found
