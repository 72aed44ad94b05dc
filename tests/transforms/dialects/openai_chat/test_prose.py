"""Texts join seamlessly, pictures stand on lines of their own, offsets count it all."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_chat.prose import Prose, cite
from plexus.transforms.ir import Citation, Media

PICTURE = Media(kind="image", url="u")


def test_texts_join_without_anything_between_them() -> None:
    prose = Prose()

    assert prose.text("a") + prose.text("") + prose.text("bé") == "abé"
    assert prose.length == 3


def test_a_picture_has_a_line_of_its_own() -> None:
    prose = Prose()

    whole = "".join(
        [prose.text("a"), prose.picture(PICTURE), prose.text(""), prose.text("b"), prose.text("c")]
    )

    assert whole == "a\n![image](u)\nbc"
    assert prose.length == len(whole)


def test_a_picture_alone_needs_no_line_breaks() -> None:
    assert Prose().picture(PICTURE) == "![image](u)"


def test_a_citation_of_a_document_has_no_place_in_chat() -> None:
    receipt = Receipt()
    cited = cite((Citation(quote="q"), Citation(url="https://x")), "p", receipt, start=0, end=3)

    assert [item["url_citation"]["url"] for item in cited] == ["https://x"]  # type: ignore[index, call-overload]  # plain JSON
    assert [str(note) for note in receipt.notes] == ["dropped p.citations[0] (no web address)"]
