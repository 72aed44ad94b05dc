"""From a model name to targets."""

from collections import Counter
from random import Random

import pytest

from plexus.addons.exchange import Plan, Target
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Sample
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import Alias, Snapshot, TargetGroup
from plexus.transforms.codec import Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from tests.addons.factories import (
    alias,
    exchange,
    key,
    plan,
    principal,
    provider,
    ref,
    snapshot,
    target,
)

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
TWO = (provider("a"), provider("b"))
TALK = {"model": "m", "messages": [{"role": "user", "content": "1"}, {"role": "user"}]}


def planned(found: Snapshot, model: str, health: Health | None = None, **who: object) -> Plan:
    return planner(health).plan(Asked(snapshot=found, model=model, principal=principal(**who)))


def planner(health: Health | None = None, draw: float = 0.0) -> Planner:
    return Planner(SELECTORS, health or Health(), lambda: draw)


def resting(*names: str, **other: object) -> Health:
    """A health in which these targets rest for 60 s."""
    health = Health(cooldowns=Cooldowns(lambda: 1000.0, monotonic=lambda: 100.0))
    for name in names:
        fail(health, target(name, **other))
    return health


def fail(health: Health, failing: Target, wait_s: float = 60.0) -> None:
    error = GatewayError(
        Kind.RATE_LIMITED, "too many requests", upstream_status=429, retry_after=wait_s
    )
    health.cooldowns.failed(failing, error, 50.0)


def names(found: Plan) -> list[str]:
    return [one.name for one in found.targets]


def test_an_alias_leads_to_its_targets_in_the_selectors_order() -> None:
    plan = planned(snapshot(alias("fast", "a/x", "b/y"), providers=TWO), "fast")
    assert names(plan) == ["a/x", "b/y"]
    assert plan.canonical == "fast"
    assert plan.targets[0].reason == "group default, in_order: 1 of 2"


def test_an_additional_alias_leads_to_the_same_place() -> None:
    found = snapshot(alias("fast", "a/x", additional=("quick",)), providers=TWO)
    plan = planned(found, "quick")
    assert (plan.requested, plan.canonical, names(plan)) == ("quick", "fast", ["a/x"])


def test_an_alias_name_outranks_another_ones_additional_name() -> None:
    found = snapshot(alias("one", "a/x", additional=("two",)), alias("two", "b/y"), providers=TWO)
    assert names(planned(found, "two")) == ["b/y"]


def test_gemini_clients_prefix_is_taken_off() -> None:
    assert names(planned(snapshot(alias("fast", "a/x"), providers=TWO), "models/fast")) == ["a/x"]


def test_direct_names_a_provider_and_a_model_that_may_hold_slashes() -> None:
    plan = planned(snapshot(providers=TWO), "direct/a/meta/llama:3")
    assert names(plan) == ["a/meta/llama:3"]
    assert plan.canonical is None


def test_direct_finds_a_provider_whose_own_name_holds_a_slash() -> None:
    found = snapshot(providers=(provider("eu"), provider("eu/west")))
    plan = planned(found, "direct/eu/west/m1")
    assert (plan.targets[0].provider.name, plan.targets[0].model.name) == ("eu/west", "m1")


def test_direct_names_a_group_of_an_alias() -> None:
    groups = (
        TargetGroup(name="main", selector="in_order", targets=(ref("a/x"),)),
        TargetGroup(name="spare", selector="in_order", targets=(ref("b/y"),)),
    )
    found = snapshot(Alias(name="fast", groups=groups), providers=TWO)
    assert names(planned(found, "direct/fast/spare")) == ["b/y"]
    assert names(planned(found, "fast")) == ["a/x", "b/y"]
    with pytest.raises(GatewayError, match="no group 'other'"):
        planned(found, "direct/fast/other")


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        ("direct/a", Kind.BAD_REQUEST, "must be direct/<provider>/<model>"),
        ("direct/a/", Kind.BAD_REQUEST, "must be direct/<provider>/<model>"),
        ("direct/nobody/x", Kind.NOT_FOUND, "provider 'nobody' is unknown"),
        ("direct/off/x", Kind.NOT_FOUND, "provider 'off' is disabled"),
        ("fats", Kind.NOT_FOUND, "'fats' does not exist here; did you mean 'fast'?"),
        ("a/x", Kind.NOT_FOUND, "does not exist"),
    ],
)
def test_names_that_lead_nowhere_are_told_why(model: str, kind: Kind, words: str) -> None:
    found = snapshot(alias("fast", "a/x"), providers=(*TWO, provider("off", enabled=False)))
    with pytest.raises(GatewayError, match=words.replace("?", r"\?")) as caught:
        planned(found, model)
    assert caught.value.kind is kind


def test_disabled_targets_and_providers_are_left_out_with_a_reason() -> None:
    found = snapshot(
        alias("fast", "!a/x", "off/y", "gone/z", "b/w"),
        providers=(*TWO, provider("off", enabled=False)),
    )
    plan = planned(found, "fast")
    assert names(plan) == ["b/w"]
    assert plan.skipped == (
        "a/x: target is disabled",
        "off/y: provider is disabled",
        "gone/z: provider 'gone' is not configured",
    )


def test_an_alias_with_nothing_left_is_unavailable_not_unknown() -> None:
    with pytest.raises(GatewayError, match="target is disabled") as caught:
        planned(snapshot(alias("fast", "!a/x"), providers=TWO), "fast")
    assert caught.value.kind is Kind.UNAVAILABLE


def test_aliases_nest_and_cycles_end() -> None:
    found = snapshot(alias("top", "a/x", "@low"), alias("low", "b/y", "@top"), providers=TWO)
    assert names(planned(found, "top")) == ["a/x", "b/y"]


def test_a_target_that_is_reached_twice_is_kept_once_where_it_first_stood() -> None:
    found = snapshot(alias("top", "a/x", "b/y", "@low"), alias("low", "a/x", "b/z"), providers=TWO)
    assert names(planned(found, "top")) == ["a/x", "b/y", "b/z"]


def test_a_key_may_be_kept_from_a_model_under_every_one_of_its_names() -> None:
    found = snapshot(alias("fast", "a/x", additional=("quick",)), providers=TWO)
    barred = key(excluded_models=frozenset({"fast"}))
    for name in ("fast", "quick", "models/fast"):
        with pytest.raises(GatewayError) as caught:
            planned(found, name, key=barred)
        assert (caught.value.kind, caught.value.code) == (Kind.FORBIDDEN, "access_denied")


def test_a_key_may_be_kept_from_providers() -> None:
    found = snapshot(alias("fast", "a/x", "b/y"), providers=TWO)
    plan = planned(found, "fast", key=key(excluded_providers=frozenset({"a"})))
    assert (names(plan), plan.skipped) == (["b/y"], ("a/x: not for this key",))
    with pytest.raises(GatewayError, match="none of the providers"):
        planned(found, "fast", key=key(allowed_providers=frozenset({"c"})))


def test_a_forbidden_model_is_forbidden_also_while_everybody_rests() -> None:
    found = snapshot(alias("fast", "a/x"), providers=TWO)
    with pytest.raises(GatewayError) as caught:
        planned(found, "fast", resting("a/x"), key=key(excluded_models=frozenset({"fast"})))
    assert caught.value.kind is Kind.FORBIDDEN


def test_what_the_alias_wants_stands_in_the_plan() -> None:
    wanted = {"lossless": True, "sticky_session": True, "continue_stream": True}
    found = planned(snapshot(alias("fast", "a/x", **wanted), providers=TWO), "fast")
    assert (found.lossless, found.sticky, found.continue_stream) == (True, True, True)


def test_resting_targets_are_left_out_and_the_others_keep_their_order() -> None:
    found = snapshot(
        alias("fast", "a/x", "b/y", "c/z"), providers=(*TWO, provider("c", disable_cooldown=True))
    )
    plan = planned(found, "fast", resting("a/x", "c/z"))
    assert names(plan) == ["b/y", "c/z"]
    assert plan.targets[0].reason == "group default, in_order: 1 of 2"
    assert plan.skipped == ("a/x: on cooldown for 60 s after 1 failure (429: too many requests)",)


def test_when_everybody_rests_the_client_is_told_when_the_first_is_back() -> None:
    health = resting("a/x")
    fail(health, target("b/y"), 30.0)
    with pytest.raises(GatewayError, match="b/y: on cooldown for 30 s") as caught:
        planned(snapshot(alias("fast", "a/x", "b/y"), providers=TWO), "fast", health)
    assert (caught.value.kind, caught.value.retry_after) == (Kind.UNAVAILABLE, 30.0)


def test_full_targets_are_left_out_and_when_all_are_full_it_is_429() -> None:
    health = Health()
    small = provider("a", max_concurrency=1)
    found = snapshot(alias("fast", "a/x", "b/y"), alias("one", "a/x"), providers=(small, TWO[1]))
    release = health.slots.take(target("a/x", provider=small))
    plan = planned(found, "fast", health)
    assert (names(plan), plan.skipped) == (["b/y"], ("a/x: concurrency limit of 1 reached for a",))
    for model in ("one", "direct/a/x"):
        with pytest.raises(GatewayError, match=r"no target .* has room") as caught:
            planned(found, model, health)
        assert (caught.value.status, caught.value.code) == (429, "concurrency_exceeded")
    release()
    assert names(planned(found, "fast", health)) == ["a/x", "b/y"]


def test_a_full_target_beside_a_resting_one_is_no_429() -> None:
    small = provider("b", max_concurrency=1)
    health = resting("a/x")
    health.slots.take(target("b/y", provider=small))
    with pytest.raises(GatewayError) as caught:
        planned(snapshot(alias("fast", "a/x", "b/y"), providers=(TWO[0], small)), "fast", health)
    assert (caught.value.kind, caught.value.retry_after) == (Kind.UNAVAILABLE, 1.0)


def test_a_direct_call_to_a_resting_target_is_refused() -> None:
    with pytest.raises(GatewayError, match="on cooldown for 60 s") as caught:
        planned(snapshot(providers=TWO), "direct/a/x", resting("a/x"))
    assert (caught.value.kind, caught.value.retry_after) == (Kind.UNAVAILABLE, 60.0)


def test_counting_tokens_needs_nobody_rested() -> None:
    found = snapshot(alias("fast", "a/x"), providers=TWO)
    asked = Asked(
        snapshot=found,
        model="fast",
        principal=principal(),
        operation=Operation.COUNT_TOKENS,
    )
    assert names(planner(resting("a/x")).plan(asked)) == ["a/x"]


def test_every_key_of_a_provider_is_a_target_and_they_take_turns() -> None:
    keyed = provider("a", api_key="k1", api_keys=("k1", "k2", "k3"))
    found = snapshot(alias("fast", "a/x", "b/y"), providers=(keyed, TWO[1]))
    asked = Asked(snapshot=found, model="fast", principal=principal())
    one = planner()
    turns = [[t.api_key for t in one.plan(asked).targets] for _ in range(4)]
    assert turns == [
        ["k1", "k2", "k3", None],
        ["k2", "k3", "k1", None],
        ["k3", "k1", "k2", None],
        ["k1", "k2", "k3", None],
    ]
    assert one.plan(asked).targets[0].reason == "group default, in_order: 1 of 2, key 2 of 3"


def test_a_key_rests_alone() -> None:
    keyed = provider("a", api_key="k1", api_keys=("k1", "k2"))
    health = resting("a/x", provider=keyed, api_key="k2")
    found = snapshot(alias("fast", "a/x"), providers=(keyed,))
    plan = planned(found, "fast", health)
    assert [(t.name, t.api_key) for t in plan.targets] == [("a/x", "k1")]
    assert plan.skipped == (
        "a/x, key 2: on cooldown for 60 s after 1 failure (429: too many requests)",
    )
    fail(health, target("a/x", provider=keyed, api_key="k1"))
    with pytest.raises(GatewayError) as caught:
        planned(found, "fast", health)
    assert caught.value.retry_after == 60.0


def test_a_conversation_stays_where_it_was_served_last() -> None:
    found = snapshot(alias("m", "a/x", "b/y", sticky_session=True), providers=TWO)
    health, call = Health(), exchange(body=TALK)
    call.plan = plan(target("b/y"), sticky=True)
    health.sticky.keep(call, target("b/y"))
    asked = Asked(snapshot=found, model="m", principal=principal(), exchange=call)
    stuck = planner(health).plan(asked)
    assert names(stuck) == ["b/y", "a/x"]
    assert stuck.targets[0].reason == (
        "served this conversation last; group default, in_order: 2 of 2"
    )
    other = snapshot(alias("m", "a/x", sticky_session=True), providers=TWO)
    assert names(
        planner(health).plan(Asked(snapshot=other, model="m", principal=principal(), exchange=call))
    ) == ["a/x"]


def test_an_alias_that_is_not_sticky_forgets_who_served() -> None:
    health, call = Health(), exchange(body=TALK)
    call.plan = plan(target("b/y"), sticky=True)
    health.sticky.keep(call, target("b/y"))
    found = snapshot(alias("m", "a/x", "b/y"), providers=TWO)
    asked = Asked(snapshot=found, model="m", principal=principal(), exchange=call)
    assert names(planner(health).plan(asked)) == ["a/x", "b/y"]


@pytest.mark.parametrize(("draw", "first"), [(0.01, "b/y"), (0.9, "a/x")])
def test_selectors_that_measure_explore_as_often_as_configured(draw: float, first: str) -> None:
    health = Health()
    for name, at in (("a/x", 20.0), ("b/y", 10.0)):
        wait = 0.1 if name == "a/x" else 0.4
        health.measures.note(target(name), Sample(at=at, duration_s=1.0, ttft_s=wait))
    found = snapshot(
        alias("fast", "a/x", "b/y", selector="latency"),
        providers=TWO,
        sections={"latencyExplorationRate": 0.05},
    )
    asked = Asked(snapshot=found, model="fast", principal=principal())
    told = {
        0.01: [
            "group default, latency: 1 of 2, explored: measured longest ago",
            "group default, latency: 2 of 2, 0.10 s to the first token over 1 call",
        ],
        0.9: [
            "group default, latency: 1 of 2, 0.10 s to the first token over 1 call",
            "group default, latency: 2 of 2, 0.40 s to the first token over 1 call",
        ],
    }
    plan = planner(health, draw).plan(asked)
    assert names(plan)[0] == first
    assert [t.reason for t in plan.targets] == told[draw]


def test_api_match_outranks_the_selector_and_keeps_the_others_for_failover() -> None:
    claude = provider("c", urls={"messages": "http://c.test"})
    found = snapshot(alias("fast", "a/x", "c/z", "b/y", api_match=True), providers=(*TWO, claude))
    asked = Asked(snapshot=found, model="fast", principal=principal(), dialect="messages")
    plan = planner().plan(asked)
    assert [(t.name, t.reason) for t in plan.targets] == [
        ("c/z", "group default, in_order: 1 of 3, speaks messages"),
        ("a/x", "group default, in_order: 2 of 3, does not speak messages"),
        ("b/y", "group default, in_order: 3 of 3, does not speak messages"),
    ]


def test_a_new_configuration_is_planned_anew() -> None:
    one = planner()
    before = snapshot(alias("fast", "a/x"), providers=TWO)
    after = snapshot(alias("fast", "b/y"), providers=TWO)
    for found, name in ((before, "a/x"), (after, "b/y"), (before, "a/x")):
        plan = one.plan(Asked(snapshot=found, model="fast", principal=principal()))
        assert names(plan) == [name]


def test_while_nobody_rests_the_calls_of_a_settled_alias_share_one_plan() -> None:
    health = resting()
    one = planner(health)
    asked = Asked(
        snapshot=snapshot(alias("fast", "a/x", "b/y"), providers=TWO),
        model="fast",
        principal=principal(),
    )
    usual = one.plan(asked)
    assert one.plan(asked) is usual
    fail(health, target("a/x"))
    narrowed = one.plan(asked)
    assert names(narrowed) == ["b/y"]
    assert narrowed.skipped == (
        "a/x: on cooldown for 60 s after 1 failure (429: too many requests)",
    )
    health.cooldowns.clear()
    assert one.plan(asked) is usual


def test_a_settled_alias_gives_each_key_what_it_may_use() -> None:
    one, found = planner(), snapshot(alias("fast", "a/x", "b/y"), providers=TWO)

    def of(**restricted: frozenset[str]) -> list[str]:
        who = principal(key=key(**restricted))
        return names(one.plan(Asked(snapshot=found, model="fast", principal=who)))

    assert of() == ["a/x", "b/y"]
    assert of(excluded_providers=frozenset({"a"})) == ["b/y"]
    assert of() == ["a/x", "b/y"]
    with pytest.raises(GatewayError, match="may not use model"):
        of(excluded_models=frozenset({"fast"}))


def test_with_equal_targets_random_is_uniform() -> None:
    found = snapshot(
        alias("m", *(f"p{n}/x" for n in range(5)), selector="random"),
        providers=tuple(provider(f"p{n}") for n in range(5)),
    )
    one = Planner(SELECTORS, Health(), Random(3).random)
    asked = Asked(snapshot=found, model="m", principal=principal())
    seen = Counter(one.plan(asked).targets[0].name for _ in range(5000))
    # Five places, 1,000 expected of each: chi-square with four degrees of freedom, p = 0.001.
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 18.5
