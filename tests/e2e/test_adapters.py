"""Every adapter, configured as the documentation shows it: what the provider really receives."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from plexus.transforms import plugins
from plexus.transforms.dialects.anthropic.identity import safe_id
from plexus.transforms.wire import JsonObject
from tests.e2e.running import running
from tests.fakes.provider import Provider
from tests.repository import ROOT

EXAMPLE = re.compile(r"^### `(\w+)`\n(?:(?!^##).)*?```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)
USER: JsonObject = {"role": "user", "content": "Hi"}
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
SEARCH: JsonObject = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}


def called(identity: str) -> list[JsonObject]:
    """A history of Anthropic's with a tool's call and result."""
    return [
        USER,
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": identity, "name": "f", "input": {}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": identity, "content": "ok"}],
        },
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a client says of its call to a model `glm`, and what comes of it."""

    sent: JsonObject
    received: JsonObject  # fields; `...` stands for one that is gone
    plain: JsonObject  # the same without the adapter
    dialect: str = "chat"  # the client's and the provider's
    client: str | None = None  # the client's, if it is another


GONE = ...
OVERRIDE: JsonObject = {"reasoning_effort": "none"}
CASES: dict[str, Case] = {
    "reasoning_content": Case(
        sent={"messages": [USER, {"role": "assistant", "content": "x", "reasoning": "hm"}, USER]},
        received={
            "messages": [
                USER,
                {"role": "assistant", "content": "x", "reasoning_content": "hm"},
                USER,
            ]
        },
        plain={"messages": [USER, {"role": "assistant", "content": "x", "reasoning": "hm"}, USER]},
    ),
    "suppress_developer_role": Case(
        sent={"messages": [{"role": "developer", "content": "Brief."}, USER]},
        received={"messages": [{"role": "system", "content": "Brief."}, USER]},
        plain={"messages": [{"role": "developer", "content": "Brief."}, USER]},
    ),
    "model_override": Case(
        sent=OVERRIDE,
        received={"model": "glm-fast", **OVERRIDE},
        plain={"model": "glm", **OVERRIDE},
    ),
    "model_override, translated": Case(
        client="responses",
        sent={"reasoning": {"effort": "none"}, "input": "Hi"},
        received={"model": "glm-fast", **OVERRIDE},
        plain={"model": "glm", **OVERRIDE},
    ),
    "reasoning_rewrite": Case(
        sent={"reasoning_effort": "low"},
        received={"thinking": {"budget": 1024}, "reasoning_effort": GONE},
        plain={"reasoning_effort": "low", "thinking": GONE},
    ),
    "web_search_coercion": Case(
        dialect="messages",
        sent={"tools": [{"type": "web_search_preview"}], "max_tokens": 9},
        received={"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]},
        plain={"tools": [{"type": "web_search_preview"}]},
    ),
    "strip_unsupported_tool_search": Case(
        dialect="messages",
        sent={"tools": [SEARCH, {"name": "f", "input_schema": {}}], "max_tokens": 9},
        received={"tools": [{"name": "f", "input_schema": {}}]},
        plain={"tools": [SEARCH, {"name": "f", "input_schema": {}}]},
    ),
    "suppress_unsupported_gpt5_options": Case(
        sent={"temperature": 0.5, "max_completion_tokens": 9, "seed": 1},
        received={"temperature": GONE, "max_completion_tokens": GONE, "seed": 1},
        plain={"temperature": 0.5, "max_completion_tokens": 9, "seed": 1},
    ),
    # Applies unasked; the example takes it away.
    "normalize_anthropic_tool_ids": Case(
        dialect="messages",
        sent={"messages": called("call.1|x"), "max_tokens": 9},
        received={"messages": called("call.1|x")},
        plain={"messages": called(safe_id("call.1|x"))},
    ),
}


def documented() -> dict[str, str]:
    """The example of each adapter in the documentation."""
    text = (ROOT / "docs/providers.md").read_text().partition("\n## Adapters\n")[2]
    return dict(EXAMPLE.findall(text))


def configuration(provider: Provider, dialect: str, example: str) -> str:
    """Three providers: without the adapter, with it, with it at the model only."""
    head = f"api_base_url: {{{dialect}: '{provider.url}/v1'}}\napi_key: sk-x\n"
    sections = {
        "plain": f"{head}models: [glm]\n",
        "own": f"{head}models: [glm]\n{example}",
        "models": f"{head}models:\n  glm:\n{textwrap.indent(example, '    ')}",
    }
    providers = "".join(
        f"  {name}:\n{textwrap.indent(section, '    ')}" for name, section in sections.items()
    )
    aliases = "".join(
        f"  {name}: {{targets: [{{provider: {name}, model: glm}}]}}\n" for name in sections
    )
    return f"providers:\n{providers}models:\n{aliases}"


def seen(body: JsonObject, wanted: JsonObject) -> JsonObject:
    """The fields of a body that a case is about."""
    return {key: body.get(key, GONE) for key in wanted}


def test_each_adapter_has_an_example_and_a_case() -> None:
    adapters = set(plugins.adapters())
    assert set(documented()) == adapters
    assert {name.partition(",")[0] for name in CASES} == adapters


@pytest.mark.parametrize("name", CASES)
async def test_what_is_documented_changes_what_the_provider_receives(
    tmp_path: Path, provider: Provider, name: str
) -> None:
    case = CASES[name]
    client = case.client or case.dialect
    config = configuration(provider, case.dialect, documented()[name.partition(",")[0]])
    messages: JsonObject = {} if client == "responses" else {"messages": [USER]}
    async with running(tmp_path, config) as gateway, httpx.AsyncClient() as http:
        assert not [w for w in gateway.gateway.services.config.current.warnings if "adapter" in w]
        for model in ("plain", "own", "models"):
            body = {"model": model, **messages, **case.sent}
            reply = await http.post(gateway.url + PATHS[client], json=body)
            assert reply.status_code == 200, reply.text
    bodies = [request.body for request in provider.requests]
    assert all(isinstance(body, dict) for body in bodies)
    plain, own, models = bodies
    assert seen(plain, case.plain) == case.plain
    assert seen(own, case.received) == seen(models, case.received) == case.received
