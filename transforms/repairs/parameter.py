"""Leave out the parameter that a provider says it does not know, or give it its other name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from plexus.transforms.dotted import holds, with_value
from plexus.transforms.repairs.paths import Path, delete, find
from plexus.transforms.wire import Json, JsonObject

# Taken whole or not at all: a part of a name is another name.
_PATH: Final = r"(?>[\w$][\w$-]*(?:\.[\w$][\w$-]*|\[[^\[\]\s]{0,80}\])*)"
_QUOTED: Final = rf"(?P<quote>[\"'`])?(?P<path>{_PATH})(?(quote)(?P=quote)|(?![\w/@]))"
_NAMED: Final = rf"(?:\s*:\s*|\s+(?=[\"'`])){_QUOTED}"
_THING: Final = r"(?:parameter|argument|field|property|key)"

_COMPLAINTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # OpenAI: "Unknown parameter: 'x'.", "Unrecognized request argument supplied: x"
        rf"\b(?:unsupported|unknown|unrecognized|unexpected)\s(?:request\s)?{_THING}(?:s|\(s\))?"
        rf"(?:\ssupplied)?{_NAMED}",
        # xAI: "Argument not supported on this model: presencePenalty"
        rf"\b{_THING}\snot\ssupported\s[\w ]{{0,40}}:\s*{_QUOTED}",
        # Groq: "'messages.2' : … ('messages.2' : property 'x' is unsupported, did you mean 'y'?)"
        rf"(?:[\"'](?P<at>{_PATH})[\"']\s?:\s?)?\b{_THING}\s[\"'`](?P<path>{_PATH})[\"'`]\sis\s"
        r"(?:unsupported|unknown|not\s(?:supported|permitted|allowed))",
        # Anthropic, FastAPI: "thinking.foo: Extra inputs are not permitted"; pydantic 1: "fields"
        rf"(?<![\w$.\[\]-])(?P<path>{_PATH})[\"'`]?\s?[:\n]\s{{0,8}}extra\s(?:inputs|fields)\s"
        r"(?:are\s)?not\spermitted",
        # Fireworks: "Extra inputs are not permitted, field: 'x'"
        rf"\bextra\sinputs\sare\snot\spermitted,?\sfield{_NAMED}",
        # Google: 'Unknown name "x" at 'generation_config': Cannot find field.'
        rf"\bunknown\sname\s\"(?P<path>{_PATH})\"(?:\sat\s'(?P<at>{_PATH})')?:\scannot\sfind",
    )
)

# Where a value may move to, if the refusal names the new place; it means the same there.
_MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "max_tokens": ("max_completion_tokens", "max_output_tokens"),
    "max_completion_tokens": ("max_tokens", "max_output_tokens"),
    "max_output_tokens": ("max_completion_tokens", "max_tokens"),
    "reasoning_effort": ("reasoning.effort",),
    "verbosity": ("text.verbosity",),
}


class Parameters:
    """Leaves out one parameter at a time, none of them twice."""

    def __init__(self) -> None:
        self._gone: set[Path] = set()

    def mend(self, _dialect: str, body: JsonObject, text: str) -> JsonObject | None:
        """Return the body without the parameter that `text` complains of, if it is there.

        A value that has another name at this provider, by a small table, goes there instead.
        """
        for name in _named_in(text):
            path = find(body, name)
            if path is not None and path not in self._gone:
                self._gone.add(path)
                return self._moved(body, path, text)
        return None

    def _moved(self, body: JsonObject, path: Path, text: str) -> JsonObject:
        mended = delete(body, path)
        name = path[0]
        if len(path) > 1 or not isinstance(name, str):
            return mended
        for place in _MOVES.get(name, ()):
            if tuple(place.split(".")) not in self._gone and _names(text, place):
                return _put(mended, place, body[name])
        return mended


def _named_in(text: str) -> Iterator[str]:
    for complaint in _COMPLAINTS:
        for match in complaint.finditer(text):
            found = match.groupdict()
            yield f"{found['at']}.{found['path']}" if found.get("at") else found["path"]


def _names(text: str, place: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(place)}(?!\w)", text) is not None


def _put(body: JsonObject, place: str, value: Json) -> JsonObject:
    parent = place.rpartition(".")[0]
    in_the_way = parent and not isinstance(body.get(parent, {}), dict)
    return body if in_the_way or holds(body, place) else with_value(body, place, value)
