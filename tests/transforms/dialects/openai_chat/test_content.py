"""Content is read part by part; what is not understood stays whole."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.content import decode_content, thought_text
from plexus.transforms.ir import CacheMark, Media, Opaque, Refusal, Text, Thinking


def test_a_string_is_one_text_and_an_empty_one_is_none() -> None:
    assert decode_content("hi") == (Text(text="hi"),)
    assert decode_content("") == ()
    assert decode_content(None) == ()
    assert decode_content(7) == ()


def test_texts_keep_their_unknown_fields() -> None:
    part: Any = {"type": "text", "text": "a", "x": 1, "cache_control": {"type": "ephemeral"}}

    assert decode_content([part]) == (
        Text(text="a", cache=CacheMark(), ext={"chat": {"rest": {"x": 1}}}),
    )


def test_bare_strings_and_refusals_are_understood() -> None:
    parts: Any = ["a", {"type": "refusal", "refusal": "no"}]

    assert decode_content(parts) == (Text(text="a"), Refusal(text="no"))


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "thinking", "thinking": [{"type": "text", "text": "a"}, {"text": "b"}]}, "ab"),
        ({"type": "thinking", "thinking": "whole"}, "whole"),
        ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}]}, "s"),
        ({"type": "thinking"}, ""),
    ],
)
def test_thoughts_in_the_content_are_read(part: Any, text: str) -> None:
    assert thought_text(part) == text
    assert decode_content([part]) == (Thinking(text=text, ext={"chat": {"part": part}}),)


@pytest.mark.parametrize(
    "part", [{"type": "hologram"}, {"type": "text"}, {"type": "image_url"}, 7, None, {"text": "x"}]
)
def test_what_is_not_understood_stays_whole(part: Any) -> None:
    assert decode_content([part]) == (Opaque(dialect="chat", raw=part),)


def test_a_picture_is_media() -> None:
    part: Any = {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}

    (image,) = decode_content([part])

    assert isinstance(image, Media)
    assert (image.kind, image.url, image.detail) == ("image", "https://x/y.png", "low")
