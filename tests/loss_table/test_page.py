"""docs/dialects.md says what the codecs do today."""

from __future__ import annotations

from tests.loss_table.page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "run `python -m tests.loss_table`"


def test_the_page_has_every_pair() -> None:
    text = page()
    assert text.count("## Requests from clients of") == 4
    assert text.count("## Answers from providers of") == 4
    assert text.count("| `chat` | `responses` | `messages` | `gemini` |") == 8
