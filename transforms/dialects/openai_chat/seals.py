"""Carry other vendors' reasoning state through chat bodies.

OpenRouter's `reasoning_details` name the family that minted a signature in `format`; Google's
compatible server puts a thought signature into `extra_content`. Plexus speaks both towards chat
clients, so that a client which sends assistant turns back unchanged keeps the state alive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from plexus.transforms.ir import Seal, Thinking
from plexus.transforms.wire import Json, JsonObject, count_at, object_at, text_at

from .fields import NAME, marker, overlay

_DIALECTS: Final[Mapping[str, str]] = {
    "anthropic-claude-v1": "messages",
    "google-gemini-v1": "gemini",
    "openai-responses-v1": "responses",
}
_FORMATS: Final[Mapping[str, str]] = {dialect: name for name, dialect in _DIALECTS.items()}

type _Kind = Literal["signature", "redacted", "encrypted", "thought"]
_SIGNED: Final[Mapping[str, _Kind]] = {"gemini": "thought"}
_HIDDEN: Final[Mapping[str, _Kind]] = {"messages": "redacted", "gemini": "thought"}

TEXT: Final = "reasoning.text"
SUMMARY: Final = "reasoning.summary"
ENCRYPTED: Final = "reasoning.encrypted"
_STANDS_APART: Final = ("encrypted", "redacted")  # kinds of seal with a detail of their own
_WORDS: Final[Mapping[str, str]] = {TEXT: "text", SUMMARY: "summary"}


def family(detail: JsonObject) -> str:
    """Return the dialect that can read a detail's seal; ours if the format is not known."""
    return _DIALECTS.get(str(detail.get("format")), NAME)


def words_of(detail: JsonObject) -> str:
    """Return the readable text of a detail."""
    return text_at(detail, _WORDS.get(str(detail.get("type")), "")) or ""


def seal_of(detail: JsonObject) -> Seal | None:
    """Return the signature or the encrypted state in a detail."""
    dialect = family(detail)
    if detail.get("type") == ENCRYPTED and (data := text_at(detail, "data")):
        kind = _HIDDEN.get(dialect, "encrypted")
        # A Gemini detail's id is that of the call it belongs to, which holds the seal then.
        owner = None if dialect == "gemini" else text_at(detail, "id")
        return Seal(dialect=dialect, kind=kind, data=data, id=owner)
    if signature := text_at(detail, "signature"):
        return Seal(dialect=dialect, kind=_SIGNED.get(dialect, "signature"), data=signature)
    return None


def skeleton(detail: JsonObject) -> JsonObject:
    """Return a detail without what `Thinking` holds of it: its words and its seal."""
    taken = [_WORDS.get(str(detail.get("type")), ""), "signature"]
    if detail.get("type") == ENCRYPTED:
        taken = ["data"]
    return {
        key: value
        for key, value in detail.items()
        if key not in taken or not isinstance(value, str) or not value
    }


def restored(bones: JsonObject, words: str, seal: Seal | None) -> JsonObject:
    """Return the detail whose `skeleton` is `bones`."""
    detail = dict(bones)
    type_ = str(bones.get("type"))
    if type_ == ENCRYPTED:
        return {**detail, "data": seal.data} if seal else detail
    if words and type_ in _WORDS:
        detail[_WORDS[type_]] = words
    if seal is not None and seal.kind in ("signature", "thought"):
        detail["signature"] = seal.data
    return detail


def skeletons(thinking: Thinking) -> list[JsonObject]:
    """Return the skeletons of the details that a thought was read from, if it was."""
    items = marker(thinking.ext, "details")
    found = items if isinstance(items, list) else []
    return [object_at(item, "rest") or {} for item in found if isinstance(item, dict)]


def own_details(thinking: Thinking) -> list[tuple[int, JsonObject]]:
    """Return the details that a thought was read from, each with its place among its siblings."""
    items = marker(thinking.ext, "details")
    bones = skeletons(thinking)
    if not bones or not isinstance(items, list):
        return []
    seal = thinking.seal
    hidden = any(bone.get("type") == ENCRYPTED for bone in bones)
    words = list(thinking.segments or (thinking.text,))
    details: list[JsonObject] = []
    for bone in bones:
        speaks = _speaks(bone)
        text = words.pop(0) if speaks and words else ""
        details.append(restored(bone, text, None if speaks and hidden else seal))
    places = [count_at(item, "at") for item in items if isinstance(item, dict)]
    if not hidden and seal is not None and seal.kind in _STANDS_APART:
        details.append(sealed_piece(bones, seal))
        places.append(None)
    return [
        (n if at is None else at, d) for n, (at, d) in enumerate(zip(places, details, strict=True))
    ]


def _speaks(bone: JsonObject) -> bool:
    return str(bone.get("type")) in _WORDS


def told_piece(bones: list[JsonObject], segment: int, text: str) -> JsonObject:
    """Return the detail that tells a piece of the `segment`-th part of a streamed thought."""
    speaking = [bone for bone in bones if _speaks(bone)] or bones
    beyond = max(0, segment - len(speaking) + 1)
    bone = speaking[-1] if beyond else speaking[segment]
    index = bone.get("index")
    if beyond and isinstance(index, int):
        bone = {**bone, "index": index + beyond}
    return restored(bone, text, None)


def sealed_piece(bones: list[JsonObject], seal: Seal) -> JsonObject:
    """Return the detail that tells the seal of a streamed thought."""
    bone = next((bone for bone in bones if bone.get("type") == ENCRYPTED), bones[-1])
    if bone.get("type") == ENCRYPTED or seal.kind not in _STANDS_APART:
        return restored(bone, "", seal)
    # The seal came after its thought had begun, without bones of its own.
    detail: JsonObject = {"type": ENCRYPTED, "data": seal.data}
    if seal.id is not None:
        detail["id"] = seal.id
    return overlay(detail, {key: bone[key] for key in ("format", "index") if key in bone})


def client_details(thinking: Thinking, index: int) -> list[JsonObject]:
    """Return the `reasoning_details` that carry a foreign thought's seal to a chat client."""
    seal = thinking.seal
    if seal is None:
        return []
    common: JsonObject = {"format": _FORMATS.get(seal.dialect, "unknown"), "index": index}
    if seal.kind == "signature":
        return [{"type": TEXT, "text": thinking.text, "signature": seal.data, **common}]
    if seal.id is not None and seal.dialect != "gemini":  # whose ids name calls here
        common = {"id": seal.id, **common}
    details: list[JsonObject] = []
    if seal.dialect == "responses":
        segments = thinking.segments or ((thinking.text,) if thinking.text else ())
        details = [{"type": SUMMARY, "summary": segment, **common} for segment in segments]
    elif thinking.text:
        details = [{"type": TEXT, "text": thinking.text, **common}]
    return [*details, {"type": ENCRYPTED, "data": seal.data, **common}]


def google_seal(source: JsonObject) -> Seal | None:
    """Return the thought signature in `extra_content` of a call or message."""
    content = source.get("extra_content")
    if not isinstance(content, dict):
        return None
    google = object_at(content, "google") or {}
    data = text_at(google, "thought_signature")
    return Seal(dialect="gemini", kind="thought", data=data) if data else None


def google_content(seal: Seal) -> Json:
    """Return the `extra_content` that holds a Gemini seal."""
    return {"google": {"thought_signature": seal.data}}
