"""Make what Gemini leaves out or insists on: call ids, legal names, well-formed signatures."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

_LEGAL_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")  # wire-formats.md §4.1
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9_.:-]")
_NOT_WORD: Final = re.compile(r"[^A-Za-z0-9]")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_NAME_LENGTH: Final = 64
_CUT_AT_LEAST: Final = 40  # characters of a long name that no dialect cuts off
_DIGESTED: Final = re.compile(r"(.+?)_+[0-9a-f]{6,16}")  # how a changed name ends


def call_id(response: str, candidate: int, ordinal: int, words: str = "") -> str:
    """Return the id of a call that came without one: the same for the same call at every attempt.

    `words` (name and arguments) tell calls apart when the response bears no id either. 29
    characters (wire-formats.md §7.4, edge case 57).
    """
    seed = f"{response}\n{candidate}\n{ordinal}\n{'' if response else words}"
    return "call_" + _digest(seed, 24)


def legal_name(name: str) -> str:
    """Return `name` as a function name that Gemini takes; a legal one stays as it is.

    Names that had to be changed end in a digest of the original, so that two never meet.
    """
    if _LEGAL_NAME.fullmatch(name):
        return name
    cleaned = _ILLEGAL.sub("_", name)
    if not re.match(r"[A-Za-z_]", cleaned):
        cleaned = "_" + cleaned
    return f"{cleaned[: _NAME_LENGTH - 9]}_{_digest(name, 8)}"


def original_name(name: str, known: Iterable[str]) -> str:
    """Return the tool that a model means by `name`, which another dialect may have had to change.

    Without exactly one likely tool among `known`, the name stays.
    """
    names = set(known)
    if name in names or not names:
        return name
    wanted = _plain(name)
    likely = [tool for tool in names if _is_likely(_plain(tool), wanted)]
    return likely[0] if len(likely) == 1 else name


def is_signature(data: str) -> bool:
    """Whether `data` can be a thought signature: base64, padded (dataplane.md §5.5)."""
    return len(data) % 4 == 0 and _BASE64.fullmatch(data) is not None


def _is_likely(tool: str, wanted: str) -> bool:
    if tool == wanted:
        return True
    changed = _DIGESTED.fullmatch(wanted)
    if changed is None:
        return False
    stem = changed.group(1).lstrip("_")
    tool = tool.lstrip("_")
    return tool == stem or (len(stem) >= _CUT_AT_LEAST and tool.startswith(stem))


def _plain(name: str) -> str:
    return _NOT_WORD.sub("_", name)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
