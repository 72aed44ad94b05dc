"""Recognise OpenAI's paths, with whatever stands in front of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from plexus.transforms.codec import Head, Match, Operation

CHAT_PATH: Final = "/chat/completions"

_MATCHES: Final[Mapping[str, Match]] = {
    CHAT_PATH: Match(operation=Operation.CHAT),
    "/embeddings": Match(operation=Operation.EMBED),
    "/audio/speech": Match(operation=Operation.SPEECH),
    "/audio/transcriptions": Match(operation=Operation.TRANSCRIBE),
    "/images/generations": Match(operation=Operation.IMAGE),
    "/images/edits": Match(operation=Operation.IMAGE),
}
# Azure: the deployment in the path is the model, whatever the body says.
_DEPLOYMENT: Final = re.compile(r"/openai/deployments/([^/]+)/")


def match(head: Head) -> Match | None:
    """Say what a POST to `…/chat/completions` and its siblings asks for (dataplane.md §1.2)."""
    if head.method != "POST":
        return None
    path = head.path.rstrip("/")
    for suffix, found in _MATCHES.items():
        if path.endswith(suffix):
            deployment = _DEPLOYMENT.search(path)
            return replace(found, model=unquote(deployment.group(1))) if deployment else found
    return None
