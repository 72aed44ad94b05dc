"""Our own certificate authority: made once, then loaded, in the files that mitmproxy looks for.

The directory is what mitmproxy calls `confdir`. It reads the key and the certificate from
`mitmproxy-ca.pem` and signs every leaf with that one key, which is why it is an EC key: signing
takes a tenth of RSA's time, and every TLS 1.2 client knows P-256. `mitmproxy-dhparam.pem` stands
ready too, because mitmproxy would write it in place, half a file to anyone reading meanwhile.
"""

from __future__ import annotations

import os
import platform
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dh, ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    ParameterFormat,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from plexus.certs import files
from plexus.transforms.errors import GatewayError, Kind

KEY_FILE: Final = "mitmproxy-ca.pem"  # the private key, then its certificate
CERT_FILE: Final = "ca.pem"  # the certificate alone: what others are to trust
DH_FILE: Final = "mitmproxy-dhparam.pem"

_VALID: Final = timedelta(days=3650)
_BACKDATED: Final = timedelta(days=2)  # for clients whose clock is slow
_SOON: Final = timedelta(days=30)

type _CaKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The CA on disk: `directory` for mitmproxy, `certificate` for those who are to trust us."""

    directory: Path
    certificate: Path
    subject: str  # its common name
    fingerprint: str  # SHA-256 in the notation of browsers: AB:CD:…
    not_after: datetime
    notes: tuple[str, ...] = ()  # what the operator should know


def load_or_create(directory: Path, *, now: datetime, host: str | None = None) -> Authority:
    """Load the CA in `directory`, making it if there is none; safe in many processes at once.

    `host` stands in a new CA's name, by default this machine's name. Raise `GatewayError(INTERNAL)`
    naming the file and the remedy if one is damaged or the CA has expired: no file that exists is
    ever overwritten.
    """
    key_file = directory / KEY_FILE
    if not key_file.exists():
        files.publish(key_file, _new(platform.node() if host is None else host, now), mode=0o600)
    certificates = _load(key_file, now)
    _provide_copy(directory / CERT_FILE, certificates)
    if not (directory / DH_FILE).exists():
        files.publish(directory / DH_FILE, _dh_parameters(), mode=0o644)
    return Authority(
        directory=directory,
        certificate=directory / CERT_FILE,
        subject=_common_name(certificates[0]),
        fingerprint=certificates[0].fingerprint(hashes.SHA256()).hex(":").upper(),
        not_after=certificates[0].not_valid_after_utc,
        notes=_notes(key_file, certificates[0], now),
    )


def _new(host: str, now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    # The random part keeps a later CA of this machine apart: two of one name confuse trust stores.
    identity = " ".join(filter(None, (host[:32], secrets.token_hex(4))))
    certificate = _self_signed(key, f"Plexus CA ({identity})", now)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(), True),
        # Whoever steals the key cannot sign programs or mail with it.
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        # Python 3.13 verifies strictly (RFC 5280 §4.2.1.2): no CA without this.
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _VALID)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _load(key_file: Path, now: datetime) -> list[x509.Certificate]:
    content = files.read(key_file)
    key = _private_key(key_file, content)
    certificates = _certificates(key_file, content)
    if certificates[0].public_key() != key.public_key():
        raise _unusable(key_file, "its certificate does not belong to its private key")
    if not _may_sign(certificates[0]):
        raise _unusable(key_file, "its certificate is not that of a certificate authority")
    _check_dates(key_file, certificates[0], now)
    return certificates


def _private_key(path: Path, content: bytes) -> _CaKey:
    try:
        key = load_pem_private_key(content, None)
    except TypeError as error:
        raise _unusable(path, "its private key is protected by a passphrase") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "it holds no readable private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _unusable(path, "its private key is neither an EC nor an RSA key")
    return key


def _certificates(path: Path, content: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise _unusable(path, "it holds no readable certificate") from error


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        extensions = certificate.extensions
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except (x509.ExtensionNotFound, ValueError):
        return False


def _check_dates(path: Path, certificate: x509.Certificate, now: datetime) -> None:
    if now >= certificate.not_valid_after_utc:
        raise _unusable(path, f"the CA expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if now < certificate.not_valid_before_utc:
        since = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
        raise _unusable(path, f"the CA is not valid before {since}; check this machine's clock")


def _unusable(path: Path, what: str) -> GatewayError:
    return GatewayError(
        Kind.INTERNAL,
        f"{path} cannot be used: {what}. Restore the file from a backup, or move it and "
        f"{path.parent / CERT_FILE} away and start again: that makes a new CA, which your "
        "programs must then be told to trust",
        where=str(path),
    )


def _provide_copy(path: Path, certificates: list[x509.Certificate]) -> None:
    if not path.exists():
        public = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
        files.publish(path, public, mode=0o644)
    try:
        same = x509.load_pem_x509_certificates(files.read(path)) == certificates
    except ValueError:
        same = False
    if not same:
        raise GatewayError(
            Kind.INTERNAL,
            f"{path} is not the certificate in {path.parent / KEY_FILE}, or it is damaged; move "
            "it away and start again: it is then written anew",
            where=str(path),
        )


def _notes(key_file: Path, certificate: x509.Certificate, now: datetime) -> tuple[str, ...]:
    notes: list[str] = []
    if os.name == "posix" and key_file.stat().st_mode & 0o077:
        notes.append(f"other users may read the CA's private key: chmod 600 {key_file}")
    if certificate.not_valid_after_utc - now < _SOON:
        notes.append(
            f"the CA in {key_file} expires on {certificate.not_valid_after_utc:%Y-%m-%d}: move it "
            f"and {CERT_FILE} away for a new one, and have that trusted"
        )
    return tuple(notes)


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _dh_parameters() -> bytes:
    parameters = dh.DHParameterNumbers(_ffdhe2048(), 2).parameters()
    return parameters.parameter_bytes(Encoding.PEM, ParameterFormat.PKCS3)


def _ffdhe2048() -> int:
    # RFC 7919 §A.1 defines the prime by this formula; `e` is Euler's number.
    return 2**2048 - 2**1984 + (_e_times_two_to(1918) + 560316) * 2**64 - 1


def _e_times_two_to(bits: int) -> int:
    # The series of 1/k! in fixed point, with bits to spare for what each division cuts off.
    term = total = 1 << (bits + 64)
    divisor = 1
    while term:
        term //= divisor
        total += term
        divisor += 1
    return total >> 64
