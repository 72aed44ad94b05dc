"""A chat stream becomes balanced events: at any split, whatever end it takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.errors import Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Failed,
    Finished,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Stop, Text, ToolCall
from tests.strategies import splits
from tests.transforms.dialects.openai_chat.making import (
    CHAT,
    chunk,
    events_of,
    failure,
    stream,
    streamed,
)

USAGE = {"prompt_tokens": 3, "completion_tokens": 4}


def test_a_plain_stream_is_balanced() -> None:
    events = events_of(
        stream(
            chunk({"role": "assistant", "content": ""}, system_fingerprint="fp"),
            chunk({"content": "a"}, obfuscation="zzz"),
            chunk({"content": "b"}),
            chunk({}, "stop"),
            {**chunk({}), "choices": [], "usage": USAGE},
        )
    )

    assert events[0] == Started(
        id="chatcmpl-1", model="m", created=7, ext={"chat": {"system_fingerprint": "fp"}}
    )
    assert events[1:5] == [
        BlockStarted(index=0, block=Text(text="")),
        BlockDelta(0, "text", "a"),
        BlockDelta(0, "text", "b"),
        BlockEnded(index=0),
    ]
    assert isinstance(events[5], Finished) and events[5].stop is Stop.END
    assert isinstance(events[6], UsageSeen) and events[6].usage.output == 4
    assert len(events) == 7


def test_azures_first_chunk_is_not_the_start() -> None:
    first: Any = {"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": [1]}

    response = streamed(first, chunk({"content": "a"}), chunk({}, "stop"))

    assert (response.id, response.model) == ("chatcmpl-1", "m")
    assert response.ext["chat"] == {"prompt_filter_results": [1]}


def test_comments_and_other_framings_do_not_matter() -> None:
    data = stream(": PROCESSING\n\n", chunk({"content": "é"}, "stop"))

    for variant in (
        data,
        data.replace(b"\n", b"\r\n"),
        data.replace(b"data: ", b"data:"),
        b"\xef\xbb\xbf" + data,
        data.rstrip(b"\n"),
    ):
        assert events_of(variant) == events_of(data)


def test_a_stream_is_the_same_at_every_split() -> None:
    data = stream(
        chunk({"role": "assistant", "content": "é𝄞"}),
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f",
                                                                   "arguments": "{}"}}]}),
        chunk({}, "tool_calls", usage=USAGE),
    )  # fmt: skip
    whole = events_of(data)

    assert events_of(data, [1] * len(data)) == whole
    for cut in range(len(data)):
        assert events_of(data, [cut]) == whole


def test_choices_are_told_apart() -> None:
    response = streamed(
        chunk({"content": "a"}), chunk({"content": "x"}, index=1), chunk({"content": "b"}),
        chunk({"content": "y"}, index=1), chunk({}, "stop"), chunk({}, "length", index=1),
    )  # fmt: skip

    assert [(c.parts, c.stop) for c in response.choices] == [
        ((Text(text="ab"),), Stop.END),
        ((Text(text="xy"),), Stop.LENGTH),
    ]


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"content": "a"}, "stop", usage=USAGE)],
        [chunk({"content": "a"}, "stop"), {**chunk({}), "choices": [], "usage": USAGE}],
        [chunk({"content": "a"}, "stop"), {**chunk({}), "choices": None, "usage": USAGE}],
        [chunk({"content": "a"}, "stop", x_groq={"id": "r", "usage": USAGE})],
        [chunk({"content": "a"}, usage=USAGE), chunk({}, "stop", usage=USAGE)],
        [chunk({"content": "a"}, usage={"prompt_tokens": 3, "completion_tokens": None}),
         chunk({}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 4})],
    ],
)  # fmt: skip
def test_usage_is_found_wherever_it_comes(chunks: Any) -> None:
    usage = streamed(*chunks).usage

    assert usage is not None
    assert (usage.input, usage.output) == (3, 4)


def test_a_cost_comment_is_part_of_the_usage() -> None:
    response = streamed(chunk({"content": "a"}, "stop"), ': cost {"request_cost_usd": 0.5}\n\n')

    assert response.usage is not None and response.usage.cost == 0.5


def test_what_later_chunks_say_about_the_answer_is_kept() -> None:
    response = streamed(
        chunk({"content": "a"}, citations=["u"], service_tier="auto"),
        chunk({"content": "b"}, citations=["u"], service_tier="default"),
        chunk({}, "stop", citations=["u", "v"], x=None),
    )

    assert response.ext["chat"] == {"citations": ["u"], "service_tier": "auto"}
    assert response.choices[0].ext["chat"]["response"] == {
        "citations": ["u", "v"],
        "service_tier": "default",
    }


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_that_said_why_it_stopped_needs_no_done(done: bool) -> None:
    events = events_of(stream(chunk({"content": "a"}, "stop"), done=done))

    assert isinstance(events[-1], Finished)


def test_done_alone_finishes_a_choice_that_gave_no_reason() -> None:
    events = events_of(stream(chunk({"content": "a"})))

    assert isinstance(events[-1], Finished) and events[-1].stop is Stop.END


@pytest.mark.parametrize(
    "chunks", [[], [chunk({"content": "a"})], [chunk({}, "stop"), chunk({"content": "a"}, index=1)]]
)
def test_a_stream_that_breaks_off_has_failed(chunks: Any) -> None:
    events = events_of(stream(*chunks, done=False))

    assert failure(events).error.kind is Kind.UPSTREAM_DOWN
    assert _open_blocks(events) == set()


def _open_blocks(events: Any) -> set[int]:
    opened = {e.index for e in events if isinstance(e, BlockStarted)}
    return opened - {e.index for e in events if isinstance(e, BlockEnded)}


def test_done_without_an_answer_is_none() -> None:
    assert failure(events_of(b"data: [DONE]\n\n")).error.kind is Kind.UPSTREAM_INVALID


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ('data: {"error":{"message":"m","code":503}}\n\n', Kind.OVERLOADED),
        ('event: error\ndata: {"error":{"message":"m","code":"tool_use_failed"}}\n\n',
         Kind.UPSTREAM_DOWN),
        ('event: error\ndata: {"message":"rate limit"}\n\n', Kind.RATE_LIMITED),
        ('data: [{"error":{"message":"m","code":400}}]\n\n', Kind.BAD_REQUEST),
        ('data: {"choices":[{"delta":{"content":""},"finish_reason":"error"}]}\n\n',
         Kind.UPSTREAM_DOWN),
        ("data: {broken\n\n", Kind.UPSTREAM_INVALID),
    ],
)  # fmt: skip
def test_an_error_in_mid_stream_ends_it(frame: str, kind: Kind) -> None:
    events = events_of(stream(chunk({"content": "a"}), frame, chunk({"content": "b"}, "stop")))

    assert failure(events).error.kind is kind
    assert isinstance(events[-2], BlockEnded)
    assert sum(isinstance(event, Failed) for event in events) == 1


def test_after_the_end_nothing_is_heard() -> None:
    decoder = CHAT.stream_decoder()
    decoder.feed(stream(chunk({"content": "a"}, "stop")))

    assert decoder.feed(stream(chunk({"content": "b"}))) == []
    assert decoder.close() == []


@pytest.mark.parametrize("frame", ["data: 7\n\n", "data: []\n\n", "data:\n\n", 'data: "x"\n\n'])
def test_frames_that_are_no_chunks_are_passed_over(frame: str) -> None:
    assert streamed(chunk({"content": "a"}), frame, chunk({}, "stop")).parts == (Text(text="a"),)


def test_a_usage_frame_alone_is_an_answer_without_choices() -> None:
    events = events_of(stream({"id": "i", "model": "m", "choices": [], "usage": USAGE}))

    assert [type(event) for event in events] == [Started, UsageSeen]


WORDS = st.sampled_from(["a", "b", "", "ö 😀", "\ud800", '"', ",", "12345678901234567890", "\n"])
DELTAS: Any = st.one_of(
    st.builds(lambda text: {"content": text}, WORDS),
    st.builds(lambda text: {"content": text}, WORDS),
    st.builds(lambda text: {"role": "assistant", "content": text, "tool_calls": None}, WORDS),
    st.builds(lambda text: {"content": None, "reasoning_content": text}, WORDS),
    st.builds(lambda text: {"content": "", "reasoning": text, "tool_calls": []}, WORDS),
    st.builds(lambda text: {"refusal": text}, WORDS),
    st.builds(lambda text: {"content": "a", "reasoning": text}, WORDS),
    st.builds(lambda text: {"content": "a", "notes": [text]}, WORDS),
    st.builds(lambda text: {"tool_calls": [{"index": 0, "id": "c", "function": {
        "name": "f", "arguments": text}}]}, WORDS),
    st.builds(lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}, WORDS),
    st.builds(lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}, WORDS),
    st.builds(lambda text: {"tool_calls": [{"function": {"name": "g", "arguments": text}}]}, WORDS),
    st.just({"annotations": [{"type": "url_citation", "url_citation": {
        "url": "u", "start_index": 1, "end_index": 2}}]}),
)  # fmt: skip
ODD_CHUNKS: Any = st.one_of(
    st.builds(chunk, DELTAS),
    st.builds(chunk, DELTAS),
    st.builds(lambda delta, pad: chunk(delta, obfuscation=pad), DELTAS, WORDS),
    st.builds(chunk, DELTAS, st.sampled_from(["stop", "length"])),
    st.builds(lambda delta: chunk(delta, index=1), DELTAS),
    st.builds(lambda delta: chunk(delta, system_fingerprint="fp"), DELTAS),
    st.builds(lambda delta: chunk(delta, usage=USAGE), DELTAS),
    st.just({**chunk({}), "choices": [], "usage": USAGE}),
)


@given(st.lists(ODD_CHUNKS, max_size=12).flatmap(
    lambda chunks: st.tuples(st.just(chunks), splits(stream(*chunks)))
))  # fmt: skip
def test_frames_that_repeat_each_other_give_what_each_gives_alone(case: Any) -> None:
    chunks, pieces = case
    # A comment between two frames makes the decoder read the second in full.
    alone = [item for chunk_ in chunks for item in (chunk_, ": wait\n\n")]
    decoder = CHAT.stream_decoder()

    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.close()

    assert repr(events) == repr(events_of(stream(*alone)))


def test_repeated_frames_move_citations_along() -> None:
    words = [chunk({"content": "abcde"}) for _ in range(4)]
    thought = chunk({"content": None, "reasoning_content": "t"})
    cited = chunk({"annotations": [{"type": "url_citation", "url_citation": {
        "url": "u", "start_index": 21, "end_index": 24}}]})  # fmt: skip

    response = streamed(*words, thought, chunk({"content": "fghij"}), cited, chunk({}, "stop"))

    last = response.parts[-1]
    assert isinstance(last, Text)
    assert [(c.start, c.end) for c in last.citations] == [(1, 4)]


def test_fragments_of_arguments_that_repeat_each_other_make_one_call() -> None:
    def fragment(text: str, **call: Any) -> Any:
        return chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}, **call}]})

    begun = fragment("", id="c", function={"name": "f", "arguments": ""})
    pieces = [fragment(piece) for piece in ('{"a', '":"', "x", "y", '"}')]

    response = streamed(begun, *pieces, chunk({}, "tool_calls"))

    assert response.parts == (ToolCall(id="c", name="f", arguments='{"a":"xy"}'),)
