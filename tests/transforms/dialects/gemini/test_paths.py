"""URLs of the Generative Language API and of Vertex AI."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Head, Match, Operation
from plexus.transforms.dialects.gemini.paths import chat_path, match

VERTEX = "/v1/projects/p/locations/europe-west4/publishers/google/models/"


def matched(path: str, query: str = "", method: str = "POST") -> Match | None:
    return match(Head(method, path, query, {}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1beta/models/m:generateContent", Match(Operation.CHAT, "m", stream=False)),
        ("/v1/models/m:generateContent", Match(Operation.CHAT, "m", stream=False)),
        ("/v1alpha/models/m:generateContent", Match(Operation.CHAT, "m", stream=False)),
        ("/v1beta/tunedModels/t:generateContent", Match(Operation.CHAT, "tunedModels/t", False)),
        ("/v1beta/models/m:countTokens", Match(Operation.COUNT_TOKENS, "m", stream=False)),
        ("/v1beta/models/m:embedContent", Match(Operation.EMBED, "m", stream=False)),
        ("/v1beta/models/m:batchEmbedContents", Match(Operation.EMBED, "m", stream=False)),
        (VERTEX + "m:generateContent", Match(Operation.CHAT, "m", stream=False)),
        ("/v1beta1" + VERTEX[3:] + "m:generateContent", Match(Operation.CHAT, "m", stream=False)),
        ("/v1/publishers/google/models/m:countTokens", Match(Operation.COUNT_TOKENS, "m", False)),
        ("/v1beta/models/a/b:free:generateContent", Match(Operation.CHAT, "a/b:free", False)),
        ("/v1beta/models/a%2Fb%20c:generateContent", Match(Operation.CHAT, "a/b c", stream=False)),
    ],
)
def test_a_path_tells_the_model_and_what_is_asked(path: str, expected: Match) -> None:
    assert matched(path) == expected


@pytest.mark.parametrize(
    ("query", "framing"),
    [
        ("alt=sse", "sse"),
        ("key=x&alt=sse", "sse"),
        ("%24alt=sse", "sse"),
        ("", "array"),
        ("alt=json", "array"),
        ("%24alt=json%3Benum-encoding%3Dint", "array"),
    ],
)
def test_a_stream_without_alt_sse_is_an_array(query: str, framing: str) -> None:
    found = matched("/v1beta/models/m:streamGenerateContent", query)
    assert found is not None
    assert (found.stream, found.framing) == (True, framing)


@pytest.mark.parametrize(
    "path",
    [
        "/v1beta/models",
        "/v1beta/models/m",
        "/v1beta/models/m:predict",
        "/v1beta/cachedContents",
        "/v1/chat/completions",
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict",
        "/v2/models/m:generateContent",
    ],
)
def test_other_paths_are_not_ours(path: str) -> None:
    assert matched(path) is None


def test_only_posts_are_ours() -> None:
    assert matched("/v1beta/models/m:generateContent", method="GET") is None


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("m", False, "/v1beta/models/m:generateContent"),
        ("m", True, "/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("models/m", False, "/v1beta/models/m:generateContent"),
        ("tunedModels/t", False, "/v1beta/tunedModels/t:generateContent"),
        ("\ud800", False, "/v1beta/models/%3F:generateContent"),  # no UTF-8 can say it
        ("a/b:free c?", False, "/v1beta/models/a/b:free%20c%3F:generateContent"),
    ],
)
def test_a_model_makes_a_path(model: str, stream: bool, path: str) -> None:
    assert chat_path(model, stream=stream) == path
