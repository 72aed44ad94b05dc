"""Translate functionCall and functionResponse, whose arguments and answers are objects."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.ids import is_signature
from plexus.transforms.dialects.gemini.keys import (
    NAME,
    as_objects,
    dict_at,
    mark,
    own,
    own_object,
)
from plexus.transforms.dialects.gemini.media import decode_media
from plexus.transforms.ir import Media, Opaque, Seal, Text, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject, dump_text, rest, text_at, try_parse

_CALL: Final = frozenset({"name", "args"})
_RESPONSE: Final = frozenset({"name", "parts"})
_CALL_PART: Final = frozenset({"functionCall", "thoughtSignature"})
_RESPONSE_PART: Final = frozenset({"functionResponse"})
_WORDS: Final = ("result", "output", "content")  # keys under which a plain text result stands


def seal_of(part: JsonObject) -> Seal | None:
    """Return the thought signature of a part (camelCase)."""
    data = text_at(part, "thoughtSignature")
    return Seal(dialect=NAME, kind="thought", data=data) if data else None


def signature_of(seal: Seal | None, path: str, receipt: Receipt) -> str | None:
    """Return the thought signature in `seal`; note a seal that is not Gemini's or is damaged."""
    if seal is None:
        return None
    if seal.dialect != NAME:
        receipt.dropped(f"{path}.seal", f"only {seal.dialect} can read it")
        return None
    if not is_signature(seal.data):
        receipt.dropped(f"{path}.seal", "not base64")
        return None
    return seal.data


def decode_call(part: JsonObject, *, call_id: str) -> ToolCall:
    """Read a part (camelCase) with a functionCall; `call_id` is for one that bears none."""
    call = dict_at(part, "functionCall")
    inner = rest(call, _CALL)
    fields = rest(part, _CALL_PART)
    return ToolCall(
        id=text_at(call, "id") or call_id,
        name=text_at(call, "name") or "",
        arguments=arguments_text(call.get("args")),
        seal=seal_of(part),
        ext=mark({**fields, "functionCall": inner} if inner else fields),
    )


def arguments_text(args: Json) -> str:
    """Print a call's arguments compactly; a call without any has `{}` (edge case 67)."""
    if args is None:
        return "{}"
    return args if isinstance(args, str) else dump_text(args)


def arguments_object(call: ToolCall) -> tuple[JsonObject, bool]:
    """Return a call's arguments as an object, and whether they had to be wrapped to be one.

    wire-formats.md §7.4: nothing is `{}`, text that is no JSON object goes under `_raw`, and the
    free text of a custom tool under `input`.
    """
    if call.kind == "custom":
        return {"input": call.arguments}, False
    text = call.arguments.strip()
    if not text:
        return {}, False
    value = try_parse(text)
    return (value, False) if isinstance(value, dict) else ({"_raw": call.arguments}, True)


def encode_call(call: ToolCall, name: str, *, call_id: str | None, args: JsonObject) -> JsonObject:
    """Write a part with a functionCall; a Gemini original's own fields come back."""
    inner: JsonObject = {"name": name, "args": args, **own_object(call.ext, "functionCall")}
    if call_id:
        inner["id"] = call_id
    extra = {key: value for key, value in own(call.ext).items() if key != "functionCall"}
    return {"functionCall": inner, **extra}


def decode_result(part: JsonObject, *, call_id: str) -> ToolResult:
    """Read a part (camelCase) with a functionResponse that answers `call_id`."""
    answer = dict_at(part, "functionResponse")
    text, is_error = _words(answer.get("response"))
    parts: list[Text | Media | Opaque] = [Text(text=text)] if text is not None else []
    for item in as_objects(answer.get("parts")):
        parts.append(decode_media(item) or Opaque(dialect=NAME, raw=item))
    inner = rest(answer, _RESPONSE)
    fields = rest(part, _RESPONSE_PART)
    return ToolResult(
        call_id=call_id,
        parts=tuple(parts),
        name=text_at(answer, "name"),
        is_error=is_error,
        ext=mark({**fields, "functionResponse": inner}),
    )


def _words(response: Json) -> tuple[str | None, bool]:
    """Unwrap the text of a result, and say whether it reports an error."""
    if response is None:
        return None, False
    if isinstance(response, dict) and len(response) == 1:
        key, value = next(iter(response.items()))
        if key == "error":
            return (value if isinstance(value, str) else dump_text(value)), True
        if key in _WORDS and isinstance(value, str):
            return value, False
    return dump_text(response), False


def encode_result(
    result: ToolResult, name: str, media: list[JsonObject], *, elsewhere: bool
) -> JsonObject:
    """Write a part with a functionResponse.

    `media` are its parts of that kind; `elsewhere`: it has such, but they stand beside it.
    """
    kept = own_object(result.ext, "functionResponse")
    inner: JsonObject = {"name": name, "response": _response(result, elsewhere=elsewhere)}
    if media:
        inner["parts"] = list[Json](media)
    inner |= kept
    extra = {key: value for key, value in own(result.ext).items() if key != "functionResponse"}
    return {"functionResponse": inner, **extra}


def _response(result: ToolResult, *, elsewhere: bool) -> JsonObject:
    texts = [part.text for part in result.parts if isinstance(part, Text)]
    if not texts and elsewhere:
        return {"result": "The result follows as media."}
    text = "\n".join(texts)
    if result.is_error:
        return {"error": text}
    value = try_parse(text) if text.lstrip().startswith("{") else None
    return value if isinstance(value, dict) else {"result": text}
