"""`plexus encrypt` seals a value for the configuration, `plexus rekey` changes the key."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Final, TextIO

from plexus.addons.assembly import database_url
from plexus.certs.sealer import PREFIX, Sealer
from plexus.config.environment import read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.upkeep import change_key

_MISSING: Final = "{} is not set; `openssl rand -hex 32` makes a key"
_MOVE: Final = "now start Plexus with the new key as ENCRYPTION_KEY"


def encrypt(env: Mapping[str, str], source: TextIO) -> int:
    """Print the sealed form of what is read from `source`; return the exit status.

    A newline at the end is not part of the value.
    """
    try:
        sealer = Sealer.of(read_environment(env).encryption_key)
    except ConfigError as error:
        return _fail(str(error))
    if not sealer.has_key:
        return _fail(_MISSING.format("ENCRYPTION_KEY"))
    value = source.read().removesuffix("\n").removesuffix("\r")
    if not value:
        return _fail("there is nothing to encrypt; pipe the value in: printf %s KEY | …")
    if value.startswith(PREFIX):
        return _fail("this value is encrypted already")
    print(sealer.seal(value))
    return 0


def rekey(env: Mapping[str, str]) -> int:
    """Seal the database anew under `NEW_ENCRYPTION_KEY`; return the exit status."""
    try:
        environment = read_environment(env)
        keys = {
            "ENCRYPTION_KEY": environment.encryption_key,
            "NEW_ENCRYPTION_KEY": environment.new_encryption_key,
        }
        missing = [name for name, key in keys.items() if key is None]
        if missing:
            return _fail(_MISSING.format(" and ".join(missing)))
        if environment.encryption_key == environment.new_encryption_key:
            return _fail("ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same")
        old, new = map(Sealer.of, keys.values())
        changed = asyncio.run(change_key(database_url(environment), old=old, new=new))
    except (ConfigError, StoreError) as error:
        return _fail(str(error))
    print(f"{changed} values encrypted anew; {_MOVE}")
    return 0


def _fail(message: str) -> int:
    print(f"plexus: {message}", file=sys.stderr)
    return 1
