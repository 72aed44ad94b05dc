"""`plexus convert`."""

import json
from pathlib import Path

import pytest

from plexus.addons.cli import main
from tests.fakes.native import chat

REQUEST = {
    "model": "m",
    "max_tokens": 10,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Hi"}],
    "top_k": 5,
}


def written(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "in"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_request_is_translated_and_the_receipt_says_what_was_lost(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = written(tmp_path, json.dumps(REQUEST))
    assert main(["convert", "--from", "anthropic", "--to", "openai", path]) == 0
    out, err = capfdbinary.readouterr()
    assert json.loads(out)["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert b"POST /chat/completions" in err
    assert b"dropped sampling.top_k" in err


def test_the_model_of_a_gemini_request_is_given_beside_it(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = written(tmp_path, json.dumps({"contents": [{"parts": [{"text": "Hi"}]}]}))
    assert main(["convert", "--from", "gemini", "--to", "chat", "--model", "g", path]) == 0
    assert json.loads(capfdbinary.readouterr().out)["model"] == "g"


def test_a_response_is_translated(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = written(tmp_path, json.dumps(chat.text("Hello")))
    assert main(["convert", "--from", "openai", "--to", "anthropic", "--response", path]) == 0
    out, err = capfdbinary.readouterr()
    assert json.loads(out)["content"] == [{"type": "text", "text": "Hello"}]
    assert b"nothing lost" in err


def test_a_stream_is_translated(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = written(tmp_path, b"".join(chat.stream(["Hel", "lo"])))
    assert main(["convert", "--from", "openai", "--to", "anthropic", "--stream", path]) == 0
    out = capfdbinary.readouterr().out
    assert out.startswith(b"event: message_start")
    assert b"event: message_stop" in out


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (["--from", "nonsense", "--to", "chat"], "{}", b"unknown format 'nonsense'; known: "),
        (["--from", "chat", "--to", "gemini"], "{", b"not valid JSON"),
        (["--from", "chat", "--to", "gemini"], None, b"cannot read"),
    ],
)
def test_what_cannot_be_translated_is_a_sentence(
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    arguments: list[str],
    content: str | None,
    words: bytes,
) -> None:
    path = str(tmp_path / "absent") if content is None else written(tmp_path, content)
    assert main(["convert", *arguments, path]) == 1
    assert words in capfdbinary.readouterr().err
