"""Who can be asked right now, and what is said when nobody can."""

from plexus.addons.exchange import Target
from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.routing.sieve import Sieve, is_open
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import key, provider, target
from tests.addons.routing.selectors.choosing import candidate


def health(*resting: Target) -> Health:
    made = Health(cooldowns=Cooldowns(lambda: 1000.0, monotonic=lambda: 100.0))
    error = GatewayError(Kind.RATE_LIMITED, "slow down", upstream_status=429, retry_after=30.0)
    for one in resting:
        made.cooldowns.failed(one, error, 50.0)
    return made


def sieve(of: Health, **other: object) -> Sieve:
    return Sieve(**{"health": of, "key": None, "skipped": [], **other})  # type: ignore[arg-type]  # of these types


def limited(name: str) -> Candidate:
    one = target(name, provider=provider(name.partition("/")[0], max_concurrency=1))
    return candidate(name, target=one, keyed=(one,), is_limited=True)


def test_the_rested_and_free_pass_in_order() -> None:
    candidates = [candidate("a/x"), candidate("b/y")]
    one = sieve(health())
    assert list(one.kept(candidates)) == candidates
    assert (one.skipped, one.keyed(candidates[0])) == ([], candidates[0].keyed)


def test_a_provider_without_cooldowns_is_not_asked_about() -> None:
    spared = target("a/x", provider=provider("a", disable_cooldown=True))
    made = health(target("a/x"))
    assert sieve(made).kept([candidate("a/x")]) == []
    exempt = candidate("a/x", target=spared, keyed=(spared,))
    assert list(sieve(made).kept([exempt])) == [exempt]


def test_what_is_not_for_the_key_is_held_back_for_good() -> None:
    one = sieve(health(), key=key(excluded_providers=frozenset({"a"})))
    assert one.kept([candidate("a/x")]) == []
    refusal = one.refusal("m")
    assert refusal.kind is Kind.UNAVAILABLE
    assert refusal.message == "no target of 'm' can be used: a/x: not for this key"
    assert refusal.retry_after is None


def test_a_forgiving_one_lets_the_resting_through_but_not_the_forbidden() -> None:
    candidates = [candidate("a/x"), candidate("b/y")]
    made = health(target("a/x"))
    assert list(sieve(made, is_forgiving=True).kept(candidates)) == candidates
    barred = key(excluded_providers=frozenset({"b"}))
    assert list(sieve(made, key=barred, is_forgiving=True).kept(candidates)) == candidates[:1]


def test_only_full_ones_make_a_429() -> None:
    made, full = health(), limited("a/x")
    made.slots.take(full.target)
    one = sieve(made)
    assert one.kept([full]) == []
    refusal = one.refusal("m")
    assert (refusal.status, refusal.code, refusal.retry_after) == (429, "concurrency_exceeded", 1.0)


def test_the_wait_is_that_of_the_first_who_is_back() -> None:
    made, full = health(target("b/y")), limited("a/x")
    made.slots.take(full.target)
    both = sieve(made)
    assert both.kept([full, candidate("b/y")]) == []
    assert (both.refusal("m").status, both.refusal("m").retry_after) == (503, 1.0)
    alone = sieve(made)
    assert alone.kept([candidate("b/y")]) == []
    assert alone.refusal("m").retry_after == 30.0


def test_an_alias_without_targets_says_so() -> None:
    assert sieve(health()).refusal("m").message == (
        "no target of 'm' can be used: it has no targets"
    )


def test_it_is_open_while_nobody_rests_and_the_key_may_use_every_provider() -> None:
    quiet, busy = health(), health(target("a/x"))
    assert is_open(quiet, None, is_forgiving=False)
    assert is_open(quiet, key(allowed_models=frozenset({"m"})), is_forgiving=False)
    assert not is_open(quiet, key(allowed_providers=frozenset({"a"})), is_forgiving=True)
    assert not is_open(busy, None, is_forgiving=False)
    assert is_open(busy, None, is_forgiving=True)


def test_a_full_target_is_held_back_although_nobody_rests() -> None:
    full, free = limited("a/x"), candidate("b/y")
    made = health()
    made.slots.take(full.target)
    one = sieve(made)
    assert list(one.kept([full, free])) == [free]
    assert one.skipped == ["a/x: concurrency limit of 1 reached for a"]
