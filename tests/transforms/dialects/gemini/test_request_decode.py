"""Whole requests of Gemini clients."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Match, Operation
from plexus.transforms.dialects.gemini.request_decode import decode_request
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatRequest, Media, Text
from plexus.transforms.wire import Json, JsonObject

CHAT = Match(Operation.CHAT, "m", stream=True)
HELLO: list[Json] = [{"role": "user", "parts": [{"text": "Hello"}]}]


def decoded(match_: Match = CHAT, /, **body: Json) -> ChatRequest:
    return decode_request(match_, {"contents": HELLO, **body})


def test_the_model_stands_in_the_path() -> None:
    request = decoded(model="models/other")
    assert (request.model, request.stream) == ("m", True)


def test_without_a_path_the_model_may_stand_in_the_body() -> None:
    match = Match(Operation.CHAT)
    assert decode_request(match, {"contents": HELLO, "model": "models/b"}).model == "b"
    with pytest.raises(GatewayError) as caught:
        decode_request(match, {"contents": HELLO})
    assert (caught.value.kind, caught.value.where) == (Kind.BAD_REQUEST, "model")


def test_the_whole_generation_config_is_read_in_snake_case() -> None:
    request = decoded(
        generation_config={
            "max_output_tokens": "12",
            "top_p": 0.5,
            "response_mime_type": "application/json",
            "thinking_config": {"thinking_budget": 0},
            "image_config": {"a": 1},
        }
    )
    assert request.max_output == 12
    assert request.sampling.top_p == 0.5
    assert request.output is not None
    assert request.output.kind == "json"
    assert request.reasoning is not None
    assert request.reasoning.mode == "off"
    assert request.ext == {"gemini": {"generationConfig": {"imageConfig": {"a": 1}}}}


@pytest.mark.parametrize("key", ["systemInstruction", "system_instruction"])
@pytest.mark.parametrize(
    "prompt",
    [
        {"parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "system", "parts": [{"text": "a"}, {"text": "b"}]},
    ],
)
def test_the_prompt_is_read_whatever_its_role(key: str, prompt: JsonObject) -> None:
    body: JsonObject = {"contents": HELLO, key: prompt}
    assert decode_request(CHAT, body).system == (Text(text="a"), Text(text="b"))


@pytest.mark.parametrize("prompt", ["a", {"parts": {"text": "a"}}])
def test_the_prompt_may_be_one_text(prompt: Json) -> None:
    assert decoded(systemInstruction=prompt).system == (Text(text="a"),)


def test_what_is_no_text_in_the_prompt_is_kept() -> None:
    blob: JsonObject = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    request = decoded(systemInstruction={"parts": [{"text": "a"}, blob]})
    assert request.system == (Text(text="a"),)
    assert request.ext["gemini"]["systemParts"] == [blob]


def test_fields_that_only_gemini_has_are_kept() -> None:
    request = decoded(safetySettings=[{"category": 1}], cachedContent="cachedContents/x", labels={})
    assert request.ext == {
        "gemini": {
            "safetySettings": [{"category": 1}],
            "cachedContent": "cachedContents/x",
            "labels": {},
        }
    }


@pytest.mark.parametrize(
    ("wire", "tier"),
    [("flex", "flex"), ("FLEX", "flex"), ("standard", "default"), ("priority", "priority")],
)
def test_a_service_tier_is_read_and_kept(wire: str, tier: str) -> None:
    request = decoded(serviceTier=wire)
    assert (request.tier, request.ext["gemini"]) == (tier, {"serviceTier": wire})


def test_tools_and_their_choice_are_read() -> None:
    request = decoded(
        tools=[{"functionDeclarations": [{"name": "f"}]}],
        toolConfig={
            "functionCallingConfig": {"mode": "NONE"},
            "includeServerSideToolInvocations": True,
        },
    )
    assert len(request.tools) == 1
    assert request.tool_choice is not None
    assert request.tool_choice.mode == "none"
    assert request.ext["gemini"] == {"toolConfig": {"includeServerSideToolInvocations": True}}


def test_the_framing_of_the_stream_is_remembered() -> None:
    match = Match(Operation.CHAT, "m", stream=True, framing="array")
    assert decoded(match).ext["gemini"] == {"framing": "array"}


def test_the_resolution_of_all_images_is_each_ones_detail() -> None:
    image: JsonObject = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    fine: JsonObject = {**image, "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}}
    sound: JsonObject = {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}}
    request = decode_request(
        CHAT,
        {
            "contents": [{"role": "user", "parts": [image, fine, sound, {"text": "x"}]}],
            "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
        },
    )
    parts = request.messages[0].parts
    assert [part.detail for part in parts if isinstance(part, Media)] == ["low", "high", None]


def test_a_token_count_may_wrap_its_request() -> None:
    match = Match(Operation.COUNT_TOKENS, "m", stream=False)
    inner: JsonObject = {"model": "models/m", "contents": HELLO, "systemInstruction": "a"}
    request = decode_request(match, {"generateContentRequest": inner})
    assert request.system == (Text(text="a"),)
    assert len(request.messages) == 1
    assert len(decode_request(match, {"contents": HELLO}).messages) == 1
