"""Which adapters apply, in which order, and how they are taken away."""

import pytest

from plexus.addons.upstream.adapters import Steps, applied, steps_for
from plexus.addons.upstream.quirks import known_of
from plexus.config.snapshot import Adapter, Model
from plexus.transforms.codec import Receipt
from plexus.transforms.wire import JsonObject
from tests.addons.factories import provider, target

LOCAL = "http://127.0.0.1:8000/v1"


def override(to: str, model: str = "x") -> Adapter:
    """A use of model_override: whenever there is a field `a`."""
    rule: JsonObject = {"model": model, "rewriteTo": to, "conditions": [{"field": "a"}]}
    return Adapter(name="model_override", options={"rules": [rule]})


def steps(
    *of_provider: Adapter,
    of_model: tuple[Adapter, ...] = (),
    model: str = "x",
    url: str = LOCAL,
    dialect: str = "chat",
) -> Steps:
    where = target(
        f"acme/{model}",
        provider=provider("acme", adapters=of_provider),
        model=Model(name=model, adapters=of_model),
    )
    return steps_for(where, known_of(where, url, dialect), dialect)


def run(made: Steps, body: JsonObject) -> JsonObject:
    both = (*made.implied, *made.configured)
    return applied(both, body, made.place, Receipt())


def test_nothing_is_done_where_nothing_is_asked_for() -> None:
    made = steps()
    assert (made.implied, made.configured) == ((), ())
    body: JsonObject = {"a": 1}
    assert run(made, body) is body


def test_the_models_own_adapters_come_after_the_providers() -> None:
    made = steps(override("provider"), of_model=(override("model"),))
    assert run(made, {"a": 1, "model": "x"})["model"] == "model"


def test_an_adapter_that_is_not_enabled_takes_earlier_ones_away() -> None:
    off = Adapter(name="model_override", enabled=False)
    assert steps(override("p"), of_model=(off,)).configured == ()
    made = steps(override("p"), off, of_model=(override("m"),))
    assert run(made, {"a": 1, "model": "x"})["model"] == "m"


@pytest.mark.parametrize(
    ("model", "url", "dialect", "count"),
    [
        ("gpt-5.2", LOCAL, "chat", 1),
        ("openai/gpt-5", LOCAL, "responses", 1),
        ("gpt-55", LOCAL, "chat", 0),
        ("x", LOCAL, "messages", 1),
        ("x", "https://openrouter.ai/api/v1", "chat", 1),
        ("openai/gpt-5", "https://openrouter.ai/api/v1", "chat", 2),
        ("x", LOCAL, "gemini", 0),
    ],
)
def test_some_adapters_apply_unasked(model: str, url: str, dialect: str, count: int) -> None:
    assert len(steps(model=model, url=url, dialect=dialect).implied) == count


def test_what_is_implied_can_be_switched_off() -> None:
    name = "suppress_unsupported_gpt5_options"
    off = Adapter(name=name, enabled=False)
    assert steps(off, model="gpt-5").implied == ()
    assert steps(of_model=(off,), model="gpt-5").implied == ()
    on_again = steps(off, of_model=(Adapter(name=name),), model="gpt-5")
    assert run(on_again, {"temperature": 1}) == {}


def test_names_of_quirks_and_unknown_names_are_no_adapters() -> None:
    assert steps(Adapter(name="groq"), Adapter(name="no-such-thing")).configured == ()


def test_the_place_says_whether_the_dialects_owner_is_spoken_to() -> None:
    assert steps().place.official is False
    assert steps(url="https://api.openai.com/v1").place.official is True
    assert steps(Adapter(name="openai")).place.official is True


def test_options_are_parsed_once() -> None:
    assert steps(override("a")).configured == steps(override("a")).configured
    assert steps(override("a")).configured != steps(override("b")).configured
