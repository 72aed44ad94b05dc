"""Certificates for the tests of `certs/`: authorities and leaves, whole or with a flaw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

NOW = datetime.now(UTC).replace(microsecond=0)

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(
    name: str = "CN=Acme Root",
    key: Key | None = None,
    *,
    ca: bool = True,
    signs: bool | None = True,
) -> x509.Certificate:
    """Return a self-signed certificate for a year; `signs=None`: it does not say for what."""
    key = key or ec_key()
    subject = x509.Name.from_rfc4514_string(name)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=bool(signs), crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if signs is not None:
        builder = builder.add_extension(usage, critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm)


def pem(*parts: x509.Certificate | Key, passphrase: bytes | None = None) -> bytes:
    """Return keys and certificates in PEM, one after the other."""
    return b"".join(_pem(part, passphrase) for part in parts)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _pem(part: x509.Certificate | Key, passphrase: bytes | None) -> bytes:
    if isinstance(part, x509.Certificate):
        return part.public_bytes(Encoding.PEM)
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return part.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
