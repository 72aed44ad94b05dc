"""What model families can do, whoever serves them: a small table instead of a model registry.

Sources: OpenAI's API reference and reasoning guide (effort per model, unsupported parameters), and
its error texts, e.g. "Supported values are: 'low', 'medium', and 'high'". A model that is in no
table is asked for whatever the client wants; a 400 is repaired where that is possible.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.quirk import Change, Family, bare
from plexus.transforms.wire import JsonObject, object_at, text_at

LOW_TO_HIGH: Final = ("low", "medium", "high")

# What draws tokens; the last five have no trait of their own.
_WEIGHTS: Final = frozenset(
    {"frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs"}
)
SAMPLING: Final = _WEIGHTS | {"temperature", "top_p"}
_O_SERIES: Final = _WEIGHTS | {"parallel_tool_calls", "stop"}
_GPT_5: Final = _WEIGHTS | {"stop"}
# These think only if they are told to (OpenAI docs, GPT-5.1; openai-chat/0334).
_RESTING: Final = re.compile(r"gpt-5\.[1-4]($|-(mini|nano|\d{4}))")


def owned_by_openai(traits: Traits) -> Traits:
    """Return the traits of OpenAI's own models at OpenAI and Azure.

    OpenAI's API reference: max_tokens is deprecated, `developer` outranks `system`.
    """
    return replace(
        traits,
        official=True,
        max_tokens_field="max_completion_tokens",
        developer_role=True,
        inline_system=True,
    )


def efforts(*words: str) -> Change:
    """Return the trait of taking these efforts, weakest first."""

    def change(traits: Traits) -> Traits:
        return replace(traits, effort="reasoning_effort", efforts=words)

    return change


def thoughtless(traits: Traits) -> Traits:
    """Return the traits of a model that cannot be told how much to think."""
    return replace(traits, effort=None)


def _reasoning(*words: str) -> Change:
    def change(traits: Traits) -> Traits:
        return replace(traits, sampling=False, effort="reasoning_effort", efforts=words)

    return change


def _before_prompts(traits: Traits) -> Traits:
    # openai-chat/0388: "does not support 'developer' with this model".
    return replace(traits, sampling=False, effort=None, developer_role=False)


def _searching(traits: Traits) -> Traits:
    return replace(traits, sampling=False, effort=None)


GPT: Final = (
    Family(models="gpt-oss", given=efforts(*LOW_TO_HIGH)),
    Family(models="o1-(mini|preview)", given=_before_prompts, refuses=_O_SERIES),
    # openai-responses/0119: "Supported values are: 'low', 'medium', and 'high'."
    Family(models=r"o\d", given=_reasoning(*LOW_TO_HIGH), refuses=_O_SERIES),
    Family(models=r"gpt-5(\.\d+)?-chat", given=thoughtless),
    Family(models=r"gpt-5-pro", given=_reasoning("high"), refuses=_GPT_5),
    Family(models=r"gpt-5\.\d+-pro", given=_reasoning("medium", "high", "xhigh"), refuses=_GPT_5),
    Family(
        models=r"gpt-5\.1-codex-max|gpt-5\.[2-9]-codex",
        given=_reasoning(*LOW_TO_HIGH, "xhigh"),
        refuses=_GPT_5,
    ),
    Family(models=r"gpt-5(\.1)?-codex", given=_reasoning(*LOW_TO_HIGH), refuses=_GPT_5),
    Family(
        models=r"gpt-5\.1(-|$)", given=efforts("none", *LOW_TO_HIGH), refuses=frozenset({"stop"})
    ),
    Family(
        models=r"gpt-5\.[2-4](-|$)",
        given=efforts("none", *LOW_TO_HIGH, "xhigh"),
        refuses=frozenset({"stop"}),
    ),
    Family(
        models=r"gpt-5\.5(-|$)", given=_reasoning("none", *LOW_TO_HIGH, "xhigh"), refuses=_GPT_5
    ),
    Family(
        models=r"gpt-(5\.([6-9]|\d\d)|[6-9])",
        given=_reasoning("none", *LOW_TO_HIGH, "xhigh", "max"),
        refuses=_GPT_5,
    ),
    Family(models=r"gpt-5(-|$)", given=_reasoning("minimal", *LOW_TO_HIGH), refuses=_GPT_5),
    Family(models=r"gpt-4o(-mini)?-search", given=_searching, refuses=_GPT_5 | {"seed", "n"}),
    Family(models=r"(ft:)?(gpt-|chatgpt-)", given=thoughtless),
)


def rests(body: JsonObject, model: str) -> bool:
    """Whether a model of OpenAI's will not think about this request, and so takes sampling."""
    effort = text_at(body, "reasoning_effort") or text_at(
        object_at(body, "reasoning") or {}, "effort"
    )
    return effort == "none" or (effort is None and _RESTING.match(bare(model)) is not None)


def drawn_at_rest(body: JsonObject, model: str, receipt: Receipt) -> JsonObject:
    """Return a request without sampling if its model only takes that while it does not think."""
    if _RESTING.match(bare(model)) is None or rests(body, model):
        return body
    for key in sorted(SAMPLING & body.keys()):
        receipt.dropped(key, "not while the model thinks")
    return {key: value for key, value in body.items() if key not in SAMPLING}
