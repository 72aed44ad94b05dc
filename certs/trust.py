"""What makes a program trust our CA and call through us, with nothing changed system-wide.

`SSL_CERT_FILE` and its kin replace a program's own roots, so the file they name must hold all that
the program would have trusted without us: the public roots, the machine's and the company's.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from plexus.certs import files, roots
from plexus.certs.variables import VARIABLES, Variable
from plexus.transforms.errors import GatewayError, Kind

NO_PROXY: Final = ("NO_PROXY", "no_proxy")
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

_PARENTS_PROXY: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def write_bundle(
    target: Path,
    added: Sequence[Path],
    env: Mapping[str, str],
    *,
    system: Iterable[Path] | None = None,
) -> Path:
    """Write all roots into one PEM file and return its path: `added`, certifi's, system's, `env`'s.

    `system` are files and folders of PEM certificates, by default this machine's. The file is
    `target`; if `env` adds roots to these, it lies beside `target` and its name tells which, so
    that no other environment's takes its place. It is replaced whole, and only if its content
    changes. Raise `GatewayError(INTERNAL)` if one of `added` holds no certificate or the file
    cannot be written; other sources may be missing, and `child_notes` tells of those that the user
    has named.
    """
    found: dict[bytes, None] = {}
    for place in added:
        found |= dict.fromkeys(_required(place))
    found |= dict.fromkeys(roots.windows_store())
    found |= _all_of(roots.system_places() if system is None else system)
    extra = _all_of(place for _, place in roots.named_places(env)).keys() - found.keys()
    own = sorted(roots.usable(extra))
    content = "".join(map(ssl.DER_cert_to_PEM_cert, (*roots.usable(found), *own))).encode()
    path = _path_for(target, own)
    if not path.exists() or files.read(path) != content:
        files.replace(path, content, mode=0o644)
    return path


def child_environment(
    env: Mapping[str, str], proxy_url: str, ca_path: Path, bundle_path: Path
) -> dict[str, str]:
    """Return the variables to set on top of `env` so that a child uses the proxy and trusts the CA.

    `ca_path` is our CA's certificate, `bundle_path` what `write_bundle` made with it. Plain http is
    left alone: no provider speaks it, and the parent's `HTTP_PROXY` stays in force for it.
    """
    ours = {"proxy": proxy_url, "bundle": str(bundle_path), "added": str(ca_path), "1": "1"}
    changes = {variable.name: ours[variable.holds] for variable in VARIABLES}
    for variable in VARIABLES:
        if variable.holds == "added" and _has_other(env, variable, ca_path):
            changes[variable.name] = str(bundle_path)
    return {**changes, **dict.fromkeys(NO_PROXY, ",".join(_exempt(env)))}


def child_notes(
    env: Mapping[str, str], proxy_url: str, hosts: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return what the user of `child_environment` should be told.

    That is: a proxy of the parent's that the child's calls no longer take, the intercepted hosts
    among `hosts` that `NO_PROXY` exempts, and files of roots that are named but not there.
    """
    return (
        *_bypassed_proxies(env, proxy_url),
        *_bypassing_hosts(_exempt(env), hosts),
        *(
            f"{name} names {place}, which cannot be read: no roots are taken from it"
            for name, place in roots.named_places(env)
            if not _is_readable(place)
        ),
    )


def _all_of(places: Iterable[Path]) -> dict[bytes, None]:
    return dict.fromkeys(der for place in dict.fromkeys(places) for der in _optional(place))


def _path_for(target: Path, own: Sequence[bytes]) -> Path:
    if not own:
        return target
    mark = hashlib.sha256(b"".join(own)).hexdigest()[:12]
    return target.with_name(f"{target.stem}-{mark}{target.suffix}")


def _required(place: Path) -> list[bytes]:
    files.read(place)
    found = list(roots.usable(roots.read_place(place)))
    if not found:
        raise GatewayError(
            Kind.INTERNAL,
            f"{place} holds no certificate that can be read; it must be a PEM file",
            where=str(place),
        )
    return found


def _optional(place: Path) -> list[bytes]:
    try:
        return list(roots.read_place(place))
    except OSError:
        return []  # a client would not have found roots there either


def _is_readable(place: Path) -> bool:
    try:
        next(roots.read_place(place), None)
    except OSError:
        return False
    return True


def _has_other(env: Mapping[str, str], variable: Variable, ours: Path) -> bool:
    return env.get(variable.name, "") not in ("", str(ours))


def _exempt(env: Mapping[str, str]) -> tuple[str, ...]:
    listed = ",".join(env.get(name, "") for name in NO_PROXY).split(",")
    entries = [entry.strip() for entry in (*listed, *LOOPBACK)]
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def _bypassed_proxies(env: Mapping[str, str], proxy_url: str) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for name in _PARENTS_PROXY:
        if (url := env.get(name)) and url != proxy_url:
            names.setdefault(url, name)  # both spellings mostly say the same: one note
    return tuple(
        f"{name} names the proxy {_without_secrets(url)}: the child's calls go to Plexus instead, "
        "and Plexus connects to the providers directly"
        for url, name in names.items()
    )


def _without_secrets(url: str) -> str:
    authority = url.partition("://")[2] or url
    return authority.rpartition("@")[2].partition("/")[0]


def _bypassing_hosts(exempt: tuple[str, ...], hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        f"NO_PROXY holds {entry}, so calls to {host} do not go through Plexus"
        for host in hosts
        for entry in exempt
        if _covers(entry, host)
    )


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True
    suffix = entry.partition(":")[0].removeprefix("*").removeprefix(".").lower()
    return suffix != "" and f".{host.lower()}".endswith(f".{suffix}")
