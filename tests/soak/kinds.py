"""The calls of a soak: four clients' formats on four providers' formats, through both doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.bench.bodies import printed
from tests.bench.replies import slowly
from tests.bench.scenario import KEY, Door, Scenario

FORMATS: Final = ("chat", "responses", "messages", "gemini")
PIECES: Final = 20  # of a stream that is read to its end
SLOW_PIECES: Final = 200  # of a stream that is broken off
SLOW_US: Final = 2_000

_QUESTION: Final = "Tell me about foxes"
_ASK: Final = f"{_QUESTION} in {PIECES} pieces."
_SLOWLY: Final = f"{_QUESTION} in {SLOW_PIECES} pieces, {slowly(SLOW_US)}."
_HOSTS: Final[Mapping[str, str]] = {
    "chat": "api.openai.com",
    "responses": "api.openai.com",
    "messages": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
}
_PATHS: Final[Mapping[str, str]] = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
}
# What a provider's URL is to Plexus: Gemini's paths bring their own version.
_ROOTS: Final[Mapping[str, str]] = {"gemini": ""}


@dataclass(frozen=True, slots=True)
class Kind:
    """A client's format, the provider's, whole or streamed, and the door."""

    client: str
    provider: str
    stream: bool
    door: Door = "listener"

    @property
    def scenario(self) -> Scenario:
        """The call as the load generator makes it, two at a time."""
        signs = (b"word000", b"word019") if self.stream else (b"quick brown fox",)
        return self._call(_ASK, signs)

    @property
    def endless(self) -> Scenario:
        """The call whose stream comes so slowly that it can be broken off."""
        return self._call(_SLOWLY, ())

    def _call(self, words: str, signs: tuple[bytes, ...]) -> Scenario:
        how = "stream" if self.stream else "whole"
        return Scenario(
            name=f"{self.client} on {self.provider}, {how}, {self.door}",
            path=path(self.client, alias(self.provider), stream=self.stream),
            body=printed(body(self.client, alias(self.provider), words, stream=self.stream)),
            signs=signs,
            connections=2,
            door=self.door,
            vendor=_HOSTS[self.client],
        )


def kinds() -> list[Kind]:
    """All of them: every pair by the gateway's address, every format through both other doors."""
    pairs = [(client, provider) for client in FORMATS for provider in FORMATS]
    turned = zip(FORMATS, [*FORMATS[1:], FORMATS[0]], strict=True)
    doors: tuple[Door, ...] = ("proxy-h1", "proxy-h2")
    return [
        *(Kind(client, provider, stream) for client, provider in pairs for stream in (False, True)),
        *(
            Kind(client, provider, stream, door)
            for client, provider in turned
            for stream in (False, True)
            for door in doors
        ),
    ]


def path(client: str, model: str, *, stream: bool) -> str:
    """Where a client sends a call; Gemini's names the model."""
    if client == "gemini":
        what = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{model}:{what}"
    return _PATHS[client]


def body(client: str, model: str, words: str, *, stream: bool) -> dict[str, object]:
    """What a client sends."""
    turn = {"role": "user", "content": words}
    match client:
        case "gemini":
            return {"contents": [{"role": "user", "parts": [{"text": words}]}]}
        case "responses":
            return {"model": model, "input": words, "stream": stream}
        case "messages":
            return {"model": model, "max_tokens": 999, "messages": [turn], "stream": stream}
        case _:
            return {"model": model, "messages": [turn], "stream": stream}


def alias(provider: str) -> str:
    """The alias that leads to a provider."""
    return f"to-{provider}"


def configuration(upstream: int) -> str:
    """One provider process in four roles, an alias for each, and a key."""
    providers = "\n".join(
        f"  {name}:\n"
        f'    api_base_url: {{{name}: "http://127.0.0.1:{upstream}{_ROOTS.get(name, "/v1")}"}}\n'
        "    api_key: sk-upstream\n"
        "    models: {some-model: {pricing: {source: simple, input: 1, output: 2}}}"
        for name in FORMATS
    )
    models = "\n".join(
        f"  {alias(name)}: {{targets: [{{provider: {name}, model: some-model}}]}}"
        for name in FORMATS
    )
    return (
        "adminKey: soak-admin-key\nintercept: {mode: route}\n"
        f"providers:\n{providers}\nmodels:\n{models}\nkeys:\n  soak: {{secret: {KEY}}}\n"
    )
