"""Keep the configuration in force, and exchange it whole when its file changes."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from plexus.config.describe import difference, summary
from plexus.config.environment import Environment
from plexus.config.load import Inputs, file_exists, load, load_text
from plexus.config.problems import ConfigError, Problem
from plexus.config.schema.section import SELECTORS
from plexus.config.snapshot import Snapshot
from plexus.config.yaml_file import read_text

type Listener = Callable[[Snapshot, Snapshot], None]

QUIET_S: Final = 0.1  # after which a burst of changes counts as over
POLL_S: Final = 0.25  # between two looks at the file

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Another configuration is in force now."""

    old: Snapshot
    new: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The configuration in force is what the file says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The file cannot be used; the configuration of before stays in force."""

    problems: tuple[Problem, ...]


type Outcome = Changed | Unchanged | Rejected


class ConfigHolder:
    """Owns which snapshot is in force. A call takes `current` once and keeps it to its end."""

    def __init__(self, inputs: Inputs, current: Snapshot, *, poll_s: float = POLL_S) -> None:
        self.current = current
        self.problems: tuple[Problem, ...] = ()  # why the file is not in force, if it is not
        self._inputs = inputs
        self._poll_s = poll_s
        self._listeners: list[Listener] = []
        self._tickets = itertools.count(1)
        self._applied = 0
        self._seen = ""
        self._uses_file = inputs.is_named or file_exists(inputs.file)

    @classmethod
    def open(
        cls,
        path: Path | None,
        environment: Environment,
        env: Mapping[str, str],
        *,
        selectors: tuple[str, ...] = SELECTORS,
        poll_s: float = POLL_S,
    ) -> Self:
        """Load the configuration that Plexus starts with; raise `ConfigError` if it is unusable.

        Its warnings are the caller's to show; only what a later change brings is logged from here.
        """
        inputs = Inputs(path=path, environment=environment, env=env, selectors=selectors)
        seen = _fingerprint(inputs.file)
        current = load(path, environment, env, selectors=selectors)
        holder = cls(inputs, current, poll_s=poll_s)
        holder._seen = seen
        _log.info("configuration: %s", summary(holder.current))
        return holder

    def on_change(self, listener: Listener) -> None:
        """Have `listener(old, new)` called after each exchange; it must return quickly."""
        self._listeners.append(listener)

    def reload(self) -> Outcome:
        """Read the file now, whatever has been seen of it; the result is in force on return."""
        ticket = next(self._tickets)
        return self._apply(ticket, self._read())

    async def watch(self, stop: asyncio.Event) -> None:
        """Follow the file until `stop` is set, however it is replaced: edit, rename, link swap.

        It is looked at again and again, and taken when two looks agree. To be told of changes one
        has to watch the file's folder, for the file is often replaced; where the ledger lies beside
        it, each of its writes would be told, too.
        """
        last = self._seen
        while not stop.is_set():
            found = await asyncio.to_thread(_fingerprint, self._inputs.file)
            if found == last != self._seen:  # the same twice: whoever wrote it is done
                ticket = next(self._tickets)
                self._apply(ticket, await asyncio.to_thread(self._read))
            await _wait(stop, self._poll_s if found == last else QUIET_S)
            last = found

    def _read(self) -> Snapshot | ConfigError | None:
        # None: there is no file, and there never was one.
        file = self._inputs.file
        self._seen = _fingerprint(file)
        if not self._uses_file and not file_exists(file):
            return None
        try:
            return load_text(read_text(file), self._inputs)
        except ConfigError as error:
            return error

    def _apply(self, ticket: int, found: Snapshot | ConfigError | None) -> Outcome:
        if ticket < self._applied:  # somebody read the file later and was quicker
            self._seen = ""  # or earlier, after all: it is looked at again
            return Unchanged()
        self._applied = ticket
        if isinstance(found, ConfigError):
            self.problems = found.problems
            _log.error("the configuration of before stays in force. %s", found)
            return Rejected(problems=found.problems)
        if self.problems:
            _log.info("the configuration file is valid again")
        self.problems = ()
        if found is None or found.version == self.current.version:
            return Unchanged()
        return self._exchange(found)

    def _exchange(self, new: Snapshot) -> Changed:
        old, self.current = self.current, new
        self._uses_file = True
        _log.info("configuration changed: %s", difference(old, new))
        _log_warnings(old.warnings, new.warnings)
        for listener in self._listeners:
            try:
                listener(old, new)
            except Exception:  # one listener's bug must not keep the others from the change
                _log.exception("a listener failed on a configuration change")
        return Changed(old=old, new=new)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def _fingerprint(path: Path) -> str:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        return type(error).__name__


def _log_warnings(known: tuple[str, ...], now: tuple[str, ...]) -> None:
    for warning in now:
        if warning not in known:
            _log.warning("configuration: %s", warning)
