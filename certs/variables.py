"""The environment variables by which programs learn of a proxy and of roots to trust.

git, pip and cargo are left out on purpose: their hosts are never intercepted, so they need no CA
of ours, and `GIT_SSL_CAINFO` would override a root set in git's own configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable, and for whom it is.

    `holds`: our proxy's URL; the combined bundle, where the variable replaces all other roots; our
    CA alone, where it adds to them (the bundle if the parent had added roots of its own); a `1`.
    """

    name: str
    holds: Literal["proxy", "bundle", "added", "1"]
    purpose: str


# What works for which client was tried with each (spec/clients.md); AWS, Deno, gRPC, Codex's own
# variable, Nix and Node's proxy switch are as their makers document them.
VARIABLES: Final = (
    Variable(name="HTTPS_PROXY", holds="proxy", purpose="every client that knows proxies"),
    Variable(name="https_proxy", holds="proxy", purpose="the same; some prefer lower case"),
    Variable(
        name="NODE_USE_ENV_PROXY",
        holds="1",
        purpose="Node 22.21, 24.5 and later, which heed HTTPS_PROXY only with it",
    ),
    Variable(
        name="SSL_CERT_FILE",
        holds="bundle",
        purpose="Python SDKs, llm, aider, Codex, Go (Linux), Ruby, most of Rust",
    ),
    Variable(
        name="NODE_EXTRA_CA_CERTS",
        holds="added",
        purpose="Node SDKs, Gemini CLI, pi, Claude Code, opencode, Bun",
    ),
    Variable(name="REQUESTS_CA_BUNDLE", holds="bundle", purpose="Python's requests"),
    Variable(name="CURL_CA_BUNDLE", holds="bundle", purpose="curl"),
    Variable(name="AWS_CA_BUNDLE", holds="bundle", purpose="AWS SDKs and CLI"),
    Variable(name="DENO_CERT", holds="added", purpose="Deno"),
    Variable(
        name="GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
        holds="bundle",
        purpose="gRPC, in Google Cloud's libraries",
    ),
    Variable(name="CODEX_CA_CERTIFICATE", holds="bundle", purpose="Codex, before SSL_CERT_FILE"),
    Variable(name="NIX_SSL_CERT_FILE", holds="bundle", purpose="Nix builds, before SSL_CERT_FILE"),
)
