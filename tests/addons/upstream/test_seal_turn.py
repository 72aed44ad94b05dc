"""What of a turn is kept, under which name, and how it comes back."""

from plexus.addons.upstream.seal_turn import (
    TextDigest,
    has_own_words,
    have_the_same_calls,
    is_sealed,
    is_text_name,
    name_of,
    outline_of,
    seals_of,
    woven,
)
from plexus.transforms.ir import Media, Seal, Text, Thinking, ToolCall

SEAL = Seal(dialect="messages", kind="signature", data="c2ln")
SIGNED = Thinking(text="hm", seal=SEAL)
ONE = ToolCall(id="call_1", name="weather", arguments="{}")
TWO = ToolCall(id="call_2", name="time", arguments="{}")


def test_a_turn_is_named_by_its_calls_in_any_order_or_by_its_text() -> None:
    assert name_of((Text(text="a"), TWO, ONE)) == name_of((ONE, TWO), "text:1") == "call:call_1"
    assert name_of((Text(text="a"), Text(text="b"))) == name_of((SIGNED, Text(text=" a\nb ")))
    assert name_of((), "text:1") == "text:1"
    assert name_of((Text(text="a"),)) != name_of((Text(text="b"),))


def test_pieces_of_a_text_have_the_name_of_the_whole() -> None:
    digest = TextDigest()
    for piece in ("so ", "it", " is\n"):
        digest.add(piece)
    assert digest.name() == name_of((Text(text="so it is"),))


def test_a_stream_of_many_pieces_has_the_name_of_its_text() -> None:
    text = "one \ud83d\ude00 two\n" * 40
    digest = TextDigest()
    for piece in text:
        digest.add(piece)
    assert digest.name() == name_of((Text(text=text),)) == digest.name()
    digest.add("more")
    assert digest.name() == name_of((Text(text=text + "more"),))


def test_seals_are_those_of_thoughts_and_calls() -> None:
    call = ToolCall(id="c", name="n", seal=SEAL)
    assert [list(seals_of(part)) for part in (SIGNED, call, ONE, Text(text="x"))] == [
        [SEAL], [SEAL], [], [],
    ]  # fmt: skip


def test_a_seal_is_the_dialects_own_or_in_its_words() -> None:
    told = Thinking(seal=SEAL, ext={"chat": {"details": []}})
    assert is_sealed((SIGNED,), "messages") and not is_sealed((SIGNED,), "chat")
    assert is_sealed((told,), "chat")
    assert has_own_words((told,), "chat") and not has_own_words((SIGNED,), "messages")


def test_an_outline_has_thoughts_whole_calls_without_arguments_and_empty_texts() -> None:
    ext = {"chat": {"a": 1}, "gemini": {"b": 2}}
    turn = (SIGNED, Text(text="words", ext=ext), ONE, Media(kind="image"))
    assert list(outline_of(turn, "chat")) == [
        SIGNED,
        Text(text="", ext={"chat": {"a": 1}}),
        ToolCall(id="call_1", name="weather"),
    ]


def test_a_name_says_whether_it_is_that_of_a_text() -> None:
    assert is_text_name(name_of((Text(text="Hi"),)))
    assert not is_text_name(name_of((Text(text="Hi"), ONE)))


def test_turns_have_the_same_calls_if_each_id_stands_once() -> None:
    assert have_the_same_calls((ONE, TWO), (TWO, Text(text="x"), ONE))
    assert not have_the_same_calls((ONE,), (ONE, TWO))
    assert not have_the_same_calls((ONE, ONE), (ONE, ONE))


def test_thoughts_stand_where_they_stood_among_the_clients_own_words() -> None:
    kept = tuple(outline_of((SIGNED, Text(text="Let me look."), ONE), "messages"))
    sent = (Text(text="Let me "), Text(text="look."), ONE)
    assert list(woven(kept, sent)) == [SIGNED, Text(text="Let me look."), ONE]
