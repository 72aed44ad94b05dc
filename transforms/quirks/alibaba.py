"""Alibaba's Model Studio: Qwen has a flag for thinking, and refuses forced calls while it does."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Facts, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, effort="enable_thinking", efforts=(), forced_tools="at_rest")


QUIRK: Quirk = Facts(
    name="alibaba",
    hosts=(
        "dashscope.aliyuncs.com",
        "dashscope-intl.aliyuncs.com",
        "dashscope-us.aliyuncs.com",
    ),
    dialects=("chat",),
    given=_given,
)
