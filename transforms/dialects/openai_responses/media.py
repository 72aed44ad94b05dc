"""Read and print data URLs, and tell a file's type from its first bytes."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

_DATA_URL: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?);base64,", re.IGNORECASE)
_SNIFFED: Final = 32  # base64 characters, 24 bytes: enough for every signature below

_SIGNATURES: Final = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)


def split_data_url(url: str) -> tuple[str | None, str] | None:
    """Return type and base64 text of a data URL, without parameters; `None` for another URL."""
    found = _DATA_URL.match(url)
    if found is None:
        return None
    return found.group(1).lower() or None, url[found.end() :]


def data_url(mime: str, data: str) -> str:
    """Return the data URL of base64 text."""
    return f"data:{mime};base64,{data}"


def sniff(data: str) -> str | None:
    """Return the media type of base64 text, or `None` if its first bytes do not tell."""
    try:
        head = base64.b64decode(data[:_SNIFFED], validate=True)
    except (binascii.Error, ValueError):
        return None
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    return next((mime for magic, mime in _SIGNATURES if head.startswith(magic)), None)
