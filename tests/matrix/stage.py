"""One gateway, four scriptable providers, four SDKs: where every case of the matrix plays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from plexus.transforms.codec import as_json_object
from plexus.transforms.wire import JsonObject
from tests.e2e.running import Running, running
from tests.fakes.native.shapes import TOKENS, Piece, Stop, Tokens
from tests.fakes.provider import Provider
from tests.fakes.replies import NATIVE, Native
from tests.fakes.script import Reply, json_reply, stream
from tests.matrix.asked import Asked
from tests.matrix.client_chat import ChatClient
from tests.matrix.client_gemini import GeminiClient
from tests.matrix.client_messages import MessagesClient
from tests.matrix.client_responses import ResponsesClient
from tests.matrix.reading import read
from tests.matrix.talk import Client
from tests.matrix.targets import TARGETS, Target
from tests.matrix.validate import problems

KEY = "sk-plexus-matrix"
CLIENTS = (ChatClient, ResponsesClient, MessagesClient, GeminiClient)


@dataclass(slots=True, kw_only=True)
class Pair:
    """A client, and the provider behind the gateway that answers it."""

    client: Client
    target: Target
    provider: Provider
    gateway: Running
    stage: Stage

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.client.name}→{self.target.name}"

    @property
    def native(self) -> Native:
        """What this provider can say."""
        return NATIVE[self.target.dialect]

    @property
    def same(self) -> bool:
        """Whether nothing is translated."""
        return self.client.name == self.target.dialect

    def new_id(self) -> str:
        """An id for a call that no other conversation has."""
        return f"call_{next(self.stage.ids)}"

    @property
    def alias(self) -> str:
        """The model name that leads to the provider."""
        return self.target.name

    def will_answer(
        self, *pieces: Piece, streamed: bool, stop: Stop = "end", tokens: Tokens = TOKENS
    ) -> None:
        """Let the provider answer the next request so."""
        self.provider.script(
            answer(self.native, *pieces, streamed=streamed, stop=stop, tokens=tokens)
        )

    def body(self, number: int = -1) -> JsonObject:
        """The body of a request that the provider got; the latest by default."""
        return as_json_object(self.provider.requests[number].body)

    def asked(self, number: int = -1) -> Asked:
        """The content of a request that the provider got; raise if it would refuse it."""
        request = self.provider.requests[number]
        found = problems(self.target, request, native=self.same)
        assert not found, f"{self.target.name} would refuse this: " + "; ".join(found)
        return read(self.target.dialect, self.body(number))


def answer(
    native: Native, *pieces: Piece, streamed: bool, stop: Stop = "end", tokens: Tokens = TOKENS
) -> Reply:
    """Return a provider's answer, whole or as a stream."""
    if streamed:
        return stream(native.answer_stream(*pieces, stop=stop, tokens=tokens))
    return json_reply(native.answer(*pieces, stop=stop, tokens=tokens))


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything that runs while the matrix is played."""

    gateway: Running
    clients: Mapping[str, Client]
    providers: Mapping[str, Provider]
    ids: Iterator[int] = field(default_factory=count)

    def pair(self, client: str, target: Target) -> Pair:
        """Return a pair, its provider with an empty script."""
        provider = self.providers[target.name]
        provider.forget()
        return Pair(
            client=self.clients[client],
            target=target,
            provider=provider,
            gateway=self.gateway,
            stage=self,
        )


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Run the providers, the gateway and the SDKs until the block is left."""
    async with AsyncExitStack() as stack:
        providers = {t.name: await stack.enter_async_context(Provider()) for t in TARGETS}
        gateway = await stack.enter_async_context(running(folder, configuration(providers)))
        clients: dict[str, Client] = {}
        for make in CLIENTS:
            client = clients[make.name] = make(gateway.url, KEY)
            stack.push_async_callback(client.close)
        yield Stage(gateway=gateway, clients=clients, providers=providers)


def configuration(providers: Mapping[str, Provider]) -> str:
    """An alias for every target, named like it; no error keeps a provider from the next case."""
    sections = [_provider(target, providers[target.name].url) for target in TARGETS]
    aliases = [
        f'  "{t.name}": {{targets: [{{provider: "{t.name}", model: "{t.model}"}}]}}'
        for t in TARGETS
    ]
    return "\n".join(
        [
            "adminKey: admin-secret",
            "providers:",
            *sections,
            "models:",
            *aliases,
            f"keys: {{matrix: {{secret: {KEY}}}}}",
            "",
        ]
    )


def _provider(target: Target, url: str) -> str:
    base = url + ("" if target.dialect == "gemini" else "/v1")
    quirks = f"quirks: [{target.quirk}], " if target.quirk else ""
    return (
        f'  "{target.name}": {{api_base_url: {{{target.dialect}: "{base}"}}, api_key: sk-upstream, '
        f'{quirks}disable_cooldown: true, models: ["{target.model}"]}}'
    )
