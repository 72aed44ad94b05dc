"""Show a plan: as JSON, and as a reply header for administrators."""

from __future__ import annotations

import re
from typing import Final

from plexus.addons.exchange import Plan
from plexus.transforms.wire import Json, JsonObject, dump_text, list_at

HEADER: Final = "x-plexus-plan"
ASKED_BY: Final = "x-plexus-explain"  # 1, beside the admin key
_MOST: Final = 4096  # bytes
_NOT_PLAIN: Final = re.compile(r"[^\x20-\x7e]")


def plan_json(plan: Plan) -> JsonObject:
    """Return who is asked in which order and why, and who is not and why."""
    planned: list[Json] = [
        {"target": target.name, "reason": target.reason} for target in plan.targets
    ]
    return {
        "requested": plan.requested,
        "canonical": plan.canonical,
        "planned": planned,
        "skipped": list(plan.skipped),
    }


def plan_header(plan: Plan) -> str:
    """Return the plan as one line of ASCII, at most 4 KB: the last entries give way to `more`."""
    shown = plan_json(plan)
    planned, skipped = list_at(shown, "planned"), list_at(shown, "skipped")
    more = 0
    while True:
        text = _NOT_PLAIN.sub(_escaped, dump_text(shown))
        if len(text) <= _MOST or not (planned or skipped):
            return text[:_MOST]
        (skipped or planned).pop()
        more += 1
        shown = {"planned": planned, "skipped": skipped, "more": more}


def _escaped(found: re.Match[str]) -> str:
    units = memoryview(found[0].encode("utf-16-le", "surrogatepass")).cast("H")
    return "".join(f"\\u{unit:04x}" for unit in units)
