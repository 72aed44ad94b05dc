"""Z.ai: thinking is a switch, and past thoughts count if they are sent back and not cleared."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirk import Facts, Family, Quirk
from plexus.transforms.wire import JsonObject, object_at


def _given(traits: Traits) -> Traits:
    return replace(traits, effort="thinking", efforts=(), reasoning_field="reasoning_content")


def _glm_5(traits: Traits) -> Traits:
    return replace(traits, efforts=("high", "max"))  # zai/0016


def _mend(body: JsonObject, _model: str, _receipt: Receipt) -> JsonObject:
    """Have the thoughts of earlier turns read (zai/0019): by default they are cleared."""
    thinking = object_at(body, "thinking")
    if thinking is None or thinking.get("type") != "enabled":
        return body
    return {**body, "thinking": {"clear_thinking": False, **thinking}}


QUIRK: Quirk = Facts(
    name="zai",
    hosts=("api.z.ai", "open.bigmodel.cn"),
    dialects=("chat",),
    given=_given,
    families=(Family(models="glm-[5-9]", given=_glm_5),),
    mend=_mend,
)
