"""Anthropic itself: the owner of the messages dialect, and what its model families take."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Change, Facts, Family, Quirk

_EFFORTS: Final = ("low", "medium", "high", "max")
_ALL_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")


def _given(traits: Traits) -> Traits:
    return replace(traits, official=True)


def _older(
    most: int, *, thinking: Literal["budget", None] = "budget", schemas: bool = False
) -> Change:
    """Return the change for models that answer with `most` tokens; 4.5 was the first to do all."""

    def change(traits: Traits) -> Traits:
        return replace(
            traits,
            thinking=thinking,
            inline_system=False,
            structured_output=schemas,
            max_output=most,
        )

    return change


def _adaptive(traits: Traits) -> Traits:
    # Claude docs, what's new in 4.6: no prefill; effort instead of budgets.
    return replace(
        traits,
        thinking="adaptive",
        inline_system=False,
        prefill=False,
        efforts=("none", *_EFFORTS),
        max_output=128_000,
    )


def _undrawn(traits: Traits) -> Traits:
    # 4.7: "`temperature` is deprecated for this model".
    return replace(_adaptive(traits), sampling=False, efforts=("none", *_ALL_EFFORTS))


def _current(traits: Traits) -> Traits:
    # 4.8: system messages between turns (anthropic-messages/0362).
    return replace(_undrawn(traits), inline_system=True)


def _tireless(forced: Literal["always", "never"]) -> Change:
    """Return the change for models whose thinking cannot be switched off."""

    def change(traits: Traits) -> Traits:
        return replace(_current(traits), efforts=_ALL_EFFORTS, forced_tools=forced)

    return change


_C: Final = r"(.*\.)?claude-"  # also behind other vendors' prefixes: `us.anthropic.claude-…`
_DATED: Final = r"($|-0|-\d{8}|@)"

QUIRK: Quirk = Facts(
    name="anthropic",
    hosts=("api.anthropic.com",),
    dialects=("messages",),
    given=_given,
    families=(
        Family(models=_C + r"3-7-", given=_older(64_000)),
        Family(models=_C + r"3-5-", given=_older(8192, thinking=None)),
        Family(models=_C + r"(instant|2|3)", given=_older(4096, thinking=None)),
        Family(models=_C + r"\w+-4-5", given=_older(64_000, schemas=True)),
        Family(models=_C + r"opus-4-1", given=_older(32_000, schemas=True)),
        Family(models=_C + r"(opus-4|4-opus)" + _DATED, given=_older(32_000)),
        Family(models=_C + r"(\w+-4|4-\w+)" + _DATED, given=_older(64_000)),
        Family(models=_C + r"\w+-4-6", given=_adaptive),
        Family(models=_C + r"\w+-4-7", given=_undrawn),
        Family(models=_C + r"(fable-5-1|opus-5-5)", given=_tireless("never")),
        Family(models=_C + r"(fable|mythos|sonnet-5-5)", given=_tireless("always")),
        Family(models="", given=_current),
    ),
    web_search={"type": "web_search_20250305", "name": "web_search", "max_uses": None},
)
