"""Targets that nobody measured lately are measured in the background."""

from pathlib import Path

import httpx

from tests.e2e.running import running
from tests.fakes.provider import Provider


def configuration(provider: Provider) -> str:
    """An alias on two models; whatever was not measured a moment ago is probed."""
    return f"""
        adminKey: admin-secret-for-tests
        providers:
          acme: {{api_base_url: "{provider.url}/v1", api_key: sk-x, models: [one, two]}}
        models:
          m:
            selector: latency
            targets: [{{provider: acme, model: one}}, {{provider: acme, model: two}}]
        keys:
          app: {{secret: sk-plexus-app}}
        backgroundExploration: {{enabled: true, stalenessThresholdSeconds: 0.001}}
        """


async def test_a_call_has_the_other_targets_measured(tmp_path: Path, provider: Provider) -> None:
    async with running(tmp_path, configuration(provider)) as gateway:
        async with httpx.AsyncClient() as client:
            reply = await client.post(
                f"{gateway.url}/v1/chat/completions",
                json={"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
                headers={"authorization": "Bearer sk-plexus-app"},
            )
        await provider.received(3)  # the call, and a probe of each model
    asked = sorted((str(r.body["model"]), bool(r.body.get("stream"))) for r in provider.requests)
    assert reply.status_code == 200
    assert asked == [("one", False), ("one", True), ("two", True)]
