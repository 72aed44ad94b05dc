"""Read a YAML file into plain values, with the line of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from plexus.config.problems import At, ConfigError, Problem
from plexus.config.yaml_build import Builder
from plexus.transforms.wire import JsonObject

MAX_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's content; `marks` has the line and column (from 1) of every value."""

    value: JsonObject
    marks: Mapping[At, tuple[int, int]]

    def mark(self, at: At) -> tuple[int, int] | None:
        """Return the line and column of `at`, or of the nearest thing around it."""
        for length in range(len(at), -1, -1):
            if (mark := self.marks.get(at[:length])) is not None:
                return mark
        return None


def read_text(path: Path) -> str:
    """Return a file's text without a byte order mark; raise `ConfigError` saying what is amiss."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError([_unreadable(path, error)], source=str(path)) from error
    if len(data) > MAX_BYTES:
        problem = Problem(at=(), message=f"is larger than {MAX_BYTES // 2**20} MiB")
        raise ConfigError([problem], source=str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(at=(), message="is not UTF-8 text", remedy="save it as UTF-8")
        raise ConfigError([problem], source=str(path)) from error


def parse(text: str) -> Document:
    """Parse YAML text whose top level is a mapping; raise `ConfigError` with line and column."""
    builder = Builder(YAML(typ="safe", pure=True).parse(text))
    try:
        value = builder.document()
    except YAMLError as error:
        raise ConfigError([*builder.problems, _syntax_problem(error, text)]) from error
    if value is None:
        value = {}
    if not isinstance(value, dict):
        message = "must be a mapping of sections such as providers: and models:"
        raise ConfigError([*builder.problems, Problem(at=(), message=message)])
    if builder.problems:
        raise ConfigError(builder.problems)
    return Document(value=value, marks=builder.marks)


def _unreadable(path: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem(at=(), message="does not exist", remedy="create it or name another file")
    if path.is_dir():
        return Problem(
            at=(),
            message="is a directory, not a file",
            remedy="Docker makes one where the host path of a bind mount is missing: "
            "remove it, create the file, start again",
        )
    return Problem(at=(), message=f"cannot be read: {error.strerror}")


def _syntax_problem(error: YAMLError, text: str) -> Problem:
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(at=(), message="holds a control character", line=line, column=1)
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    message = str(getattr(error, "problem", None) or "is not valid YAML")
    if mark is None:
        return Problem(at=(), message=message)
    return Problem(
        at=(),
        message=message,
        remedy=_syntax_remedy(message, text.splitlines(), mark.line),
        line=mark.line + 1,
        column=mark.column + 1,
    )


def _syntax_remedy(message: str, lines: list[str], line: int) -> str:
    if "\\t" in message:
        return "indent with spaces"
    if line < len(lines) and "${" in lines[line]:
        return 'inside { } and [ ], put quotes around "${NAME}"'
    return ""
