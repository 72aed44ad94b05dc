"""Give tools names that a provider takes, and find the client's own again in the answers.

No map is carried along: a changed name ends in a digest of what it was, so that the one tool of
the request with that digest is the one that was meant (wire-formats.md §7.4, "Name mapping").
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = 8  # of the digest
_NOT_WORD: Final = re.compile(r"[^A-Za-z0-9]")
_CUT_AT_LEAST: Final = 40  # characters of a long name that no dialect cuts off
_DIGESTED: Final = re.compile(r"(.+?)_+[0-9a-f]{6,16}")  # how a changed name ends


@dataclass(frozen=True, kw_only=True)
class NameRule:
    """Which names a provider takes: so many characters, of which the first may be limited more."""

    first: str  # as the inside of a regular expression's brackets
    others: str
    longest: int = 64

    def takes(self, name: str) -> bool:
        """Whether a name may stay as it is."""
        return self._pattern.fullmatch(name) is not None

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(f"[{self.first}][{self.others}]{{0,{self.longest - 1}}}")


# wire-formats.md §4.1 and §7.4
OPENAI: Final = NameRule(first="A-Za-z0-9_-", others="A-Za-z0-9_-")
GEMINI: Final = NameRule(first="A-Za-z_", others="A-Za-z0-9_.:-")


def legal_name(name: str, rule: NameRule) -> str:
    """Return `name` as `rule` has it; a legal one stays as it is.

    Names that had to be changed end in a digest of the original, so that two never meet.
    """
    if rule.takes(name):
        return name
    cleaned = re.sub(f"[^{rule.others}]", "_", name)
    if not re.match(f"[{rule.first}]", cleaned):
        cleaned = "_" + cleaned
    return f"{cleaned[: rule.longest - _DIGITS - 1]}_{_digest(name)}"


def original_name(name: str, known: Iterable[str]) -> str:
    """Return the tool that a model means by `name`, which some dialect may have had to change.

    Without exactly one likely tool among `known`, the name stays.
    """
    names = set(known)
    if name in names or not names:
        return name
    changed = [tool for tool in names if name.endswith("_" + _digest(tool))]
    if len(changed) == 1:
        return changed[0]
    wanted = _plain(name)
    likely = [tool for tool in names if _is_likely(_plain(tool), wanted)]
    return likely[0] if len(likely) == 1 else name


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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
