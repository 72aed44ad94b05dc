"""Rules among keys, quotas and the admin key."""

from __future__ import annotations

from collections.abc import Iterator

from plexus.config.draft import Draft
from plexus.config.problems import At, Problem, did_you_mean, dotted


def key_problems(draft: Draft, admin_key: str | None) -> Iterator[Problem]:
    """Yield what is wrong with the keys as a whole (controlplane.md §0 D3, §1.6, §11.2).

    No message holds a secret.
    """
    if draft.keys is not None and admin_key is None:
        remedy = "set adminKey in the file or ADMIN_KEY in the environment"
        yield Problem(at=("adminKey",), message="is required when there are keys", remedy=remedy)
    yield from _shared_secrets(draft, admin_key)
    yield from _unknown_quotas(draft)


def key_warnings(draft: Draft, admin_key: str | None) -> Iterator[str]:
    """Yield what an operator should know about who may do what."""
    if draft.keys is None:
        yield OPEN
    elif not draft.keys:
        yield "keys: is empty, so nobody may call"
    if admin_key is None:
        yield NO_ADMIN


OPEN = "keys: there is no such section, so whoever reaches the port may call"
NO_ADMIN = "adminKey: is not set (nor is ADMIN_KEY), so management and dashboard are refused"


def _shared_secrets(draft: Draft, admin_key: str | None) -> Iterator[Problem]:
    holders: dict[str, str] = {}
    for name, key in (draft.keys or {}).items():
        at: At = ("keys", name, "secret")
        first = holders.setdefault(key.secret, name)
        if first != name:
            message = f"is the same as that of {dotted(('keys', first))}"
            yield Problem(at=at, message=message, remedy="give each key its own")
        if key.secret == admin_key:
            yield Problem(at=at, message="is the same as the admin key", remedy="change one")


def _unknown_quotas(draft: Draft) -> Iterator[Problem]:
    known = draft.written.get("user_quotas", frozenset())
    named: list[tuple[At, str]] = []
    for name, key in (draft.keys or {}).items():
        if key.quota is not None:
            named.append((("keys", name, "quota"), key.quota))
        named += [(("keys", name, "quotas", n), quota) for n, quota in enumerate(key.quotas or ())]
    named += [(("default_quotas", n), q) for n, q in enumerate(draft.settings.default_quotas)]
    for at, quota in named:
        if quota not in known:
            remedy = did_you_mean(quota, sorted(known)) if known else "add it to user_quotas"
            yield Problem(at=at, message=f'there is no user quota "{quota}"', remedy=remedy)
