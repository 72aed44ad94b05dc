"""Plans that an operator sees, and that an operator's script changes."""

import re
from pathlib import Path

import httpx
import pytest

from plexus.transforms.wire import parse_object
from tests.e2e.running import Running, running
from tests.fakes.provider import Provider
from tests.repository import ROOT

EXAMPLE = re.compile(r"^```python\n(.*?class InEurope.*?)```", re.DOTALL | re.MULTILINE)
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def configuration(provider: Provider) -> str:
    """An alias on two providers, one of them in Europe."""
    return f"""
        adminKey: admin-secret-for-tests
        providers:
          us-one: {{api_base_url: "{provider.url}/v1", api_key: sk-us, models: [big]}}
          eu-one: {{api_base_url: "{provider.url}/v1", api_key: sk-eu, models: [big]}}
        models:
          m:
            selector: in_order
            targets: [{{provider: us-one, model: big}}, {{provider: eu-one, model: big}}]
          far: {{targets: [{{provider: us-one, model: big}}]}}
        keys:
          app: {{secret: sk-plexus-app}}
        """


async def ask(
    gateway: Running, body: dict[str, object] | None = None, **headers: str
) -> httpx.Response:
    sent = {"authorization": "Bearer sk-plexus-app"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{gateway.url}/v1/chat/completions", json=body or BODY, headers=sent
        )


@pytest.fixture
def script(tmp_path: Path) -> str:
    """The example of the documentation, as a file."""
    (found,) = EXAMPLE.findall((ROOT / "docs/routing.md").read_text())
    path = tmp_path / "in_europe.py"
    path.write_text(found)
    return str(path)


async def test_the_documented_script_keeps_calls_in_europe(
    tmp_path: Path, provider: Provider, script: str
) -> None:
    async with running(tmp_path, configuration(provider)) as gateway:
        gateway.master.options.update(scripts=[script])
        europe = await ask(gateway, x_region="eu")
        world = await ask(gateway)
        nobody = await ask(gateway, {**BODY, "model": "far"}, x_region="eu")
        rows = await gateway.rows(3)
    keys = [request.headers["authorization"] for request in provider.requests]
    assert (europe.status_code, world.status_code) == (200, 200)
    assert keys == ["Bearer sk-eu", "Bearer sk-us"]
    assert '"us-one/big: not in Europe"' in (rows[0].routing or "")
    assert nobody.status_code == 503
    assert "us-one/big: not in Europe" in nobody.json()["error"]["message"]


async def test_an_administrator_sees_the_plan_in_the_reply_others_do_not(
    tmp_path: Path, provider: Provider
) -> None:
    asking = {"x_plexus_explain": "1", "x_admin_key": "admin-secret-for-tests"}
    async with running(tmp_path, configuration(provider)) as gateway:
        whole = await ask(gateway, **asking)
        streamed = await ask(gateway, {**BODY, "stream": True}, **asking)
        other = await ask(gateway, x_plexus_explain="1", x_admin_key="guess")
    for reply in (whole, streamed):
        shown = parse_object(reply.headers["x-plexus-plan"].encode())
        assert shown["planned"] == [
            {"target": "us-one/big", "reason": "group default, in_order: 1 of 2"},
            {"target": "eu-one/big", "reason": "group default, in_order: 2 of 2"},
        ]
    assert "x-plexus-plan" not in other.headers
    assert all("x-admin-key" not in request.headers for request in provider.requests)
