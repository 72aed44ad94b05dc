"""The gateway's configurations that are measured. A new one is one entry in `SETUPS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.bench.bodies import ALIAS
from tests.bench.scenario import KEY

ALIASES: Final = 50
KEYS: Final = 1_000

_BASE: Final = """\
adminKey: bench-admin-key
intercept: {{mode: route}}
providers:
  upstream:
    api_base_url: {{chat: "http://127.0.0.1:{upstream}/v1"}}
    api_key: sk-upstream
    models:
      bench-model:
        pricing: {{source: simple, input: 1, output: 2}}
models:
{aliases}
keys:
{keys}
"""
_QUOTA: Final = """\
user_quotas:
  plenty: {type: rolling, duration: 1d, limitType: tokens, limit: 1000000000000}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the configuration file says, given the provider's port, and the environment's part."""

    yaml: Callable[[int], str]
    env: Mapping[str, str] = field(default_factory=dict)


def plain(upstream: int) -> str:
    """A provider, an alias, a key; all setups answer the same calls."""
    return _BASE.format(upstream=upstream, aliases=_alias(ALIAS), keys=_key("bench", KEY))


def quota(upstream: int) -> str:
    """The key has a quota that it never reaches."""
    return plain(upstream).replace(f"secret: {KEY}", f"secret: {KEY}, quota: plenty") + _QUOTA


def crowd(upstream: int) -> str:
    """The alias and the key are the last of many."""
    aliases = [_alias(f"other-{n}") for n in range(ALIASES - 1)]
    keys = [_key(f"other-{n}", f"sk-other-{n}") for n in range(KEYS - 1)]
    return _BASE.format(
        upstream=upstream,
        aliases="\n".join([*aliases, _alias(ALIAS)]),
        keys="\n".join([*keys, _key("bench", KEY)]),
    )


def _alias(name: str) -> str:
    return f"  {name}: {{targets: [{{provider: upstream, model: bench-model}}]}}"


def _key(name: str, secret: str) -> str:
    return f"  {name}: {{secret: {secret}}}"


SETUPS: Final[Mapping[str, Setup]] = {
    "plain": Setup(yaml=plain),
    "quota": Setup(yaml=quota),
    "traced": Setup(yaml=plain, env={"DEBUG": "true"}),
    "crowd": Setup(yaml=crowd),
}
