"""Recognise OpenAI's paths, with whatever stands in front of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from plexus.transforms.codec import Head, Match, Operation

CHAT_PATH: Final = "/chat/completions"

_OPERATIONS: Final[Mapping[str, Operation]] = {
    CHAT_PATH: Operation.CHAT,
    "/embeddings": Operation.EMBED,
    "/audio/speech": Operation.SPEECH,
    "/audio/transcriptions": Operation.TRANSCRIBE,
    "/images/generations": Operation.IMAGE,
    "/images/edits": Operation.IMAGE,
}
# Azure: the deployment in the path is the model, whatever the body says.
_DEPLOYMENT: Final = re.compile(r"/openai/deployments/([^/]+)/")


def match(head: Head) -> Match | None:
    """Say what a POST to `…/chat/completions` and its siblings asks for (dataplane.md §1.2)."""
    if head.method != "POST":
        return None
    path = head.path.rstrip("/")
    for suffix, operation in _OPERATIONS.items():
        if path.endswith(suffix):
            deployment = _DEPLOYMENT.search(path)
            model = unquote(deployment.group(1)) if deployment else None
            return Match(operation=operation, model=model)
    return None
