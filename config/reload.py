"""Keep the configuration in force, and exchange it whole when its file changes."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from watchfiles import watch

from plexus.config.describe import difference, summary
from plexus.config.environment import Environment
from plexus.config.load import Inputs, file_exists, load, load_text
from plexus.config.problems import ConfigError, Problem
from plexus.config.schema.section import SELECTORS
from plexus.config.snapshot import Snapshot
from plexus.config.yaml_file import read_text

type Listener = Callable[[Snapshot, Snapshot], None]

DEBOUNCE_MS: Final = 100  # of quiet, after which a burst of changes counts as over
_LONGEST_BURST_MS: Final = 2000
POLL_S: Final = 0.5  # where no change is ever reported (bind mounts); also how long a stop may take

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
        """Follow the file until `stop` is set, however it is replaced: edit, rename, link swap."""
        async for _ in self._signals(stop):
            if await asyncio.to_thread(_fingerprint, self._inputs.file) == self._seen:
                continue
            ticket = next(self._tickets)
            self._apply(ticket, await asyncio.to_thread(self._read))

    async def _signals(self, stop: asyncio.Event) -> AsyncIterator[None]:
        # The folder is watched, because editors, Kubernetes and Docker replace the file itself.
        yield  # something may have happened between the start and now
        while not stop.is_set():
            try:
                async for _ in self._reports(stop):
                    yield
            except OSError as error:
                _log.debug(
                    "the folder cannot be watched, looking every %s s: %s", self._poll_s, error
                )
                await _wait(stop, self._poll_s)
                yield

    async def _reports(self, stop: asyncio.Event) -> AsyncIterator[None]:
        # `awatch` would do the same by way of anyio: another 1.5 MB for a thread that waits.
        end = _End(stop)
        changes = watch(
            self._inputs.file.parent,
            watch_filter=None,
            debounce=_LONGEST_BURST_MS,
            step=DEBOUNCE_MS,
            stop_event=end,
            rust_timeout=int(self._poll_s * 1000),
            yield_on_timeout=True,
            recursive=False,
        )
        try:
            while await asyncio.to_thread(next, changes, None) is not None:
                yield
        finally:
            end.has_come = True  # the thread does not outlive who waits for it

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


class _End:
    # When a thread is to stop watching: with everything, or because nobody waits for it any more.
    def __init__(self, everything: asyncio.Event) -> None:
        self.has_come = False
        self._everything = everything

    def is_set(self) -> bool:
        return self.has_come or self._everything.is_set()


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
