"""Why a model stopped is told in Anthropic's words, and never in another's."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.stops import End, decode_end, encode_end, ending_of
from plexus.transforms.ir import Stop
from plexus.transforms.wire import JsonObject


@pytest.mark.parametrize(
    ("reason", "stop", "kept"),
    [
        ("end_turn", Stop.END, {}),
        ("max_tokens", Stop.LENGTH, {}),
        ("tool_use", Stop.TOOL, {}),
        ("stop_sequence", Stop.SEQUENCE, {}),
        ("pause_turn", Stop.PAUSE, {}),
        ("refusal", Stop.REFUSAL, {}),
        ("model_context_window_exceeded", Stop.CONTEXT, {}),
        ("compaction", Stop.PAUSE, {"messages": {"stop_reason": "compaction"}}),
        ("unheard_of", Stop.OTHER, {"messages": {"stop_reason": "unheard_of"}}),
        (None, Stop.OTHER, {}),
    ],
)
def test_a_reason_is_read(reason: str | None, stop: Stop, kept: JsonObject) -> None:
    raw: JsonObject = {} if reason is None else {"stop_reason": reason}
    assert decode_end(raw) == End(
        stop=stop, ext={k: v for k, v in kept.items() if isinstance(v, dict)}
    )


def test_all_that_tells_the_end_is_kept() -> None:
    details: JsonObject = {"type": "refusal", "category": "cyber", "explanation": "no"}
    message: JsonObject = {
        "id": "msg_1",
        "stop_reason": "refusal",
        "stop_sequence": None,
        "stop_details": details,
        "container": {"id": "c"},
    }
    end = decode_end(ending_of(message))
    assert end == End(
        stop=Stop.REFUSAL,
        stop_detail="no",
        ext={"messages": {"stop_details": details, "container": {"id": "c"}}},
    )
    assert encode_end(end, called=False, refused=False) == {
        "stop_reason": "refusal",
        "stop_sequence": None,
        "stop_details": details,
        "container": {"id": "c"},
    }


@pytest.mark.parametrize(
    ("stop", "called", "reason"),
    [
        (Stop.END, False, "end_turn"),
        (Stop.END, True, "tool_use"),
        (Stop.OTHER, True, "tool_use"),
        (Stop.MALFORMED, True, "tool_use"),
        (Stop.TOOL, True, "tool_use"),
        (Stop.TOOL, False, "end_turn"),
        (Stop.LENGTH, True, "max_tokens"),
        (Stop.FILTER, False, "refusal"),
        (Stop.REFUSAL, False, "refusal"),
        (Stop.PAUSE, False, "pause_turn"),
        (Stop.CONTEXT, False, "model_context_window_exceeded"),
        (Stop.MALFORMED, False, "end_turn"),
        (Stop.OTHER, False, "end_turn"),
        (Stop.SEQUENCE, False, "end_turn"),
        (Stop.SEQUENCE, True, "tool_use"),
    ],
)
def test_a_stop_is_written(stop: Stop, called: bool, reason: str) -> None:
    written = encode_end(End(stop=stop), called=called, refused=False)
    assert written == {"stop_reason": reason, "stop_sequence": None}


def test_a_stop_sequence_is_named_if_it_is_known() -> None:
    end = End(stop=Stop.SEQUENCE, stop_sequence="###")
    assert encode_end(end, called=False, refused=False) == {
        "stop_reason": "stop_sequence",
        "stop_sequence": "###",
    }


def test_the_words_of_a_refusal_make_it_one() -> None:
    end = End(stop=Stop.END, stop_detail="unsafe")
    assert encode_end(end, called=False, refused=True) == {
        "stop_reason": "refusal",
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": "unsafe"},
    }


def test_anthropics_own_word_comes_back() -> None:
    end = decode_end({"stop_reason": "compaction"})
    assert encode_end(end, called=False, refused=False)["stop_reason"] == "compaction"
