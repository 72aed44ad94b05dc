"""Read and write Gemini's URLs: the model and the method stand in the path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from plexus.transforms.codec import Head, Match, Operation

# The model may hold slashes and colons: the method stands behind the last colon.
_PATH: Final = re.compile(
    r"/v1(?:beta1?|alpha1?)?/"
    r"(?:(?:projects/[^/]+/locations/[^/]+/)?publishers/google/)?"
    r"(models|tunedModels)/(.+):([A-Za-z]+)/?"
)
_METHODS: Final[Mapping[str, tuple[Operation, bool]]] = {
    "generateContent": (Operation.CHAT, False),
    "streamGenerateContent": (Operation.CHAT, True),
    "countTokens": (Operation.COUNT_TOKENS, False),
    "embedContent": (Operation.EMBED, False),
    "batchEmbedContents": (Operation.EMBED, False),
}
_PREFIXES: Final = ("models/", "tunedModels/", "publishers/", "projects/")


def match(head: Head) -> Match | None:
    """Say what a call of Google's REST API asks for; `None` if the head is no such call.

    Generative Language API and Vertex AI paths, versions v1, v1beta and v1alpha (wire-formats.md
    §4, clients.md). `tunedModels/` stays part of the model's name.
    """
    if head.method != "POST":
        return None
    found = _PATH.fullmatch(unquote(head.path))
    method = _METHODS.get(found.group(3)) if found else None
    if found is None or method is None:
        return None
    collection, name = found.group(1), found.group(2)
    operation, stream = method
    return Match(
        operation=operation,
        model=name if collection == "models" else f"{collection}/{name}",
        stream=stream,
        framing="array" if stream and not _wants_sse(head.query) else "sse",
    )


def chat_path(model: str, *, stream: bool) -> str:
    """Return the path of a chat call; streams are always asked for as server-sent events."""
    name = model if model.startswith(_PREFIXES) else f"models/{model}"
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/{quote(name, safe="/:@!$&'()*+,;=~", errors='replace')}:{method}"


def _wants_sse(query: str) -> bool:
    options = parse_qs(query)
    values = options.get("alt", []) + options.get("$alt", [])
    return any(value.partition(";")[0] == "sse" for value in values)
