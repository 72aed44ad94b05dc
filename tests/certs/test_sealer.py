"""Sealed values: the documented form, any change found out, nothing without a key."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from plexus.certs.sealer import PREFIX, Sealer, SealError, derive_key, is_sealed

RAW = "00112233445566778899aabbccddeeff" * 2
SEALER = Sealer(derive_key(RAW))


def test_64_hex_digits_are_the_key_itself() -> None:
    assert derive_key(RAW) == bytes.fromhex(RAW)
    assert derive_key(RAW.upper()) == bytes.fromhex(RAW)


@pytest.mark.parametrize("text", ["correct horse", RAW[:-1], RAW + "0", "g" * 64])
def test_anything_else_is_stretched_to_32_bytes(text: str) -> None:
    assert len(derive_key(text)) == 32
    assert derive_key(text) != text.encode()[:32]


def test_a_password_gives_the_key_that_scrypt_gives_for_it() -> None:
    # scrypt, N=16384, r=8, p=1, salt "plexus-encryption-key-derivation" (controlplane.md §7),
    # computed with OpenSSL's own command.
    known = "15c73f1e2303844f2cb4d9dd4edd1044186a24d6f87c98004df99080c7d31ed6"
    assert derive_key("correct horse").hex() == known


def test_a_value_sealed_by_others_in_the_documented_form_is_opened() -> None:
    iv = bytes(range(12))
    sealed = AESGCM(bytes.fromhex(RAW)).encrypt(iv, b"sk-secret", None)
    text = f"enc:v1:{iv.hex()}:{sealed[-16:].hex()}:{sealed[:-16].hex()}"
    assert SEALER.open(text) == "sk-secret"
    assert SEALER.open(text.upper().replace("ENC:V1", "enc:v1")) == "sk-secret"


def test_a_known_answer_of_nist_is_met() -> None:
    # NIST GCM test case 13's key and IV, with an empty text: the tag alone.
    sealer = Sealer(bytes(32))
    assert sealer.open(f"enc:v1:{'00' * 12}:530f8afbc74536b9a963b4f1c4cb738b:") == ""


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    assert SEALER.open(SEALER.seal(text)) == text


@given(st.binary())
def test_all_bytes_come_back(data: bytes) -> None:
    assert SEALER.open_bytes(SEALER.seal_bytes(data)) == data


def test_two_sealings_of_one_value_differ() -> None:
    assert SEALER.seal("same") != SEALER.seal("same")
    assert SEALER.seal_bytes(b"same") != SEALER.seal_bytes(b"same")


def test_a_sealed_value_is_not_sealed_again() -> None:
    text, data = SEALER.seal("once"), SEALER.seal_bytes(b"once")
    assert SEALER.seal(text) == text
    assert SEALER.seal_bytes(data) == data
    assert is_sealed(text)
    assert is_sealed(data)


def test_empty_values_stay_empty() -> None:
    assert SEALER.seal("") == ""
    assert SEALER.seal_bytes(b"") == b""


@pytest.mark.parametrize("at", range(len("enc:v1:"), 7 + 24 + 1 + 32 + 1 + 8))
def test_a_change_anywhere_in_a_text_is_found_out(at: int) -> None:
    text = SEALER.seal("four")
    changed = "0" if text[at] != "0" else "1"
    with pytest.raises(SealError):
        SEALER.open(text[:at] + changed + text[at + 1 :])


@pytest.mark.parametrize("at", range(7, 7 + 12 + 16 + 4))
def test_a_change_anywhere_in_bytes_is_found_out(at: int) -> None:
    data = bytearray(SEALER.seal_bytes(b"four"))
    data[at] ^= 1
    with pytest.raises(SealError):
        SEALER.open_bytes(bytes(data))


def test_another_key_opens_nothing_and_its_error_tells_no_secret() -> None:
    text = SEALER.seal("sk-secret")
    with pytest.raises(SealError, match="another ENCRYPTION_KEY") as caught:
        Sealer(derive_key("other")).open(text)
    assert text[7:20] not in str(caught.value)


def test_without_a_key_values_stay_as_they_are() -> None:
    sealer = Sealer.of("  ")
    assert not sealer.has_key
    assert sealer.seal("plain") == "plain"
    assert sealer.open("plain") == "plain"
    assert sealer.seal_bytes(b"plain") == b"plain"


def test_without_a_key_a_sealed_value_is_refused() -> None:
    with pytest.raises(SealError, match="ENCRYPTION_KEY is not set"):
        Sealer().open(SEALER.seal("x"))
    with pytest.raises(SealError, match="ENCRYPTION_KEY is not set"):
        Sealer().open_bytes(SEALER.seal_bytes(b"x"))


@pytest.mark.parametrize("text", [PREFIX, PREFIX + "00", "enc:v1:zz:zz:zz", "enc:v1:::"])
def test_a_broken_value_is_said_to_be_damaged(text: str) -> None:
    with pytest.raises(SealError, match="damaged"):
        SEALER.open(text)
    with pytest.raises(SealError, match="damaged"):
        SEALER.open_bytes(text.encode())


def test_the_key_does_not_stand_in_the_repr() -> None:
    assert RAW not in repr(SEALER)
