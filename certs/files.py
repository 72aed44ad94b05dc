"""Put a file in place whole or not at all, also while other processes do the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plexus.transforms.errors import GatewayError, Kind


def publish(path: Path, content: bytes, *, mode: int) -> None:
    """Write `content` to `path` unless something is there already: the first process wins.

    Raise `GatewayError(INTERNAL)` naming the file if it cannot be written.
    """
    with _written(path, content, mode) as written:
        try:
            os.link(written, path)  # unlike a rename, it fails if the name is taken
        except FileExistsError:
            return
        except OSError:
            # A file system without hard links (exFAT, some mounts). The file still appears whole;
            # that the first of two processes wins is only near to certain here.
            if not path.exists():
                written.replace(path)


def replace(path: Path, content: bytes, *, mode: int) -> None:
    """Write `content` to `path`, whatever was there; readers see the old file or the new one.

    Raise `GatewayError(INTERNAL)` naming the file if it cannot be written.
    """
    with _written(path, content, mode) as written:
        written.replace(path)


def read(path: Path) -> bytes:
    """Return what is in a file. Raise `GatewayError(INTERNAL)` naming it if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise GatewayError(
            Kind.INTERNAL,
            f"cannot read {path}: {error.strerror}; let the user that Plexus runs as read it",
            where=str(path),
        ) from error


@contextmanager
def _written(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp's files are private to their owner
            file.write(content)
            file.flush()
            os.fsync(handle)
        temporary.chmod(mode)
        yield temporary
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> GatewayError:
    return GatewayError(
        Kind.INTERNAL,
        f"cannot write {path}: {error.strerror}; let the user that Plexus runs as write to "
        f"{path.parent}",
        where=str(path),
    )
