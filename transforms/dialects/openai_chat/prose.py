"""Write an answer's texts and pictures as the one running text that chat clients know."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.ir import Citation, Media
from plexus.transforms.wire import Json

from .citations import encode_citation
from .media_encode import markdown


class Prose:
    """Knows how much has been written, for line breaks around pictures and citations' offsets."""

    __slots__ = ("_after_picture", "length")

    def __init__(self) -> None:
        self.length = 0  # characters so far
        self._after_picture = False

    def text(self, text: str) -> str:
        """Return what a stretch of text adds; blocks join without anything between them."""
        if text and self._after_picture:
            text = "\n" + text
        self._after_picture = self._after_picture and not text
        return self._add(text)

    def picture(self, media: Media) -> str:
        """Return what a picture adds: a line of its own (dataplane.md §5.8.8)."""
        line = markdown(media)
        added = self._add("\n" + line if self.length else line)
        self._after_picture = True
        return added

    def _add(self, text: str) -> str:
        self.length += len(text)
        return text


def cite(
    citations: tuple[Citation, ...], path: str, receipt: Receipt, *, start: int, end: int
) -> list[Json]:
    """Write the citations of a block of text that stands from `start` to `end` in the answer."""
    written: list[Json] = []
    for number, citation in enumerate(citations):
        if citation.url is None:
            receipt.dropped(f"{path}.citations[{number}]", "no web address")
        else:
            written.append(encode_citation(citation, start, end))
    return written
