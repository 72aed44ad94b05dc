"""What a fake provider answers when nothing is scripted: the native echo of the user's last words.

The model's name chooses another behaviour: `fake-tools` calls the first tool offered (and echoes
once it has the result), `fake-status-429` fails with that status, `fake-error` fails within a
stream, `fake-cut` breaks off, `fake-reset` resets, `fake-html` and `fake-empty` say 200 and nothing
useful.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from plexus.transforms import wire
from plexus.transforms.codec import as_json_object
from plexus.transforms.wire import Json, JsonObject
from tests.fakes import script
from tests.fakes.native import gemini
from tests.fakes.replies import NATIVE, Call, Native
from tests.fakes.script import Received, Reply

_GEMINI = re.compile(r"/models/(?P<model>.+):(?P<method>\w+)$")
_SUFFIXES = {"/chat/completions": "chat", "/responses": "responses", "/messages": "messages"}


def default_reply(request: Received) -> Reply:
    """Answer a request without a script; 404 at paths that no provider has."""
    body = as_json_object(request.body)
    if found := _GEMINI.search(request.path):
        return _gemini(request, body, found["model"], found["method"])
    for suffix, name in _SUFFIXES.items():
        if request.path.endswith(suffix):
            model = wire.text_at(body, "model") or "fake"
            return _chat(NATIVE[name], body, model, stream=wire.bool_at(body, "stream") is True)
    for suffix, answer in _SIDE_PATHS.items():
        if request.path.endswith(suffix):
            return script.json_reply(answer(body))
    return script.json_reply(NATIVE["chat"].error(404, f"no such path: {request.path}"), status=404)


def _gemini(request: Received, body: JsonObject, model: str, method: str) -> Reply:
    if method == "countTokens":
        return script.json_reply({"totalTokens": 11})
    if method == "embedContent":
        return script.json_reply({"embedding": {"values": [0.1, 0.2, 0.3]}})
    reply = _chat(NATIVE["gemini"], body, model, stream=method == "streamGenerateContent")
    if not reply.streamed or request.query.get("alt") == "sse":
        return reply
    frames = [step for step in reply.steps if isinstance(step, bytes)]
    return Reply(headers=script.JSON, steps=gemini.array(frames), streamed=True)


def _chat(native: Native, body: JsonObject, model: str, *, stream: bool) -> Reply:
    if (status := re.fullmatch(r"fake-status-(\d{3})", model)) is not None:
        code = int(status[1])
        return script.json_reply(native.error(code, f"scripted {code}"), status=code)
    if model in _BY_MODEL:
        return _BY_MODEL[model](native)
    if model == "fake-tools" and not _ends_with_result(body):
        call = Call(name=_first_tool(body) or "get_weather", arguments=_arguments(body))
        if stream:
            return script.stream(native.tool_stream(call, model=model))
        return script.json_reply(native.tools(call, model=model))
    words = last_user_text(body) or "Hello"
    if stream:
        return script.stream(native.stream(_in_words(words), model=model))
    return script.json_reply(native.text(words, model=model))


_BY_MODEL: dict[str, Callable[[Native], Reply]] = {
    "fake-error": lambda native: script.stream(
        [*native.stream(["Hel"])[:2], native.stream_error("scripted failure")]
    ),
    "fake-cut": lambda native: script.stream(native.stream(["Hel", "lo"])[:2], ending="cut"),
    "fake-reset": lambda _: script.reset(),
    "fake-html": lambda _: script.html(),
    "fake-empty": lambda _: script.empty(),
}

_SIDE_PATHS: dict[str, Callable[[JsonObject], dict[str, object]]] = {
    "/messages/count_tokens": lambda _: {"input_tokens": 11},
    "/embeddings": lambda body: {
        "object": "list",
        "model": body.get("model"),
        "data": [
            {"object": "embedding", "index": index, "embedding": [0.1, 0.2, 0.3]}
            for index, _ in enumerate(wire.texts_at(body, "input"))
        ],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    },
    "/models": lambda _: {
        "object": "list",
        "data": [{"id": "fake", "object": "model", "created": 1_700_000_000, "owned_by": "fake"}],
    },
}


def last_user_text(body: JsonObject) -> str:
    """The text of the last user turn in a request of any of the four formats."""
    lone = wire.text_at(body, "input")
    if lone is not None:
        return lone
    users = [turn for turn in _turns(body) if turn.get("role") in ("user", None)]
    return " ".join(_texts(users[-1])) if users else ""


def _turns(body: JsonObject) -> list[JsonObject]:
    return [
        turn for key in ("messages", "input", "contents") for turn in wire.objects_at(body, key)
    ]


def _texts(turn: JsonObject) -> Iterator[str]:
    for key in ("content", "parts"):
        if words := wire.text_at(turn, key):
            yield words
        for part in wire.objects_at(turn, key):
            if words := wire.text_at(part, "text"):
                yield words


def _in_words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text) or [text]


def _ends_with_result(body: JsonObject) -> bool:
    turns = _turns(body)
    last = wire.dump_text(turns[-1]) if turns else ""
    results = ('"role":"tool"', "tool_result", "function_call_output", "functionResponse")
    return any(result in last for result in results)


def _tools(body: JsonObject) -> Iterator[JsonObject]:
    for tool in wire.objects_at(body, "tools"):
        inner = wire.objects_at(tool, "functionDeclarations")
        yield from inner or [wire.object_at(tool, "function") or tool]


def _first_tool(body: JsonObject) -> str | None:
    return next((name for tool in _tools(body) if (name := wire.text_at(tool, "name"))), None)


def _arguments(body: JsonObject) -> str:
    """Something for each required argument of the first tool, so that clients accept the call."""
    tool: JsonObject = next(_tools(body), {})
    keys = ("parameters", "input_schema", "parametersJsonSchema")
    schema = next((found for key in keys if (found := wire.object_at(tool, key))), {})
    properties = wire.object_at(schema, "properties") or {}
    return wire.dump_text(
        {name: _sample(properties.get(name)) for name in wire.texts_at(schema, "required")}
    )


def _sample(schema: Json) -> Json:
    described = as_json_object(schema)
    if choices := wire.list_at(described, "enum"):
        return choices[0]
    samples: dict[str, Json] = {
        "integer": 1, "number": 1, "boolean": True, "array": [], "object": {},
    }  # fmt: skip
    return samples.get((wire.text_at(described, "type") or "").lower(), "fake")
