"""Failures that the recordings themselves explain: file, check and why, kept as few as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.conformance.outcome import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Why a recording may fail a check.

    `name` is the file's, or its folder's with a closing slash; `check` and `reason` are parts of
    the failure's.
    """

    name: str
    check: str
    reason: str = ""
    why: str


_OVER_100_KB = "its base64 over 100 KB was replaced by a placeholder (wire-formats.md §11)"
_THOUGHT_MORE = "the gateway that was recorded reports more reasoning than output tokens"
_ABRIDGED = "edited by hand: the deltas are cut short, the events that repeat them are not"
_CUT_IMAGE = "edited by hand: the image's base64 was cut in the middle"
_PROMPT_ID = "its words are stored at OpenAI; the gateway refuses to send it elsewhere"
_NO_OBJECT = "the model wrote a list where arguments must be an object; left as it is"

_PLACELESS = "its last event repeats the citations without title and place"
_NULLABLE = "`nullable` is no JSON Schema; it comes back as the type null"

EXCUSES: Sequence[Excuse] = (
    Excuse(name="", check="", reason="OMITTEDBASE64", why=_OVER_100_KB),
    *(
        Excuse(name=name, check="types", reason="base64", why=_OVER_100_KB)
        for name in ("gemini/0106", "gemini/0409", "openai-chat/0375", "openai-chat/0460")
    ),
    Excuse(name="openai-responses/0021", check="to ", why=_PROMPT_ID),
    Excuse(name="openai-responses/0587", check="to chat: types", why=_NO_OBJECT),
    Excuse(name="response-only/openai-responses/0042", check="to gemini", why=_CUT_IMAGE),
    Excuse(name="response-only/openai-responses/0043", check="to gemini", why=_CUT_IMAGE),
    Excuse(name="response-only/openai-responses/0056", check="back", why=_ABRIDGED),
    Excuse(name="other-openai-compatible_vercel-gateway/", check="to gemini and back",
           reason="usage.output", why=_THOUGHT_MORE),
    Excuse(name="response-only/other-openai-compatible_xai/0022", check="accumulates",
           reason="annotations", why=_PLACELESS),
    Excuse(name="other-openai-compatible_openrouter/0187", check="to gemini and back",
           reason="schema", why=_NULLABLE),
)  # fmt: skip


def excuse_for(failure: Failure) -> Excuse | None:
    """Return the excuse for a failure, if it has one."""
    return next((excuse for excuse in EXCUSES if _fits(excuse, failure)), None)


def _fits(excuse: Excuse, failure: Failure) -> bool:
    named = failure.name == excuse.name or not excuse.name
    in_folder = excuse.name.endswith("/") and failure.name.startswith(excuse.name)
    return (
        (named or in_folder) and excuse.check in failure.check and excuse.reason in failure.reason
    )
