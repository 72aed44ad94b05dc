"""Leave out what GPT-5 models refuse: they draw their tokens as they like while they think."""

from __future__ import annotations

import re
from typing import Final

from plexus.transforms.adapter import Adapter, Place, Plain
from plexus.transforms.codec import Receipt
from plexus.transforms.families import SAMPLING, rests
from plexus.transforms.quirk import bare
from plexus.transforms.wire import JsonObject

_GPT_5: Final = re.compile(r"gpt-5(?!\d)(?!(\.\d+)?-chat)")
# OpenAI itself takes these: there a client's limit must not get lost.
_OF_OTHERS: Final = frozenset(
    {"max_output_tokens", "max_completion_tokens", "truncation", "safety_identifier"}
)


def _change(body: JsonObject, place: Place, receipt: Receipt) -> JsonObject:
    refused = frozenset[str]() if place.official else _OF_OTHERS
    if not _may_sample(body, place):
        refused |= SAMPLING
    found = refused & body.keys()
    for key in sorted(found):
        receipt.dropped(key, f"{place.model} refuses it")
    return {key: value for key, value in body.items() if key not in found} if found else body


def _may_sample(body: JsonObject, place: Place) -> bool:
    # Who merely resembles OpenAI must be told that there is to be no thinking.
    return rests(body, place.model if place.official else "")


def _is_gpt_5(place: Place) -> bool:
    return _GPT_5.match(bare(place.model)) is not None


ADAPTER: Adapter = Plain(name="suppress_unsupported_gpt5_options", change=_change, where=_is_gpt_5)
