"""A response out of events."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.assembly import Assembly
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Event,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Citation, Refusal, Seal, Stop, Text, Thinking, Usage
from plexus.transforms.wire import JsonObject, object_at, objects_at
from tests.transforms.dialects.openai_responses.rules import kinds, read_request

STARTED = Started(id="chatcmpl-1", model="up", created=7)
TEXT = [BlockStarted(index=0, block=Text(text="")), BlockDelta(0, "text", "a"), BlockEnded(index=0)]


def made(*events: Event) -> tuple[list[JsonObject], JsonObject]:
    """The stream's events and the response."""
    assembly = Assembly(None, Receipt())
    told = [out for event in events for out in assembly.take(event)]
    return told + assembly.finish(), assembly.response


def test_a_response_is_created_goes_on_and_is_completed() -> None:
    events, response = made(STARTED, *TEXT, Finished(stop=Stop.END))
    assert (kinds(events)[:2], kinds(events)[-1]) == (["created", "in_progress"], "completed")
    created = object_at(events[0], "response") or {}
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert (response["id"], response["model"], response["created_at"]) == (
        "resp_chatcmpl-1", "up", 7,
    )  # fmt: skip


def test_without_a_start_there_is_one_all_the_same() -> None:
    events, _ = made(*TEXT)
    assert kinds(events)[:3] == ["created", "in_progress", "output_item.added"]


def test_it_starts_once() -> None:
    events, response = made(STARTED, Started(id="another", model="m"))
    assert kinds(events) == ["created", "in_progress", "incomplete"]
    assert response["model"] == "up"


def test_the_client_sees_the_model_it_asked_for_if_nobody_says() -> None:
    assembly = Assembly(read_request({"model": "alias", "input": "hi"}), Receipt())
    assembly.take(Started(id="x", model=""))
    assembly.finish()
    assert assembly.response["model"] == "alias"


def test_every_event_finds_its_item() -> None:
    seal = Seal(dialect="responses", kind="encrypted", data="x")
    logprob = {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}
    _, response = made(
        STARTED,
        BlockStarted(index=0, block=Thinking(segments=("",))),
        BlockDelta(0, "thinking", "a"),
        Segmented(0),
        BlockDelta(0, "thinking", "b"),
        Sealed(0, seal),
        BlockEnded(index=0),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "a"),
        LogProbs([logprob]),
        Cited(1, Citation(url="https://example.com", title="t")),
        BlockEnded(index=1),
        UsageSeen(Usage(input=1)),
        UsageSeen(Usage(output=2)),
        Finished(stop=Stop.END),
    )
    reasoning, message = objects_at(response, "output")
    assert [part["text"] for part in objects_at(reasoning, "summary")] == ["a", "b"]
    assert reasoning["encrypted_content"] == "x"
    (part,) = objects_at(message, "content")
    assert part["logprobs"] == [logprob]
    assert objects_at(part, "annotations")[0]["end_index"] == 1
    usage = object_at(response, "usage") or {}
    assert (usage["input_tokens"], usage["output_tokens"]) == (1, 2)


def test_a_second_answer_is_noted_and_left_out() -> None:
    receipt = Receipt()
    assembly = Assembly(None, receipt)
    for event in (
        STARTED,
        *TEXT,
        BlockStarted(index=1, block=Text(text=""), choice=1),
        BlockDelta(1, "text", "b"),
        LogProbs([{}], 1),
        BlockEnded(index=1),
        Finished(stop=Stop.END),
        Finished(stop=Stop.LENGTH, choice=1),
    ):
        assembly.take(event)
    assembly.finish()
    assert len(objects_at(assembly.response, "output")) == 1
    assert assembly.response["status"] == "completed"
    assert [note.path for note in receipt.notes] == ["choices[1]"]


def test_a_refusal_completes_a_response() -> None:
    _, response = made(
        STARTED, BlockStarted(index=0, block=Refusal(text="no")), Finished(stop=Stop.REFUSAL)
    )
    assert response["status"] == "completed"


def test_what_is_cut_off_is_incomplete_and_so_are_its_items() -> None:
    _, response = made(STARTED, *TEXT[:2], Finished(stop=Stop.LENGTH))
    assert (response["status"], response["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )
    assert objects_at(response, "output")[0]["status"] == "incomplete"


def test_a_failure_keeps_what_there_is() -> None:
    assembly = Assembly(None, Receipt())
    told: list[JsonObject] = []
    for event in (STARTED, *TEXT, Failed(GatewayError(Kind.OVERLOADED, "busy", code="slow_down"))):
        told += assembly.take(event)
    assert kinds(told)[-1] == "failed"
    assert assembly.response["error"] == {"code": "slow_down", "message": "busy"}
    assert len(objects_at(assembly.response, "output")) == 1


def test_the_clients_state_is_repeated_whatever_the_provider_was_told() -> None:
    request = read_request({"model": "m", "input": "hi", "previous_response_id": "resp_0"})
    assembly = Assembly(request, Receipt())
    about = {"previous_response_id": None, "store": False, "service_tier": "flex"}
    assembly.take(Started(id="x", model="m", ext={"responses": {**about}}))
    assembly.finish()
    said = assembly.response
    assert (said["previous_response_id"], said["store"], said["service_tier"]) == (
        "resp_0", False, "flex",
    )  # fmt: skip
