"""Find the roots that this machine and its user trust, and read certificates out of PEM files."""

from __future__ import annotations

import binascii
import contextlib
import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import certifi

from plexus.certs.variables import VARIABLES

# Where systems keep one file of all roots, should OpenSSL's own idea of it lead nowhere: Debian,
# Fedora, SUSE; Alpine, BSD and macOS; Homebrew on either kind of Mac.
_KNOWN_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
    "/usr/local/etc/ca-certificates/cert.pem",
)
# OpenSSL writes TRUSTED when data of its own follows the certificate (x509 -trustout).
_PEM: Final = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)"
    rb"-----END (?:TRUSTED |X509 )?CERTIFICATE-----"
)


def system_places() -> tuple[Path, ...]:
    """Return the files and folders of certifi's roots and of this machine's, where they exist."""
    # The compiled-in places, not what SSL_CERT_FILE of our own environment makes of them.
    defaults = ssl.get_default_verify_paths()
    places = (certifi.where(), defaults.openssl_cafile, defaults.openssl_capath, *_KNOWN_FILES)
    return tuple(path for path in map(Path, places) if path.exists())


def named_places(env: Mapping[str, str]) -> tuple[tuple[str, Path], ...]:
    """Return the files and folders of roots that an environment names, each with its variable."""
    named = [
        (variable.name, Path(value))
        for variable in VARIABLES
        if variable.holds in ("bundle", "added") and (value := env.get(variable.name))
    ]
    folders = filter(None, env.get("SSL_CERT_DIR", "").split(os.pathsep))
    return (*named, *(("SSL_CERT_DIR", Path(folder)) for folder in folders))


def windows_store() -> Iterator[bytes]:
    """Yield the roots in Windows' own store, as DER; elsewhere nothing."""
    enumerate_store = getattr(ssl, "enum_certificates", None)
    if enumerate_store is not None:
        yield from (der for der, encoding, _ in enumerate_store("ROOT") if encoding == "x509_asn")


def read_place(place: Path) -> Iterator[bytes]:
    """Yield the certificates, as DER, in a PEM file or in the files of a folder.

    Raise `OSError` if one cannot be read.
    """
    for path in sorted(place.iterdir()) if place.is_dir() else [place]:
        if path.is_file() or path == place:
            yield from _certificates(path.read_bytes())


def usable(certificates: Iterable[bytes]) -> Iterator[bytes]:
    """Yield those certificates that OpenSSL can read: it refuses a whole bundle for a bad one."""
    judge = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for der in certificates:
        with contextlib.suppress(ssl.SSLError, ValueError):
            judge.load_verify_locations(cadata=der)
            yield der


def _certificates(content: bytes) -> Iterator[bytes]:
    # Certificates and nothing else: a private key may lie in the same file.
    for block in _PEM.finditer(content):
        with contextlib.suppress(binascii.Error):  # no more usable than a bad certificate
            yield _first_element(binascii.a2b_base64(block[1]))


def _first_element(der: bytes) -> bytes:
    # X.690 §8.1.3: short form, or the number of length octets and then the length.
    if len(der) < 2 or der[1] < 0x80:
        return der
    octets = der[1] & 0x7F
    return der[: 2 + octets + int.from_bytes(der[2 : 2 + octets])]
