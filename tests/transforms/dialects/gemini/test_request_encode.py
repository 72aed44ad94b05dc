"""Whole requests for Gemini."""

from __future__ import annotations

from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.dialects.gemini.request_encode import encode_request
from plexus.transforms.ir import (
    CacheMark,
    ChatRequest,
    Media,
    Message,
    Reasoning,
    Sampling,
    ServerTool,
    Text,
    ToolChoice,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.wire import JsonObject, objects_at
from tests.transforms.dialects.gemini.rules import CHAT, check_request, encoded, notes, request

HELLO = Message(role="user", parts=(Text(text="Hello"),))
GREETING: JsonObject = {"role": "user", "parts": [{"text": "Hello"}]}


def written(wanted: ChatRequest) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    body = encoded(wanted, receipt)
    check_request(body)
    return body, notes(receipt)


def image(detail: str | None) -> Message:
    return Message(role="user", parts=(Media(kind="image", data="AA==", detail=detail),))


def test_a_plain_request_says_no_more_than_it_must() -> None:
    assert written(request()) == ({"contents": [GREETING]}, [])


def test_built_in_tools_beside_functions_are_asked_for_in_so_many_words() -> None:
    search = ServerTool(dialect="responses", raw={"type": "web_search"}, purpose="web_search")
    wanted = request(HELLO, tools=(ToolSpec(name="f"), search))
    mixed = encode_request(wanted, Traits(mixed_tools=True), Receipt()).body
    assert [[*tool] for tool in objects_at(mixed, "tools")] == [
        ["functionDeclarations"],
        ["googleSearch"],
    ]
    assert mixed["toolConfig"] == {"includeServerSideToolInvocations": True}
    alone = request(HELLO, tools=(search,))
    for made in (
        encode_request(wanted, Traits(), Receipt()),
        encode_request(alone, Traits(mixed_tools=True), Receipt()),
    ):
        assert "toolConfig" not in made.body


def test_the_path_names_model_and_method() -> None:
    for stream, method in ((False, "generateContent"), (True, "streamGenerateContent?alt=sse")):
        found = encode_request(request(stream=stream), Traits(), Receipt())
        assert found.path == f"/v1beta/models/gemini-2.5-flash:{method}"


def test_edge_case_64_all_leading_prompts_are_one_instruction() -> None:
    wanted = request(
        Message(role="system", parts=(Text(text="b"),)),
        Message(role="developer", parts=(Text(text="c"), Text(text=""))),
        HELLO,
        system=(Text(text="a"),),
    )
    assert written(wanted) == (
        {
            "contents": [GREETING],
            "systemInstruction": {"parts": [{"text": "a"}, {"text": "b"}, {"text": "c"}]},
        },
        [],
    )


def test_pictures_in_a_prompt_are_dropped() -> None:
    wanted = request(Message(role="system", parts=image(None).parts), HELLO)
    assert written(wanted) == ({"contents": [GREETING]}, ["dropped messages[0].parts[0]"])


def test_a_request_of_nothing_but_a_prompt_gets_a_turn() -> None:
    wanted = request(Message(role="system", parts=(Text(text="a"),)))
    assert written(wanted) == (
        {
            "contents": [{"role": "user", "parts": [{"text": "."}]}],
            "systemInstruction": {"parts": [{"text": "a"}]},
        },
        ["invented messages"],
    )


def test_every_part_of_a_request_has_its_place() -> None:
    wanted = request(
        tools=(ToolSpec(name="f"),),
        tool_choice=ToolChoice(mode="required"),
        sampling=Sampling(temperature=1),
        max_output=9,
        reasoning=Reasoning(effort="low"),
        tier="flex",
    )
    assert written(wanted) == (
        {
            "contents": [GREETING],
            "tools": [{"functionDeclarations": [{"name": "f"}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
            "generationConfig": {
                "temperature": 1,
                "maxOutputTokens": 9,
                "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True},
            },
            "serviceTier": "flex",
        },
        [],
    )


def test_tiers_are_translated_or_noted() -> None:
    assert written(request(tier="default"))[0]["serviceTier"] == "standard"
    assert written(request(tier="auto")) == ({"contents": [GREETING]}, [])
    assert written(request(tier="turbo")) == ({"contents": [GREETING]}, ["dropped tier"])


def test_one_resolution_holds_for_all_images() -> None:
    assert written(request(image("low")))[0]["generationConfig"] == {
        "mediaResolution": "MEDIA_RESOLUTION_LOW"
    }
    body, said = written(request(image("low"), image("high")))
    assert body["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}
    assert said == ["coerced media.detail"]
    assert "generationConfig" not in written(request(image("auto")))[0]


def test_images_in_results_count_too() -> None:
    fine = Media(kind="image", data="AA==", detail="high")
    result = Message(role="user", parts=(ToolResult(call_id="c", parts=(fine,)),))
    assert written(request(result))[0]["generationConfig"] == {
        "mediaResolution": "MEDIA_RESOLUTION_HIGH"
    }


def test_what_gemini_cannot_be_told_is_noted() -> None:
    marked = Message(role="user", parts=(Text(text="Hello", cache=CacheMark()),))
    wanted = request(
        marked,
        verbosity="low",
        cache_key="k",
        user="u",
        metadata={"a": 1},
        parallel_tools=False,
        ext={"chat": {"store": True}},
    )
    assert written(wanted) == (
        {"contents": [GREETING]},
        [
            "dropped verbosity",
            "dropped cache_key",
            "dropped user",
            "dropped metadata",
            "dropped cache",
            "dropped parallel_tools",
            "dropped store",
        ],
    )


def test_a_gemini_clients_own_fields_come_back() -> None:
    body: JsonObject = {
        "contents": [GREETING],
        "systemInstruction": {"parts": [{"text": "a"}, {"fileData": {"fileUri": "gs://b/c"}}]},
        "safetySettings": [{"category": "X", "threshold": "Y"}],
        "cachedContent": "cachedContents/x",
        "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
        "generationConfig": {"responseModalities": ["TEXT"], "mediaResolution": "MEDIUM"},
        "serviceTier": "PRIORITY",
    }
    match = Match(Operation.CHAT, "m", stream=True, framing="array")
    receipt = Receipt()
    assert encoded(CHAT.decode_request(match, body), receipt) == body
    assert receipt.notes == ()


def test_a_foreign_field_without_a_value_or_said_by_the_sampling_is_no_loss() -> None:
    kept: JsonObject = {"top_logprobs": 3, "truncation": None}
    asked = request(HELLO, sampling=Sampling(logprobs=3), ext={"responses": kept})

    assert written(asked)[1] == []
    assert written(request(HELLO, ext={"responses": kept}))[1] == ["dropped top_logprobs"]
