"""A text is measured without being kept."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.dialects.gemini.measure import Measure

# Characters of one to four bytes, and a lone surrogate, which JSON text may hold.
PIECES = st.lists(st.text(st.sampled_from(["a", " ", "ö", "日", "😀", "\ud800"]), max_size=6))


@given(PIECES)
def test_every_byte_offset_is_where_the_whole_text_has_it(pieces: list[str]) -> None:
    measure = Measure()
    for piece in pieces:
        measure.add(piece)
    data = "".join(pieces).encode("utf-8", "surrogatepass")

    assert (measure.characters, measure.bytes) == (len("".join(pieces)), len(data))
    for at in range(len(data) + 1):
        whole = sum(byte & 0xC0 != 0x80 for byte in data[: at + 1]) - (at < len(data))
        assert measure.character_at(at) == whole, at


def test_ascii_takes_no_memory_however_long_it_is() -> None:
    measure = Measure()
    tracemalloc.start()
    try:
        for _ in range(1_000):
            measure.add("words and words ")
        early, _ = tracemalloc.get_traced_memory()
        for _ in range(10_000):
            measure.add("words and words ")
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert measure.bytes == 176_000
    assert late - early < 1_000
