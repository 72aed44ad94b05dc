"""Call another model where the request says so, e.g. one that does not think.

Options: `{rules: [{model, rewriteTo, conditions: [{field, value?}]}]}`. Of the rules for the
target's model the first with any condition true decides; a condition without `value` asks whether
the field is there. Fields are dotted paths into the body that goes to the provider.
"""

from __future__ import annotations

from dataclasses import dataclass

from plexus.transforms.adapter import Adapter, Optioned, Place
from plexus.transforms.codec import Receipt
from plexus.transforms.dotted import holds, value_at
from plexus.transforms.options import Options
from plexus.transforms.wire import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    field: str
    has_value: bool
    value: Json

    def is_met(self, body: JsonObject) -> bool:
        if not holds(body, self.field):
            return False
        found = value_at(body, self.field)
        # In Python, 1 equals True.
        return not self.has_value or (
            found == self.value and isinstance(found, bool) == isinstance(self.value, bool)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    model: str
    rewrite_to: str
    conditions: tuple[_Condition, ...]


def _read(raw: JsonObject, problems: list[str]) -> tuple[_Rule, ...]:
    options = Options(raw, problems)
    options.only("rules")
    return tuple(_rule(rule) for rule in options.objects("rules", required=True))


def _rule(options: Options) -> _Rule:
    options.only("model", "rewriteTo", "conditions")
    return _Rule(
        model=options.text("model"),
        rewrite_to=options.text("rewriteTo"),
        conditions=tuple(
            _condition(entry) for entry in options.objects("conditions", required=True)
        ),
    )


def _condition(options: Options) -> _Condition:
    options.only("field", "value")
    return _Condition(
        field=options.text("field"),
        has_value="value" in options.raw,
        value=options.raw.get("value"),
    )


def _change(
    body: JsonObject, rules: tuple[_Rule, ...], place: Place, _receipt: Receipt
) -> JsonObject:
    for rule in rules:
        if rule.model == place.model and any(c.is_met(body) for c in rule.conditions):
            return {**body, "model": rule.rewrite_to}
    return body


ADAPTER: Adapter = Optioned(name="model_override", read=_read, change=_change)
