"""Pictures by their size."""

import base64
import struct

import pytest

from plexus.addons.metering.pictures import picture_tokens, size_of


def b64(data: bytes) -> str:
    return base64.b64encode(data + bytes(64)).decode()


def png(width: int, height: int) -> str:
    return b64(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height))


def jpeg(width: int, height: int) -> str:
    comment = b"\xff\xfe" + struct.pack(">H", 102) + bytes(100)
    frame = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width)
    return b64(b"\xff\xd8" + comment + frame)


def webp(kind: bytes, rest: bytes) -> str:
    return b64(b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + rest)


@pytest.mark.parametrize(
    "data",
    [
        png(640, 480),
        "data:image/png;base64," + png(640, 480),
        b64(b"GIF89a" + struct.pack("<HH", 640, 480)),
        jpeg(640, 480),
        webp(b"VP8 ", bytes(6) + struct.pack("<HH", 640 | 0x4000, 480)),
        webp(b"VP8L", b"\x2f" + struct.pack("<I", 639 | 479 << 14)),
        webp(b"VP8X", bytes(4) + struct.pack("<HBHB", 639, 0, 479, 0)),
    ],
)
def test_the_size_is_in_the_head_of_the_file(data: str) -> None:
    assert size_of(data) == (640, 480)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "!!!!",
        b64(b"BM no picture of ours"),
        "iVBORw0KGgo=",  # a PNG that ends after its first bytes
        webp(b"WHAT", b""),
        b64(b"RIFF1234WAVE"),
        b64(b"\xff\xd8\x00\x00 no marker follows"),
        b64(b"\xff\xd8"),
        png(0, 480),
        "data:image/png;base64",
    ],
)
def test_what_is_no_picture_has_no_size(data: str) -> None:
    assert size_of(data) is None


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (512, 512, 85),
        (1024, 1024, 85 + 4 * 170),  # OpenAI's own example: 765
        (2048, 4096, 85 + 6 * 170),  # and 1105
        (600, 100, 85 + 2 * 170),
    ],
)
def test_openai_counts_tiles(width: int, height: int, tokens: int) -> None:
    assert picture_tokens("chat", png(width, height)) == tokens


def test_each_vendor_has_its_own_sum() -> None:
    picture = png(1000, 750)
    assert picture_tokens("messages", picture) == 1000
    assert picture_tokens("messages", png(8000, 8000)) == 1600
    assert picture_tokens("gemini", picture) == 258
    assert picture_tokens("responses", picture, "low") == 85


def test_a_picture_elsewhere_is_taken_to_be_of_usual_size() -> None:
    assert [picture_tokens(name) for name in ("chat", "messages", "gemini")] == [1100, 1600, 258]
