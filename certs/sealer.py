"""Seal secrets for storage: AES-256-GCM under the key of `ENCRYPTION_KEY` (controlplane.md §7)."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX: Final = "enc:v1:"
PREFIX_BYTES: Final = PREFIX.encode()

_RAW_KEY: Final = re.compile(r"[0-9a-fA-F]{64}")
_SALT: Final = b"plexus-encryption-key-derivation"
_IV: Final = 12  # bytes
_TAG: Final = 16  # bytes
_TEXT: Final = re.compile(r"enc:v1:([0-9a-fA-F]{24}):([0-9a-fA-F]{32}):((?:[0-9a-fA-F]{2})*)")


class SealError(Exception):
    """A sealed value cannot be opened; the message never holds any of it."""


def derive_key(text: str) -> bytes:
    """Return the 32 bytes of a key: 64 hex digits are the key, anything else is stretched."""
    if _RAW_KEY.fullmatch(text):
        return bytes.fromhex(text)
    return hashlib.scrypt(
        text.encode(), salt=_SALT, n=16384, r=8, p=1, maxmem=64 * 1024 * 1024, dklen=32
    )


def is_sealed(value: str | bytes) -> bool:
    """Whether a stored value bears the mark of a sealed one."""
    if isinstance(value, str):
        return value.startswith(PREFIX)
    return value.startswith(PREFIX_BYTES)


class Sealer:
    """Seals and opens; without a key everything is left as it is.

    Empty values stay empty, and what bears the mark of a sealed value is not sealed again: whoever
    takes in free text must refuse that beginning. JSON never has it.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._cipher: Final = None if key is None else AESGCM(key)

    @classmethod
    def of(cls, text: str | None) -> Sealer:
        """Make one from what `ENCRYPTION_KEY` says; blank is no key. Stretching takes 50 ms."""
        text = "" if text is None else text.strip()
        return cls(derive_key(text) if text else None)

    @property
    def has_key(self) -> bool:
        """Whether anything is sealed at all."""
        return self._cipher is not None

    def seal(self, text: str) -> str:
        """Return `enc:v1:<iv>:<tag>:<ciphertext>`, in hex."""
        if self._cipher is None or not text or is_sealed(text):
            return text
        iv, sealed = _encrypt(self._cipher, text.encode())
        return f"{PREFIX}{iv.hex()}:{sealed[-_TAG:].hex()}:{sealed[:-_TAG].hex()}"

    def open(self, text: str) -> str:
        """Return the plain text; raise `SealError`."""
        if not is_sealed(text):
            return text
        found = _TEXT.fullmatch(text)
        if found is None:
            raise SealError("a sealed value is damaged: it is not enc:v1:<iv>:<tag>:<ciphertext>")
        iv, tag, ciphertext = (bytes.fromhex(part) for part in found.groups())
        return _decrypt(self._cipher, iv, ciphertext + tag).decode()

    def seal_bytes(self, data: bytes) -> bytes:
        """Return the same for binary columns: the mark, IV, tag and ciphertext, not in hex."""
        if self._cipher is None or not data or is_sealed(data):
            return data
        iv, sealed = _encrypt(self._cipher, data)
        return b"".join((PREFIX_BYTES, iv, sealed[-_TAG:], sealed[:-_TAG]))

    def open_bytes(self, data: bytes) -> bytes:
        """Return the plain bytes; raise `SealError`."""
        if not is_sealed(data):
            return data
        iv_end = len(PREFIX_BYTES) + _IV
        iv, tag = data[len(PREFIX_BYTES) : iv_end], data[iv_end : iv_end + _TAG]
        if len(tag) < _TAG:
            raise SealError("a sealed value is damaged: it is too short")
        return _decrypt(self._cipher, iv, data[iv_end + _TAG :] + tag)


def _encrypt(cipher: AESGCM, data: bytes) -> tuple[bytes, bytes]:
    iv = os.urandom(_IV)
    return iv, cipher.encrypt(iv, data, None)


def _decrypt(cipher: AESGCM | None, iv: bytes, sealed: bytes) -> bytes:
    if cipher is None:
        raise SealError("a value is encrypted, but ENCRYPTION_KEY is not set")
    try:
        return cipher.decrypt(iv, sealed, None)
    except InvalidTag as exc:
        raise SealError(
            "a value cannot be decrypted: it was sealed with another ENCRYPTION_KEY, or damaged"
        ) from exc
