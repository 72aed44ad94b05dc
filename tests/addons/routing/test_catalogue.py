"""What a configuration alone says about where calls may go."""

import pytest

from plexus.addons.routing.catalogue import Catalogue, model_of
from plexus.addons.routing.found import Found
from plexus.addons.routing.measures import Measures
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import (
    Alias,
    Model,
    Pricing,
    Rates,
    Snapshot,
    TargetGroup,
    TargetRef,
    index,
)
from plexus.transforms.codec import Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from tests.addons.factories import alias, provider, ref, snapshot

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
TWO = (provider("a"), provider("b"))


def catalogue(found: Snapshot) -> Catalogue:
    return Catalogue(snapshot=found, selectors=SELECTORS, measures=Measures())


def found(of: Snapshot, model: str, operation: Operation = Operation.CHAT) -> Found:
    return catalogue(of).find(model, "chat", operation)


def told(what: Found) -> list[tuple[str, str]]:
    return [
        (section.says, " ".join(c.target.name for tier in section.tiers for c in tier.candidates))
        for section in what.sections
    ]


def test_each_group_is_a_section_with_its_selector() -> None:
    groups = (
        TargetGroup(name="main", selector="cost", targets=(ref("a/x"), ref("b/y"))),
        TargetGroup(name="empty", selector="random", targets=()),
        TargetGroup(name="spare", selector="latency", targets=(ref("a/z"),)),
    )
    what = found(snapshot(Alias(name="m", groups=groups), providers=TWO), "m")
    assert told(what) == [("group main, cost", "a/x b/y"), ("group spare, latency", "a/z")]
    assert [section.selector for section in what.sections] == [
        SELECTORS["cost"],
        SELECTORS["latency"],
    ]


def test_a_selector_of_a_later_version_is_in_order() -> None:
    what = found(snapshot(alias("m", "a/x", selector="quota"), providers=TWO), "m")
    assert told(what) == [("group default, in_order", "a/x")]


def test_nested_aliases_follow_the_group_that_names_them() -> None:
    groups = (
        TargetGroup(name="one", selector="in_order", targets=(ref("@low"), ref("a/x"))),
        TargetGroup(name="two", selector="in_order", targets=(ref("b/last"),)),
    )
    low = alias("low", "b/y", "@deep", additional=("lower",))
    deep = alias("deep", "b/z", "a/x")
    what = found(snapshot(Alias(name="top", groups=groups), low, deep, providers=TWO), "top")
    assert told(what) == [
        ("group one, in_order", "a/x"),
        ("alias low, group default, in_order", "b/y"),
        ("alias deep, group default, in_order", "b/z"),
        ("group two, in_order", "b/last"),
    ]


def test_an_alias_that_only_names_another_leads_there() -> None:
    of = snapshot(alias("top", "@low"), alias("low", "b/y"), providers=TWO)
    assert told(found(of, "top")) == [("alias low, group default, in_order", "b/y")]
    assert told(found(of, "direct/top/default")) == told(found(of, "top"))


def test_circles_gaps_and_switched_off_references_are_told_not_followed() -> None:
    of = snapshot(
        alias("top", "a/x", "@low", "@gone", "!@off", additional=("tip",)),
        alias("low", "b/y", "@tip"),
        alias("off", "b/z"),
        providers=TWO,
    )
    what = found(of, "top")
    assert [name for _, name in told(what)] == ["a/x", "b/y"]
    assert what.skipped == (
        "alias tip: leads to where the call was already",
        "alias gone: is not configured",
        "alias off: target is disabled",
    )


def test_names_with_slashes_are_told_apart() -> None:
    refs = (ref("a/b/c"), TargetRef(provider="a/b", model="c"))
    both = Alias(name="m", groups=(TargetGroup(name="g", selector="in_order", targets=refs),))
    of = snapshot(both, providers=(provider("a"), provider("a/b")))
    assert [c.target.provider.name for c in found(of, "m").candidates] == ["a", "a/b"]


def test_the_same_question_has_the_same_answer_object() -> None:
    one = catalogue(snapshot(alias("m", "a/x"), providers=TWO))
    first = one.find("m", "chat", Operation.CHAT)
    assert one.find("m", "chat", Operation.CHAT) is first
    assert one.find("m", "messages", Operation.CHAT) is not first


def test_models_of_providers_in_the_environment_need_no_alias() -> None:
    groq = provider("groq", serves=("llama-*",))
    of = snapshot(providers=(groq,), **index({}, None, {"groq": groq}))
    assert told(found(of, "llama-3")) == [("serves llama-3", "groq/llama-3")]
    assert told(found(of, "models/llama-3")) == [("serves llama-3", "groq/llama-3")]


def test_a_model_that_several_aliases_lead_to_is_one_candidate() -> None:
    one = catalogue(snapshot(alias("m", "a/x"), alias("n", "a/x"), providers=TWO))
    first, second = (next(one.find(m, "chat", Operation.CHAT).candidates) for m in ("m", "n"))
    assert first is second
    assert first.measured is one.measures.of("a", "x")


def test_names_that_clients_invent_do_not_pile_up() -> None:
    one = catalogue(snapshot(providers=TWO))
    first = one.find("direct/a/made-up", "chat", Operation.CHAT)
    assert one.find("direct/a/made-up", "chat", Operation.CHAT) is not first
    with pytest.raises(GatewayError, match="does not exist"):
        one.find("made-up", "chat", Operation.CHAT)


def test_a_candidate_knows_its_price_its_keys_its_limits() -> None:
    pricing = Pricing(source="simple", rates=Rates(input=1.0, output=2.0))
    acme = provider(
        "a",
        api_key="k1",
        api_keys=("k1", "k2"),
        models={"x": Model(name="x", pricing=pricing, max_concurrency=3)},
    )
    one = next(found(snapshot(alias("m", "a/x"), providers=(acme,)), "m").candidates)
    assert (one.cost, one.is_limited) == (0.002, True)
    assert [t.api_key for t in one.keyed] == ["k1", "k2"]


def test_targets_of_another_kind_are_left_out_and_said() -> None:
    acme = provider("a", models={"e": Model(name="e", type="embeddings")})
    what = found(snapshot(alias("m", "a/e", "a/x"), providers=(acme,)), "m")
    assert [c.target.name for c in what.candidates] == ["a/x"]
    assert what.skipped == ("a/e: a model of type embeddings",)


def test_where_no_target_is_of_the_right_kind_the_client_is_told() -> None:
    acme = provider("a", models={"e": Model(name="e", type="embeddings")})
    of = snapshot(alias("m", "a/e"), alias("t", "a/x"), providers=(acme,))
    with pytest.raises(GatewayError, match="does not support this API: a/e is not of type") as no:
        found(of, "m")
    assert (no.value.kind, no.value.code) == (Kind.BAD_REQUEST, "unsupported_api")
    with pytest.raises(GatewayError, match="does not support this API"):
        found(of, "t", Operation.SPEECH)
    assert told(found(of, "m", Operation.EMBED)) == [("group default, in_order", "a/e")]


def test_a_rate_that_is_not_set_is_zero() -> None:
    one = catalogue(snapshot(sections={"latencyExplorationRate": 0.2}))
    assert (one.rate("latencyExplorationRate"), one.rate("other")) == (0.2, 0.0)


def test_a_model_that_the_provider_does_not_list_is_allowed_without_a_price() -> None:
    listed = provider("a", models={"x": Model(name="x", type="text")})
    assert model_of(listed, "other") == Model(name="other")
    assert model_of(listed, "x") is listed.models["x"]
