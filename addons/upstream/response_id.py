"""Find the id of a Responses answer in what the client gets: the next turn will refer to it."""

from __future__ import annotations

import re
from typing import Final

from plexus.transforms.dialects.openai_responses.origin import NAME

_ID: Final = re.compile(rb'"id"\s*:\s*"(resp_[A-Za-z0-9_-]+)"')
_HEAD: Final = 4096  # bytes; the id stands at the beginning


def response_id_in(data: bytes, dialect: str) -> str | None:
    """Return the id at the beginning of a Responses body or stream; `None` in other formats."""
    found = _ID.search(data, 0, _HEAD) if dialect == NAME else None
    return None if found is None else found.group(1).decode()
