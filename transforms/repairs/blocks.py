"""Take content blocks out of messages, so that the turns that remain still alternate."""

from __future__ import annotations

from collections.abc import Callable

from plexus.transforms.wire import Json, JsonObject, list_at, objects_at, text_at

type Unwanted = Callable[[JsonObject], bool]


def all_blocks(body: JsonObject) -> list[JsonObject]:
    """Return the content blocks of all messages."""
    return [block for message in objects_at(body, "messages") for block in _content(message)]


def without_blocks(body: JsonObject, unwanted: Unwanted, placeholder: str) -> JsonObject | None:
    """Return a copy without the unwanted blocks; `None` if there are none.

    A message left empty goes too, unless its neighbours would then bear the same role, a tool's
    result would follow on nothing, or no message would be left: it then says `placeholder`.
    """
    before = list_at(body, "messages")
    thinned = [_thinned(message, unwanted) for message in before]
    if all(new is old for new, old in zip(thinned, before, strict=True)):
        return None
    emptied = [new is not old and _is_empty(new) for new, old in zip(thinned, before, strict=True)]
    kept: list[Json] = []
    for at, message in enumerate(thinned):
        following = next((thinned[n] for n in range(at + 1, len(thinned)) if not emptied[n]), None)
        if not emptied[at]:
            kept.append(message)
        elif _is_needed(kept[-1] if kept else None, following):
            kept.append(_saying(message, placeholder))
    return {**body, "messages": kept}


def _content(message: JsonObject) -> list[JsonObject]:
    return objects_at(message, "content")


def _thinned(message: Json, unwanted: Unwanted) -> Json:
    if not isinstance(message, dict):
        return message
    content = list_at(message, "content")
    kept = [block for block in content if not (isinstance(block, dict) and unwanted(block))]
    return message if len(kept) == len(content) else {**message, "content": kept}


def _is_empty(message: Json) -> bool:
    return isinstance(message, dict) and message.get("content") == []


def _is_needed(previous: Json, following: Json) -> bool:
    if not isinstance(following, dict):
        return previous is None
    if isinstance(previous, dict) and previous.get("role") == following.get("role"):
        return True
    answers = any(text_at(block, "type") == "tool_result" for block in _content(following))
    return answers and previous is None


def _saying(message: Json, text: str) -> Json:
    said: list[Json] = [{"type": "text", "text": text}]
    return {**message, "content": said} if isinstance(message, dict) else message
