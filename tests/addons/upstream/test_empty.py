"""Which answers say nothing, so that another target may be asked."""

from __future__ import annotations

import pytest

from plexus.addons.upstream.empty import is_empty
from plexus.transforms import ir
from plexus.transforms.ir import Choice, Part, Stop


def answer(*choices: Choice) -> ir.ChatResponse:
    """An answer with these choices."""
    return ir.ChatResponse(id="r", model="m", choices=choices)


SEAL = ir.Seal(dialect="gemini", kind="thought", data="s")


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (ir.Text(text=""),),
        (ir.Text(text=" \n\t "), ir.Text(text="")),
        (ir.Thinking(text=" "), ir.Thinking(seal=SEAL), ir.Thinking(segments=("", " "))),
        (ir.Media(kind="image"), ir.Media(kind="image", data="")),
        (ir.Opaque(dialect="responses", raw={"type": "image_generation_call", "result": None}),),
        (ir.Refusal(text=""),),
    ],
)
@pytest.mark.parametrize("stop", [Stop.END, Stop.OTHER])
def test_an_answer_that_shows_nothing_is_empty(parts: tuple[Part, ...], stop: Stop) -> None:
    assert is_empty(answer(Choice(parts=parts, stop=stop)))


@pytest.mark.parametrize(
    "part",
    [
        ir.Text(text="a"),
        ir.Text(text="", citations=(ir.Citation(url="https://a.example"),)),
        ir.Thinking(text="hm"),
        ir.Thinking(segments=("", "hm")),
        ir.ToolCall(id="c", name="f"),
        ir.ToolResult(call_id="c"),
        ir.Media(kind="image", data="aGk="),
        ir.Media(kind="image", url="https://a.example"),
        ir.Refusal(text="no"),
        ir.Opaque(dialect="responses", raw={"type": "tool_search_call"}),
        ir.Opaque(dialect="responses", raw={"type": "image_generation_call", "result": "aGk="}),
        ir.Opaque(dialect="messages", raw="odd"),
    ],
)
def test_one_visible_part_makes_an_answer(part: Part) -> None:
    assert not is_empty(answer(Choice(parts=(ir.Text(text=" "), part))))


@pytest.mark.parametrize("stop", [stop for stop in Stop if stop not in {Stop.END, Stop.OTHER}])
def test_an_answer_that_ended_for_a_reason_is_never_empty(stop: Stop) -> None:
    assert not is_empty(answer(Choice(stop=stop)))


@pytest.mark.parametrize(
    "choice",
    [
        Choice(stop=Stop.OTHER, stop_detail="LANGUAGE"),
        Choice(stop=Stop.OTHER, ext={"messages": {"stop_reason": "new_reason"}}),
        Choice(stop=Stop.END, ext={"chat": {"finish_reason": "abort"}}),
    ],
)
def test_a_reason_that_we_do_not_know_is_a_reason(choice: Choice) -> None:
    assert not is_empty(answer(choice))


@pytest.mark.parametrize(
    "choice",
    [
        Choice(ext={"chat": {"finish_reason": "eos"}}),
        Choice(ext={"chat": {"finish_reason": None}}),
        Choice(stop_detail="STOP"),
    ],
)
def test_other_words_for_a_natural_end_are_none(choice: Choice) -> None:
    assert is_empty(answer(choice))


def test_of_several_choices_each_must_be_empty() -> None:
    said = Choice(parts=(ir.Text(text="a"),))
    assert is_empty(answer(Choice(), Choice(stop=Stop.OTHER)))
    assert is_empty(answer())
    assert not is_empty(answer(Choice(), said))
    assert not is_empty(answer(Choice(), Choice(stop=Stop.LENGTH)))
