"""Targets rest after failures: for how long, which ones, and when that is over."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

import pytest

from plexus.addons.routing.cooldowns import COUNT_KEPT_S, Cooldowns
from plexus.addons.routing.rest import RestRules
from plexus.addons.routing.rests import Place
from plexus.store.cooldowns import MOST
from plexus.store.records import CooldownRecord
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import provider, target

DOWN = GatewayError(Kind.UPSTREAM_DOWN, "oops", upstream_status=500)
BAD_KEY = GatewayError(Kind.UPSTREAM_AUTH, "no", upstream_status=401)
FAST = target("acme/fast")


def busy(seconds: float | None = None) -> GatewayError:
    """A 429, with or without a wait."""
    return GatewayError(Kind.RATE_LIMITED, "slow down", retry_after=seconds, upstream_status=429)


@dataclass(slots=True)
class Clocks:
    """A clock on the wall and a monotonic one, which go together unless somebody turns one."""

    wall: float = 1_800_000_000.0
    monotonic: float = 5_000.0
    rules: RestRules = field(default_factory=RestRules)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.monotonic += seconds

    def cooldowns(self) -> Cooldowns:
        """Cooldowns by these clocks."""
        return Cooldowns(
            lambda: self.wall, rules=lambda: self.rules, monotonic=lambda: self.monotonic
        )


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def rests(clocks: Clocks) -> Cooldowns:
    return clocks.cooldowns()


def fail(rests: Cooldowns, clocks: Clocks, error: GatewayError = DOWN) -> None:
    """Let an attempt begin a second from now, take a second and fail."""
    clocks.pass_by(2)
    rests.failed(FAST, error, clocks.monotonic - 1)


def rest_out(rests: Cooldowns, clocks: Clocks) -> float:
    """Wait until the target may be asked again; return how long that took."""
    left = rests.remaining_s(FAST)
    assert left is not None
    clocks.pass_by(left - 0.25)
    assert rests.blocked(FAST)
    clocks.pass_by(0.25)
    assert rests.blocked(FAST) is None
    return left


def restarted(rests: Cooldowns, clocks: Clocks) -> Cooldowns:
    """What a gateway knows that starts with what the other one saved."""
    again = clocks.cooldowns()
    again.adopt(rests.unsaved())
    return again


def stored(rests: Cooldowns) -> list[CooldownRecord]:
    """What the store holds after this gateway wrote into it."""
    return [replace(record, set_by="us") for record in rests.unsaved()]


def test_nothing_rests_at_first(rests: Cooldowns) -> None:
    assert rests.blocked(FAST) is None
    assert rests.remaining_s(FAST) is None
    assert rests.entries() == []


def test_each_failure_in_a_row_doubles_the_rest_up_to_five_hours(
    rests: Cooldowns, clocks: Clocks
) -> None:
    minutes = []
    for _ in range(10):
        fail(rests, clocks)
        minutes.append(rest_out(rests, clocks) / 60)
    assert minutes == pytest.approx([2, 4, 8, 16, 32, 64, 128, 256, 300, 300])


def test_a_resting_target_says_how_long_how_often_and_why(rests: Cooldowns, clocks: Clocks) -> None:
    fail(rests, clocks, busy())
    fail(rests, clocks, busy(93))
    assert rests.blocked(FAST) == "on cooldown for 93 s after 2 failures (429: slow down)"
    clocks.pass_by(3600)
    rests.succeeded(FAST, clocks.monotonic - 1)
    fail(rests, clocks)
    assert rests.blocked(FAST) == "on cooldown for 120 s after 1 failure (500: oops)"


def test_the_wait_that_was_asked_for_replaces_the_formula_and_counts(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks, busy(30))
    assert rest_out(rests, clocks) == pytest.approx(30)
    fail(rests, clocks, busy())
    assert rest_out(rests, clocks) == pytest.approx(240)


def test_it_is_quiet_until_something_rests(rests: Cooldowns, clocks: Clocks) -> None:
    assert rests.is_quiet
    fail(rests, clocks)
    assert not rests.is_quiet
    rests.clear()
    assert rests.is_quiet


def test_success_ends_rest_and_count(rests: Cooldowns, clocks: Clocks) -> None:
    for _ in range(3):
        fail(rests, clocks)
        rest_out(rests, clocks)
    rests.succeeded(FAST, clocks.monotonic)
    fail(rests, clocks)
    assert rest_out(rests, clocks) == pytest.approx(120)


def test_a_success_that_began_before_the_failure_does_not_end_the_rest(
    rests: Cooldowns, clocks: Clocks
) -> None:
    began = clocks.monotonic
    fail(rests, clocks, busy(60))
    rests.succeeded(FAST, began)
    assert rests.blocked(FAST)


def test_parallel_failures_of_one_outage_count_once(rests: Cooldowns, clocks: Clocks) -> None:
    began = clocks.monotonic
    for _ in range(10):
        clocks.pass_by(0.1)
        rests.failed(FAST, DOWN, began)
    (resting,) = rests.entries()
    assert (resting.failures, round(resting.remaining_s)) == (1, 119)


def test_a_wait_asked_for_survives_the_parallel_failures_around_it(
    rests: Cooldowns, clocks: Clocks
) -> None:
    began = clocks.monotonic
    clocks.pass_by(1)
    for error in (busy(), busy(600), busy(), busy(5)):
        rests.failed(FAST, error, began)
    (resting,) = rests.entries()
    assert (resting.failures, resting.remaining_s) == (1, 600)


def test_parallel_failures_that_ask_for_the_same_wait_are_told_of_once(
    rests: Cooldowns, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    began = clocks.monotonic
    for _ in range(5):
        clocks.pass_by(0.01)
        rests.failed(FAST, busy(60), began)
    assert caplog.text.count("cooldown.began target='acme/fast'") == 1


def test_a_failure_that_began_before_the_last_success_changes_nothing(
    rests: Cooldowns, clocks: Clocks
) -> None:
    began = clocks.monotonic
    clocks.pass_by(5)
    rests.succeeded(FAST, clocks.monotonic - 1)
    rests.failed(FAST, DOWN, began)
    assert rests.blocked(FAST) is None


def test_a_wait_asked_for_is_honoured_also_by_a_failure_that_began_before_a_success(
    rests: Cooldowns, clocks: Clocks
) -> None:
    began = clocks.monotonic
    clocks.pass_by(5)
    rests.succeeded(FAST, clocks.monotonic - 1)
    rests.failed(FAST, busy(30), began)
    assert rests.blocked(FAST) == "on cooldown for 30 s after 1 failure (429: slow down)"


def test_a_failure_that_calls_for_no_rest_is_no_failure(rests: Cooldowns, clocks: Clocks) -> None:
    fail(rests, clocks, GatewayError(Kind.TOO_LARGE, "x", upstream_status=413))
    fail(rests, clocks, GatewayError(Kind.UPSTREAM_INVALID, "no JSON"))
    assert (rests.entries(), rests.unsaved()) == ([], [])


@pytest.mark.parametrize("error", [busy(), BAD_KEY])
def test_a_failure_of_the_key_leaves_the_providers_other_keys_in_use(
    rests: Cooldowns, error: GatewayError
) -> None:
    one, other = target(api_key="sk-one"), target(api_key="sk-two")
    rests.failed(one, error, 1)
    assert rests.blocked(one)
    assert rests.blocked(other) is None
    rests.succeeded(other, 2)
    assert rests.blocked(one)


def test_a_failure_of_the_model_puts_it_to_rest_with_every_key(rests: Cooldowns) -> None:
    one, other = target(api_key="sk-one"), target(api_key="sk-two")
    rests.failed(one, DOWN, 1)
    assert rests.blocked(one) and rests.blocked(other)
    assert rests.blocked(target("acme/slow")) is None


def test_the_longest_of_the_rests_that_apply_is_told(rests: Cooldowns) -> None:
    one = target(api_key="sk-one")
    rests.failed(one, DOWN, 1)
    rests.failed(one, busy(30), 1)
    assert rests.remaining_s(one) == 120
    rests.put_to_rest("acme", 900, "the quota is spent")
    assert rests.blocked(one) == "on cooldown for 900 s (the quota is spent)"


def test_a_provider_can_be_put_to_rest_whatever_its_models_answer(
    rests: Cooldowns, clocks: Clocks
) -> None:
    rests.put_to_rest("acme", 900, "")
    clocks.pass_by(1)
    rests.succeeded(FAST, clocks.monotonic)
    assert rests.blocked(FAST) == "on cooldown for 899 s"
    assert rests.blocked(target("other/fast")) is None
    assert rests.clear("acme", "") == 1
    assert rests.blocked(FAST) is None


def test_a_failure_does_not_shorten_what_somebody_ordered(rests: Cooldowns, clocks: Clocks) -> None:
    rests.put_to_rest("acme", 900, "maintenance", model="fast")
    fail(rests, clocks)
    assert rests.remaining_s(FAST) == 898


def test_disable_cooldown_records_nothing_and_ignores_what_is_there(
    rests: Cooldowns, clocks: Clocks
) -> None:
    calm = target(provider=provider("acme", disable_cooldown=True))
    fail(rests, clocks)
    rests.put_to_rest("acme", 900, "quota")
    assert rests.blocked(FAST)
    assert rests.blocked(calm) is None
    assert rests.remaining_s(calm) is None
    clocks.rules = RestRules(exempt=frozenset({"acme"}))
    rests.prune()
    rests.failed(calm, DOWN, clocks.monotonic)
    assert rests.entries() == []
    assert {record.failures for record in rests.unsaved()} == {0}


def test_a_changed_configuration_takes_effect_at_the_next_failure(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks)
    clocks.rules = RestRules(first_s=10, longest_s=15)
    fail(rests, clocks)
    assert rests.remaining_s(FAST) == 15


def test_a_restart_keeps_rests_and_counts(rests: Cooldowns, clocks: Clocks) -> None:
    fail(rests, clocks)
    again = restarted(rests, clocks)
    assert again.entries() == rests.entries()
    rest_out(again, clocks)
    clocks.pass_by(60)
    once_more = restarted(rests, clocks)
    assert once_more.blocked(FAST) is None
    fail(once_more, clocks)
    assert rest_out(once_more, clocks) == pytest.approx(240)


def test_a_count_is_forgotten_after_a_day_of_peace(rests: Cooldowns, clocks: Clocks) -> None:
    fail(rests, clocks)
    rest_out(rests, clocks)
    clocks.pass_by(COUNT_KEPT_S + 1)
    rests.prune()
    fail(rests, clocks)
    assert rest_out(rests, clocks) == pytest.approx(120)


def test_a_clock_that_is_set_back_or_forward_changes_no_rest(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks)
    for turned in (-86_400, 2 * 86_400):
        clocks.wall += turned
        assert rests.remaining_s(FAST) == 120
    clocks.wall -= 86_400
    assert restarted(rests, clocks).remaining_s(FAST) == 120


def test_a_rest_is_never_longer_after_a_restart_with_a_clock_set_back(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks)
    saved = rests.unsaved()
    clocks.wall -= 36_000
    again = clocks.cooldowns()
    again.adopt(saved)
    assert again.remaining_s(FAST) == 120


def test_names_with_colons_slashes_and_common_beginnings_are_told_apart(
    rests: Cooldowns, clocks: Clocks
) -> None:
    names = [("a:b", "c"), ("a", "b:c"), ("a", "b/c:free"), ("a/b", "c"), ("a", "gpt-4"),
             ("a", "gpt-4o")]  # fmt: skip
    targets = [target(f"x/{model}", provider=provider(owner)) for owner, model in names]
    rests.failed(targets[0], DOWN, 1)
    rests.failed(targets[2], DOWN, 1)
    rests.failed(targets[4], DOWN, 1)
    assert [rests.blocked(one) is not None for one in targets] == [True, False] * 3
    again = restarted(rests, clocks)
    assert {entry.place[:2] for entry in again.entries()} == {names[0], names[2], names[4]}
    assert rests.clear("a", "gpt-4") == 1
    assert rests.clear("a", "gpt-4") == 0
    assert rests.clear("a") == 1
    assert {entry.place[:2] for entry in rests.entries()} == {("a:b", "c")}


def test_rests_can_be_cleared_by_model_and_all_at_once(rests: Cooldowns) -> None:
    for name in ("a/x", "b/x", "b/y"):
        rests.failed(target(name), DOWN, 1)
    assert rests.clear(model="x") == 2
    assert [entry.place for entry in rests.entries()] == [Place("b", "y", "")]
    assert rests.clear() == 1
    assert rests.entries() == []


def test_the_list_tells_everything_and_flags_bad_keys(rests: Cooldowns, clocks: Clocks) -> None:
    keyed = target(api_key="sk-one")
    rests.failed(keyed, BAD_KEY, 1)
    rests.failed(target("gone/away"), DOWN, 1)  # whether or not the provider is still configured
    clocks.pass_by(20)
    first, second = rests.entries()
    assert first.place == Place("acme", "fast", keyed.credential)
    assert (first.failures, first.last_error, first.credential_problem) == (1, "401: no", True)
    assert (first.remaining_s, first.expires_at) == (100, clocks.wall + 100)
    assert (second.place, second.credential_problem) == (Place("gone", "away", ""), False)
    clocks.pass_by(100)
    assert rests.entries() == []


def test_another_gateways_rest_and_its_end_are_taken_over(clocks: Clocks) -> None:
    one, other = clocks.cooldowns(), clocks.cooldowns()
    began = clocks.monotonic
    fail(one, clocks)
    other.adopt(one.unsaved())
    assert other.blocked(FAST) == one.blocked(FAST)
    other.failed(FAST, DOWN, began)  # was under way when the other one found out
    assert other.entries() == one.entries()
    clocks.pass_by(121)
    other.succeeded(FAST, clocks.monotonic - 1)
    one.adopt(other.unsaved())
    one.failed(FAST, DOWN, clocks.monotonic - 1)  # late news
    assert one.blocked(FAST) is None


def test_what_is_older_than_what_is_known_is_not_taken_over(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks)
    old = rests.unsaved()
    rests.clear()
    rests.adopt(old)
    assert rests.blocked(FAST) is None


def test_what_is_found_in_the_store_is_not_saved_again_until_it_changes(
    rests: Cooldowns, clocks: Clocks
) -> None:
    fail(rests, clocks)
    records = stored(rests)
    fail(rests, clocks)
    rests.adopt(records, "us")
    (newer,) = rests.unsaved()
    assert newer.failures == 2
    rests.adopt(stored(rests), "us")
    assert rests.unsaved() == []
    assert rests.entries()[0].failures == 2


def test_the_log_names_the_target_and_never_the_providers_words(
    rests: Cooldowns, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fail(rests, clocks)
    clocks.pass_by(1)
    rests.succeeded(FAST, clocks.monotonic)
    assert [record.getMessage() for record in caplog.records] == [
        "cooldown.began target='acme/fast' kind=upstream_down status=500 failures=1 for_s=120",
        "cooldown.ended target='acme/fast' failures=1",
    ]


def test_successes_at_invented_names_are_not_remembered_without_end(
    rests: Cooldowns, clocks: Clocks
) -> None:
    for number in range(MOST + 1):
        rests.succeeded(target(f"acme/{number}"), 1)
    rests.failed(target("acme/0"), DOWN, clocks.monotonic)
    rests.failed(target("acme/1"), DOWN, clocks.monotonic)
    assert [entry.place.model for entry in rests.entries()] == ["0"]
