"""Make the ids that this format wants: of responses, of items, of calls.

All are derived from what they stand for, so a retry, a stream and a whole answer agree.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9_-]")
_MINTED: Final = "gw"  # no id of OpenAI's goes on like this: theirs are hexadecimal
IN_MINTED: Final = b"_gw"  # stands in the text of each
_LONGEST: Final = 40  # what the strictest peer takes (wire-formats.md §0)
_LONGEST_CALL: Final = 64  # Responses call ids and tool names (wire-formats.md §7.4)


def response_id(raw: str) -> str:
    """Return `raw` if it is an id of this format already, else one made from it."""
    if raw.startswith("resp_"):
        return raw
    if not raw:
        return "resp_0"
    plain = _ILLEGAL.sub("_", raw)
    if plain == raw and len(raw) <= _LONGEST - 5:
        return "resp_" + raw
    return f"resp_{plain[: _LONGEST - 5 - 9]}_{_digest(raw, 8)}"


def item_id(prefix: str, response: str, ordinal: int) -> str:
    """Return the id of the item at output index `ordinal`; `prefix` is msg, rs, fc, ctc or ig."""
    return f"{prefix}_{_MINTED}{_digest(response, 24)}_{ordinal}"


def is_minted(item: str) -> bool:
    """Whether an item id was made here, so that no provider can know it."""
    return item.partition("_")[2].startswith(_MINTED)


def call_id(raw: str) -> str:
    """Return a call id of at most 64 characters (dataplane.md §5.6, §5.8.3)."""
    if raw and len(raw) <= _LONGEST_CALL:
        return raw
    head, bar, _ = raw.partition("|")
    if bar and head.startswith("call_") and len(head) <= _LONGEST_CALL:
        return head
    return _shortened(raw or "call", _ILLEGAL)


def tool_name(raw: str) -> str:
    """Return a tool name that OpenAI takes: `[A-Za-z0-9_-]{1,64}`."""
    if raw and len(raw) <= _LONGEST_CALL and not _ILLEGAL.search(raw):
        return raw
    return _shortened(raw or "tool", _ILLEGAL)


def _shortened(raw: str, illegal: re.Pattern[str]) -> str:
    return f"{illegal.sub('_', raw)[:55]}_{_digest(raw, 8)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
