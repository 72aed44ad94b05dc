"""From a model name to targets."""

import pytest

from plexus.addons.exchange import Plan
from plexus.addons.routing.planner import Planner, model_of
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import Alias, Model, Snapshot, TargetGroup
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from tests.addons.factories import alias, key, principal, provider, ref, snapshot

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
TWO = (provider("a"), provider("b"))


def planned(found: Snapshot, model: str, **who: object) -> Plan:
    planner = Planner(snapshot=found, selectors=SELECTORS, random=lambda: 0.0)
    return planner.plan(model, principal(**who))


def names(plan: Plan) -> list[str]:
    return [target.name for target in plan.targets]


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


def test_a_model_that_the_provider_does_not_list_is_allowed_without_a_price() -> None:
    listed = provider("a", models={"x": Model(name="x", type="text")})
    assert model_of(listed, "other") == Model(name="other")
    assert model_of(listed, "x") is listed.models["x"]


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
