"""OpenAI's paths are recognised whatever stands in front of them."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Head, Match, Operation
from plexus.transforms.dialects.openai_chat.paths import match


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", Operation.CHAT),
        ("/chat/completions", Operation.CHAT),
        ("/chat/completions/", Operation.CHAT),
        ("/api/v1/chat/completions", Operation.CHAT),
        ("/v1beta/openai/chat/completions", Operation.CHAT),
        ("/v1/embeddings", Operation.EMBED),
        ("/v1/audio/speech", Operation.SPEECH),
        ("/v1/audio/transcriptions", Operation.TRANSCRIBE),
        ("/images/generations", Operation.IMAGE),
        ("/v1/images/edits", Operation.IMAGE),
    ],
)
def test_a_post_to_a_known_path_is_ours(path: str, operation: Operation) -> None:
    assert match(Head("POST", path, "", {})) == Match(operation=operation)


@pytest.mark.parametrize(
    "path", ["/v1/completions", "/v1/responses", "/v1/messages", "/v1/models", "/", "/v1/chat"]
)
def test_other_paths_are_not_ours(path: str) -> None:
    assert match(Head("POST", path, "", {})) is None


def test_a_get_is_not_ours() -> None:
    assert match(Head("GET", "/v1/chat/completions", "", {})) is None


def test_azures_deployment_is_the_model() -> None:
    head = Head("POST", "/openai/deployments/my%20gpt/chat/completions", "api-version=1", {})

    assert match(head) == Match(operation=Operation.CHAT, model="my gpt")
