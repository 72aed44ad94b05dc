"""Ask for web search in the target's words, whoever's words the client used.

Options: `{target, max_uses?}`. Targets are the quirks that say how their provider is asked;
`max_uses` goes where there is a field for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from plexus.transforms import plugins
from plexus.transforms.adapter import Adapter, Optioned, Place
from plexus.transforms.codec import Receipt
from plexus.transforms.options import Options
from plexus.transforms.wire import Json, JsonObject, list_at

_TYPES: Final = ("web_search", "googleSearch", "google_search")  # the latter are Gemini's keys, too


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    target: str
    max_uses: int | None


@cache
def _forms() -> Mapping[str, JsonObject]:
    known = plugins.quirks().items()
    return {name: quirk.web_search for name, quirk in known if quirk.web_search is not None}


def _read(raw: JsonObject, problems: list[str]) -> _Wanted:
    options = Options(raw, problems)
    options.only("target", "max_uses")
    return _Wanted(
        target=options.word("target", tuple(_forms())), max_uses=options.count("max_uses")
    )


def _change(body: JsonObject, wanted: _Wanted, _place: Place, receipt: Receipt) -> JsonObject:
    tools = list_at(body, "tools")
    form = _filled(_forms()[wanted.target], wanted)
    changed = [{**form} if _is_search(tool) else tool for tool in tools]
    if changed == tools:
        return body
    receipt.coerced("tools", f"web search in the words of {wanted.target}")
    return {**body, "tools": changed}


def _filled(form: JsonObject, wanted: _Wanted) -> JsonObject:
    filled = {key: wanted.max_uses if value is None else value for key, value in form.items()}
    return {key: value for key, value in filled.items() if value is not None}


def _is_search(tool: Json) -> bool:
    if not isinstance(tool, dict):
        return False
    kind = tool.get("type")
    if isinstance(kind, str):
        # web_search_20250305, web_search_preview, openrouter:web_search
        return kind.rpartition(":")[2].startswith(_TYPES)
    return kind is None and any(name in tool for name in _TYPES[1:])


ADAPTER: Adapter = Optioned(name="web_search_coercion", read=_read, change=_change)
