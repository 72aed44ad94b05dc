"""OpenRouter: everybody's models behind one dialect of its own making.

It translates effort, developer prompts and cache marks for the model at hand (its documentation;
openrouter/0113, /0131, /0210), so that all of them are sent. Comments, `native_finish_reason`,
errors in mid-stream and leading white space are the decoder's (wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Facts, Quirk


def _given(traits: Traits) -> Traits:
    return replace(
        traits,
        effort="reasoning",
        reasoning_field="reasoning",
        developer_role=True,
        cache_marks=True,
    )


QUIRK: Quirk = Facts(
    name="openrouter",
    hosts=("openrouter.ai",),
    given=_given,
    adapters=("strip_unsupported_tool_search",),
    web_search={"type": "openrouter:web_search"},
)
